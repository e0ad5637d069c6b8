import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { encodeBatch } from '../../shared/batch-encoding.ts';
import { batchContentType } from '../../shared/ticket-events.ts';
import type { PackedMessage } from './pack.ts';

/** Publishes a message; rejects where SNS did not accept it. */
export type Publish = (message: PackedMessage) => Promise<unknown>;

/** `eventId` and `types` travel as attributes, so that a subscription's filter policy can choose by them. */
export function createPublish(sns: SNSClient, topicArn: string): Publish {
  return async ({ eventId, types, json }) => {
    const { body, contentEncoding } = await encodeBatch(json);
    await sns.send(
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
  };
}
