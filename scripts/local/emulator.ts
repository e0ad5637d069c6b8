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

const { topic, queue, deadLetterQueue, maxReceiveCount, maxMessageBytes, deadLetterRetentionSeconds } = messaging;

/** The topic, the queue that is subscribed to it and its dead-letter queue, in the emulator's format. */
export const emulatorResources = {
  queues: [
    {
      name: deadLetterQueue,
      attributes: {
        MessageRetentionPeriod: String(deadLetterRetentionSeconds),
        MaximumMessageSize: String(maxMessageBytes),
      },
    },
    {
      name: queue,
      attributes: {
        MaximumMessageSize: String(maxMessageBytes),
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: queueArn(deadLetterQueue),
          maxReceiveCount: String(maxReceiveCount),
        }),
      },
    },
  ],
  topics: [{ name: topic }],
  subscriptions: [{ topic, queue, attributes: { RawMessageDelivery: 'true' } }],
};
