import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { messaging } from '../../services/shared/events/messaging.ts';
import { emulatorEnvironment, queueUrl, topicArn } from './emulator.ts';
import type { Ports } from './ports.ts';

/** The topic and the queues of a system, and clients for them. */
export type Messaging = {
  sns: SNSClient;
  sqs: SQSClient;
  topicArn: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
};

/**
 * Connects to the topic and queues that the environment names for the services, or else to those of the local emulator. An environment
 * with the emulator's topic but no endpoint, as in .env.example, means the local emulator too.
 */
export function connectMessaging(
  ports: Pick<Ports, 'emulator'>,
  resources: AsyncDisposableStack,
  environment = process.env,
): Messaging {
  const { SNS_TOPIC_ARN, SQS_QUEUE_URL, SQS_DEAD_LETTER_QUEUE_URL, AWS_ENDPOINT_URL } = environment;
  const localTopic = topicArn(messaging.topic);
  const isLocal = !SNS_TOPIC_ARN || (SNS_TOPIC_ARN === localTopic && !AWS_ENDPOINT_URL);
  const endpoint = `http://127.0.0.1:${ports.emulator}`;
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = emulatorEnvironment(endpoint);
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  const options = isLocal ? { endpoint, region, credentials } : {};
  const sns = new SNSClient(options);
  resources.defer(() => sns.destroy());
  const sqs = new SQSClient(options);
  resources.defer(() => sqs.destroy());
  return {
    sns,
    sqs,
    topicArn: SNS_TOPIC_ARN || localTopic,
    queueUrl: SQS_QUEUE_URL || queueUrl(endpoint, messaging.queue),
    deadLetterQueueUrl: SQS_DEAD_LETTER_QUEUE_URL || queueUrl(endpoint, messaging.deadLetterQueue),
  };
}
