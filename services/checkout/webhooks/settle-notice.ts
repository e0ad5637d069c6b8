import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendDeadLetters } from '../../shared/events/dead-letters.ts';
import { UnavailableError } from '../../shared/http/problems.ts';
import { type Database, isDatabaseAway } from '../../shared/stores/database.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { ProviderAway } from '../providers/provider.ts';
import type { Checkouts, Refunds } from '../saga/types.ts';
import { type InboxRow, markFailed, markSettled } from './inbox.ts';
import { type Work, workText } from './work.ts';

const firstRetryMs = 2_000;
const longestRetryMs = 300_000;
/** Some two hours, for a failure that is no outage. */
const maxFailures = 30;

export type SettleNotice = (row: InboxRow) => Promise<void>;

/**
 * Returns the function that settles a webhook: asks the provider for the truth about its payment or refund. It may be repeated, also at the same
 * time: the news is settled once. A failure is noted, and the webhook tried again after a pause: for ever if something is away; after
 * anything else, it is given up at last, as a dead letter. Rejects if not even that could be noted.
 */
export function createSettleNotice(options: {
  db: Database;
  checkouts: Pick<Checkouts, 'settlePayment'>;
  refunds: Pick<Refunds, 'settleRefund'>;
  sqs: SQSClient;
  deadLetterQueueUrl: string;
  clock: () => number;
  logger: Logger;
}): SettleNotice {
  const { db, checkouts, refunds, sqs, deadLetterQueueUrl, clock, logger } = options;
  const warn = createSampledLog('warn', 'a webhook was not settled; it is tried again');

  return async (row) => {
    try {
      await settle(row);
    } catch (error) {
      const { provider, providerEventId, type, failures } = row;
      const about = { provider, providerEventId, type, failures, err: error };
      const note = `${(error as Error).name}: ${(error as Error).message}`;
      if (!isOutage(error) && failures + 1 >= maxFailures && (await bury(row, note))) {
        logger.error(about, 'a webhook was given up');
        return await markFailed(db, row, { note });
      }
      warn(logger, about);
      return await markFailed(db, row, { note, dueMs: clock() + retryMs(failures) });
    }
    await markSettled(db, row);
  };

  async function settle({ provider, paymentRef, refundRef }: InboxRow): Promise<void> {
    if (refundRef !== undefined) await refunds.settleRefund(provider, refundRef);
    else if (paymentRef !== undefined) await checkouts.settlePayment(provider, paymentRef);
  }

  /** Returns whether the dead-letter queue accepted it. */
  async function bury({ provider, providerEventId }: Work, reason: string): Promise<boolean> {
    const letter = { messageId: providerEventId, body: workText({ provider, providerEventId }), reason };
    return (await sendDeadLetters(sqs, deadLetterQueueUrl, [letter], logger)).length === 0;
  }
}

const isOutage = (error: unknown) => error instanceof ProviderAway || error instanceof UnavailableError || isDatabaseAway(error);

/** The pause after a failure: it doubles, up to five minutes, and varies so that webhooks do not come back together. */
const retryMs = (failures: number) =>
  Math.min(firstRetryMs * 2 ** Math.min(failures, 20), longestRetryMs) * (0.5 + Math.random() / 2);
