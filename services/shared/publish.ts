import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { encodeBatch } from './batch-encoding.ts';
import { batchContentType } from './ticket-events.ts';

/** One SNS message: a CloudEvents batch of one event, JSON, how many domain events it holds, and their types. */
export type BatchMessage = { eventId: string; types: string[]; count: number; json: string };

/** Publishes a message, and gives its id; rejects where SNS did not accept it. */
export type Publish = (message: BatchMessage) => Promise<string>;

/** `eventId` and `types` travel as attributes, so that a subscription's filter policy can choose by them. */
export function createPublish(sns: SNSClient, topicArn: string): Publish {
  return async ({ eventId, types, json }) => {
    const { body, contentEncoding } = await encodeBatch(json);
    const { MessageId = '' } = await sns.send(
      new PublishCommand({
        TopicArn: topicArn,
        Message: body,
        MessageAttributes: {
          contentType: { DataType: 'String', StringValue: batchContentType },
          ...(contentEncoding && { contentEncoding: { DataType: 'String', StringValue: contentEncoding } }),
          eventId: { DataType: 'String', StringValue: eventId },
          types: { DataType: 'String.Array', StringValue: JSON.stringify(types) },
        },
      }),
    );
    return MessageId;
  };
}
