import { PublishCommand, type SNSClient, SNSServiceException } from '@aws-sdk/client-sns';
import { encodeBatch } from './batch-encoding.ts';
import { batchContentType } from './domain-events.ts';

/** One SNS message: a CloudEvents batch (JSON) of one event, how many domain events it contains, and their types. */
export type BatchMessage = { eventId: string; types: string[]; count: number; json: string };

/** Publishes a message and returns its id; rejects if SNS did not accept it. */
export type Publish = (message: BatchMessage) => Promise<string>;

/**
 * Whether SNS refused a message for its content: it is too long, or has an invalid character. SNS would refuse it again, but accepts
 * other messages. A wrong topic has the same error name, but affects every message, so it does not count.
 */
export const isRefusedBySns = (error: unknown): boolean =>
  error instanceof SNSServiceException &&
  /^(InvalidParameter|ParameterValueInvalid)/.test(error.name) &&
  !/TopicArn/.test(error.message);

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
