import { PublishBatchCommand, type SNSClient } from '@aws-sdk/client-sns';
import { batchContentType } from '../../shared/ticket-events.ts';
import type { PackedMessage } from './pack.ts';

/** Publishes up to ten messages; gives those that SNS did not accept. Rejects when SNS cannot be reached at all. */
export type Publish = (messages: PackedMessage[]) => Promise<PackedMessage[]>;

/** `eventId` and `types` travel as attributes, so that a subscription's filter policy can choose by them. */
export function createPublish(sns: SNSClient, topicArn: string): Publish {
  return async (messages) => {
    const answer = await sns.send(
      new PublishBatchCommand({
        TopicArn: topicArn,
        PublishBatchRequestEntries: messages.map(({ eventId, types, body }, index) => ({
          Id: String(index),
          Message: body,
          MessageAttributes: {
            contentType: { DataType: 'String', StringValue: batchContentType },
            eventId: { DataType: 'String', StringValue: eventId },
            types: { DataType: 'String.Array', StringValue: JSON.stringify(types) },
          },
        })),
      }),
    );
    const failed = new Set(answer.Failed?.map(({ Id }) => Id));
    return messages.filter((_message, index) => failed.has(String(index)));
  };
}
