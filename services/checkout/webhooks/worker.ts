import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { sendDeadLetters } from '../../shared/events/dead-letters.ts';
import { type QueueReader, startQueueReader } from '../../shared/events/queue-reader.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { readUnsettled } from './inbox.ts';
import type { SettleNotice } from './settle-notice.ts';
import { parseWork } from './work.ts';

/** Each has up to ten webhooks in hand, which mostly wait for the provider. */
const receivers = 2;

/**
 * Settles the webhooks that messages in the queue name. A message is only a hint: if settling fails, the inbox knows when to try again, so the
 * message is acknowledged in any case, unless it is none of ours: that becomes a dead letter.
 */
export function startWorker(options: {
  db: Database;
  sqs: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: string;
  settleNotice: SettleNotice;
  logger: Logger;
}): QueueReader {
  const { db, sqs, queueUrl, deadLetterQueueUrl, settleNotice, logger } = options;
  const warn = createSampledLog('warn', 'the inbox of webhooks cannot be reached; they are settled later');
  return startQueueReader({ sqs, queueUrl, receivers, handle, logger });

  async function handle(messages: Message[]): Promise<Message[]> {
    const isDone = await Promise.all(messages.map(settle));
    return messages.filter((_, at) => isDone[at]);
  }

  /** Returns whether to acknowledge the message. */
  async function settle({ Body = '', MessageId = '' }: Message): Promise<boolean> {
    const work = parseWork(Body);
    if (!work) {
      const letter = { messageId: MessageId, body: Body, reason: 'is not about a webhook' };
      return (await sendDeadLetters(sqs, deadLetterQueueUrl, [letter], logger)).length === 0;
    }
    try {
      const row = await readUnsettled(db, work);
      if (row) await settleNotice(row);
    } catch (error) {
      warn(logger, { err: error });
    }
    return true;
  }
}
