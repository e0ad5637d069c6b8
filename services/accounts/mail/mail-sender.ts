import { channel } from 'node:diagnostics_channel';
import { untilDone } from '../../shared/basics/retry.ts';
import { type Rounds, startRounds } from '../../shared/basics/rounds.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { deleteOldLimits } from './mail-limit.ts';
import { claimMails, type DueMail, deleteMail, deleteOldMails, giveUpMail, retryMail } from './outbox.ts';
import { isMailRefused, type SendMail } from './ses.ts';
import { renderMail } from './templates.ts';

/** Publishes a MailOutcome for each attempt. */
export const mailOutcomes = channel('onsale:mail-outcomes');
export type MailOutcome = { outcome: 'sent' | 'retried' | 'given-up'; kind: string; seconds: number };

/** Mails that a process sends at the same time. SES allows 14 a second unless asked for more. */
const atOnce = 10;
const defaultPauseMs = 1_000;
const cleanEveryMs = 600_000;
/** Longer than an attempt takes. If this process dies, another sends its mails after that. */
export const leaseMs = 60_000;
const firstRetryMs = 5_000;
const longestRetryMs = 300_000;
/** A mail that could not be sent for so long is of no use any more: its link has expired. */
const giveUpAfterMs = 24 * 3_600_000;

/**
 * Sends the mails of the outbox, oldest first; several processes share it. A mail is sent once, except if a process dies, or SES's reply
 * is lost, after SES accepted it: then it is sent again with the same id. Retries at growing intervals for a day, so an outage of SES or
 * MySQL delays mails and loses none. `clock`: now in milliseconds.
 */
export function startMailSender(options: {
  db: Database;
  send: SendMail;
  /** Where links lead. */
  origin: string;
  logger: Logger;
  clock?: () => number;
  pauseMs?: number;
}): Rounds {
  const { db, send, origin, logger, clock = Date.now, pauseMs = defaultPauseMs } = options;
  const warnUnsent = createSampledLog('warn', 'a mail was not sent; trying again');
  const warnAway = createSampledLog('warn', 'the outbox of mails cannot be read; trying again');
  let cleanedMs = 0;
  return startRounds({ round, pauseMs, onError: noteAway });

  /** Returns whether mails were sent: if none of those that were due, SES is probably away, and the next round waits. */
  async function round(isStopping: () => boolean): Promise<boolean> {
    const mails = await claimMails(db, { nowMs: clock(), leaseMs, most: atOnce });
    const sent = await Promise.all(mails.map((mail) => sendOne(mail, isStopping).catch(noteAway)));
    if (mails.length === 0) await clean();
    return sent.includes(true);
  }

  function noteAway(error: unknown): false {
    warnAway(logger, { err: error });
    return false;
  }

  /** Returns whether the mail was sent. */
  async function sendOne(due: DueMail, isStopping: () => boolean): Promise<boolean> {
    const { mailId, mail, createdMs, attempt } = due;
    const outcome = (given: MailOutcome['outcome']) =>
      mailOutcomes.publish({ outcome: given, kind: mail.kind, seconds: (clock() - createdMs) / 1_000 } satisfies MailOutcome);
    try {
      await send({ mailId, kind: mail.kind, to: mail.to, ...renderMail(mail, origin) });
    } catch (error) {
      const { name, message } = error as Error;
      const reason = `${name}: ${message}`;
      if (isMailRefused(error) || clock() - createdMs > giveUpAfterMs) {
        await giveUpMail(db, due, clock(), reason);
        logger.error({ mailId, kind: mail.kind, attempt, err: error }, 'a mail was given up');
        outcome('given-up');
      } else {
        await retryMail(db, mailId, clock() + retryMs(attempt), reason);
        warnUnsent(logger, { mailId, kind: mail.kind, attempt, err: error });
        outcome('retried');
      }
      return false;
    }
    outcome('sent');
    // Until this succeeds, the mail would be sent again.
    await untilDone(() => deleteMail(db, mailId), {
      isStopping,
      onFailure: ({ error }) => void noteAway(error),
    });
    return true;
  }

  async function clean(): Promise<void> {
    const nowMs = clock();
    if (nowMs - cleanedMs < cleanEveryMs) return;
    cleanedMs = nowMs;
    await deleteOldLimits(db, nowMs);
    await deleteOldMails(db, nowMs);
  }
}

/** The pause after a failed attempt: it doubles, up to five minutes, and varies so that mails do not come back together. */
const retryMs = (attempt: number) => Math.min(firstRetryMs * 2 ** (attempt - 1), longestRetryMs) * (0.8 + Math.random() * 0.4);
