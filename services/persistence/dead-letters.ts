import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Logger } from '../shared/logger.ts';
import type { Rejected } from './read-message.ts';

/** SQS: a SendMessageBatch holds up to ten messages. */
const maxBatch = 10;
const maxReasonCharacters = 1_000;

/**
 * Puts what was rejected into the dead-letter queue, each entry alone, its reason in the attribute `reason` and in the log.
 * Rejects when SQS did not take all of it.
 */
export async function sendDeadLetters(sqs: SQSClient, queueUrl: string, rejected: Rejected[], logger: Logger): Promise<void> {
  for (let at = 0; at < rejected.length; at += maxBatch) {
    const letters = rejected.slice(at, at + maxBatch);
    const { Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: letters.map(({ body, contentEncoding, reason }, index) => ({
          Id: String(index),
          MessageBody: body,
          MessageAttributes: {
            reason: { DataType: 'String', StringValue: printable(reason) },
            ...(contentEncoding && { contentEncoding: { DataType: 'String', StringValue: contentEncoding } }),
          },
        })),
      }),
    );
    if (Failed.length > 0) throw new Error(`the dead-letter queue refused ${Failed.length} messages: ${Failed[0]?.Message}`);
    for (const { reason, body } of letters) logger.error({ reason, body: body.slice(0, maxReasonCharacters) }, 'dead letter');
  }
}

/** SQS refuses attributes with control characters. */
function printable(reason: string): string {
  return reason.replace(/[^\x20-\x7e]/g, '?').slice(0, maxReasonCharacters);
}
