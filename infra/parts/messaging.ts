import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic/index.js';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription/index.js';
import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue/index.js';
import { SqsQueuePolicy } from '@cdktf/provider-aws/lib/sqs-queue-policy/index.js';
import { messaging } from '../../services/shared/events/messaging.ts';
import type { Context } from './context.ts';

type Queues = { queue: SqsQueue; deadLetterQueue: SqsQueue };
/** `work`: the queue of the providers' webhooks. */
export type Messaging = Queues & { topic: SnsTopic; checkoutTopic: SnsTopic; work: Queues };

/** How long a message may wait for a worker: an outage of the database that lasts days loses nothing. */
const retentionSeconds = 14 * 24 * 3_600;
/** How long SNS and SQS reuse a data key from KMS; their default of five minutes costs more and gains nothing. */
const dataKeySeconds = 3_600;

/** Creates the topics for domain events, and persistence's and checkout's queues, each with its dead-letter queue. */
export function createMessaging({ scope, name }: Context, keyArn: string): Messaging {
  const maxMessageSize = messaging.maxMessageBytes;
  const encrypted = { kmsMasterKeyId: keyArn, kmsDataKeyReusePeriodSeconds: dataKeySeconds };
  const createTopic = (id: string, topicName: string) =>
    new SnsTopic(scope, id, { name: `${name}-${topicName}`, kmsMasterKeyId: keyArn });
  const createQueues = (prefix: string, names: { queue: string; deadLetterQueue: string }): Queues => {
    const deadLetterQueue = new SqsQueue(scope, `${prefix}dead-letter-queue`, {
      name: `${name}-${names.deadLetterQueue}`,
      messageRetentionSeconds: messaging.deadLetterRetentionSeconds,
      maxMessageSize,
      ...encrypted,
    });
    const queue = new SqsQueue(scope, `${prefix}queue`, {
      name: `${name}-${names.queue}`,
      messageRetentionSeconds: retentionSeconds,
      maxMessageSize,
      receiveWaitTimeSeconds: 20,
      redrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetterQueue.arn, maxReceiveCount: messaging.maxReceiveCount }),
      ...encrypted,
    });
    return { queue, deadLetterQueue };
  };
  const topic = createTopic('topic', messaging.topic);
  const checkoutTopic = createTopic('checkout-topic', messaging.checkoutTopic);
  const { queue, deadLetterQueue } = createQueues('', messaging);
  const work = createQueues('work-', { queue: messaging.workQueue, deadLetterQueue: messaging.workDeadLetterQueue });
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queue.arn,
        Condition: { ArnEquals: { 'aws:SourceArn': topic.arn } },
      },
    ],
  };
  const admission = new SqsQueuePolicy(scope, 'queue-policy', { queueUrl: queue.url, policy: JSON.stringify(policy) });
  new SnsTopicSubscription(scope, 'subscription', {
    topicArn: topic.arn,
    protocol: 'sqs',
    endpoint: queue.arn,
    rawMessageDelivery: true,
    dependsOn: [admission],
  });
  return { topic, queue, deadLetterQueue, checkoutTopic, work };
}
