import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { encodeBatch } from './batch-encoding.ts';
import { batchContentType } from './ticket-events.ts';

/** One SNS message: a CloudEvents batch (JSON) of one event, how many domain events it contains, and their types. */
export type BatchMessage = { eventId: string; types: string[]; count: number; json: string };

/** Publishes a message and returns its id; rejects if SNS did not accept it. */
export type Publish = (message: BatchMessage) => Promise<string>;

/** Sends `eventId` and `types` as message attributes, so that a subscription's filter policy can use them. */
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
