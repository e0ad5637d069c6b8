import { type Rounds, startRounds } from '../../shared/basics/rounds.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { claimDue, deleteOldNotices } from './inbox.ts';
import type { SettleNotice } from './settle-notice.ts';

const atOnce = 20;
const defaultPauseMs = 1_000;
const cleanEveryMs = 600_000;

/** Settles webhooks that are due: their message was lost, or they could not be settled before. Several processes share them. */
export function startInboxSweeper(options: {
  db: Database;
  settleNotice: SettleNotice;
  clock: () => number;
  logger: Logger;
  pauseMs?: number;
}): Rounds {
  const { db, settleNotice, clock, logger, pauseMs = defaultPauseMs } = options;
  const warn = createSampledLog('warn', 'the inbox of webhooks cannot be swept; trying again');
  const onError = (error: unknown) => warn(logger, { err: error });
  let cleanedMs = 0;
  return startRounds({ round, pauseMs, onError });

  async function round(): Promise<boolean> {
    const rows = await claimDue(db, { nowMs: clock(), most: atOnce });
    await Promise.all(rows.map((row) => settleNotice(row).catch(onError)));
    if (rows.length === 0) await clean();
    return rows.length === atOnce;
  }

  async function clean(): Promise<void> {
    if (clock() - cleanedMs < cleanEveryMs) return;
    cleanedMs = clock();
    await deleteOldNotices(db, clock());
  }
}
