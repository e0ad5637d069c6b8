import { messaging } from '../../services/shared/events/messaging.ts';

const region = 'us-east-1';
const account = '000000000000';

export const queueArn = (name: string) => `arn:aws:sqs:${region}:${account}:${name}`;

export const topicArn = (name: string) => `arn:aws:sns:${region}:${account}:${name}`;
export const queueUrl = (endpoint: string, name: string) => `${endpoint}/${account}/${name}`;

/** What the SNS and SQS clients need to reach the emulator; it takes any credentials. */
export const emulatorEnvironment = (endpoint: string) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});

const { topic, queue, checkoutTopic, maxReceiveCount, maxMessageBytes, deadLetterRetentionSeconds } = messaging;

/** A queue and its dead-letter queue, in the emulator's format. */
const queueWithDeadLetters = (name: string, deadLetters: string) => [
  {
    name: deadLetters,
    attributes: {
      MessageRetentionPeriod: String(deadLetterRetentionSeconds),
      MaximumMessageSize: String(maxMessageBytes),
    },
  },
  {
    name,
    attributes: {
      MaximumMessageSize: String(maxMessageBytes),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: queueArn(deadLetters),
        maxReceiveCount: String(maxReceiveCount),
      }),
    },
  },
];

/** The topics and the queues, and the subscription to the tickets' topic, in the emulator's format. */
export const emulatorResources = {
  queues: [
    ...queueWithDeadLetters(queue, messaging.deadLetterQueue),
    ...queueWithDeadLetters(messaging.workQueue, messaging.workDeadLetterQueue),
  ],
  topics: [{ name: topic }, { name: checkoutTopic }],
  subscriptions: [{ topic, queue, attributes: { RawMessageDelivery: 'true' } }],
};
