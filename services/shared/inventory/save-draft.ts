import type { Database } from '../stores/database.ts';
import type { RedisClient } from '../stores/redis.ts';
import { lockEvent, readEventState, writeEventState } from './event-state.ts';
import { readCatalogue, writeCatalogue } from './plan/catalogue.ts';
import { comparePlans } from './plan/compare-plans.ts';
import type { EventPlan } from './plan/event-file.ts';
import { byCommand, touchEvent } from './record-change.ts';
import { readSaleState } from './set-state.ts';

/** `changes`: a line for each field that differs from the draft before. */
export type Drafted = { kind: 'opened' | 'changed' | 'unchanged'; changes: string[] } | { kind: 'refused'; reason: string };

/**
 * Writes a plan to MySQL's catalogue as a draft: buyers do not see it, and Redis does not know it until the plan is opened. Refuses an
 * event that is no draft any more. Throws a VersionConflict if it has another version than `expected` (0: none yet). With `isDryRun`,
 * changes nothing and returns what the outcome would be.
 */
export async function saveDraft(
  db: Database,
  redis: RedisClient,
  plan: EventPlan,
  {
    isDryRun = false,
    principal = byCommand,
    expected,
  }: { isDryRun?: boolean; principal?: string; expected?: number | undefined } = {},
): Promise<Drafted> {
  const { eventId } = plan.inventory;
  const published = { kind: 'refused', reason: `${eventId} was opened before, so it cannot become a draft again` } as const;
  const [state, inRedis, before] = await Promise.all([
    readEventState(db, eventId),
    readSaleState(redis, eventId),
    readCatalogue(db, eventId),
  ]);
  if (inRedis !== undefined || (state !== undefined && state !== 'draft')) return published;
  const changes = before ? comparePlans(before, plan).changes : [];
  const drafted: Drafted = { kind: before ? (changes.length > 0 ? 'changed' : 'unchanged') : 'opened', changes };
  if (isDryRun) return drafted;
  if (drafted.kind === 'unchanged') {
    // Also what changes nothing may be meant for another version: of two who create the same event, one was too late.
    await db.transaction().execute((trx) => lockEvent(trx, eventId, expected));
    return drafted;
  }

  const trx = await db.startTransaction().setIsolationLevel('read committed').execute();
  try {
    const known = await lockEvent(trx, eventId);
    await writeCatalogue(trx, plan);
    // A new event's row could not be locked before it was there.
    const { version } = (await lockEvent(trx, eventId, expected)) ?? {};
    await writeEventState(trx, eventId, 'draft');
    await touchEvent(trx, eventId, { principal, action: version === 0 ? 'draft' : 'change', changes });
    // The row is locked, so an "open" at the same time has either finished, and shows in Redis, or waits and publishes the draft.
    const isOpen = (known !== undefined && known.state !== 'draft') || (await readSaleState(redis, eventId)) !== undefined;
    await (isOpen ? trx.rollback() : trx.commit()).execute();
    return isOpen ? published : drafted;
  } catch (error) {
    await trx.rollback().execute();
    throw error;
  }
}
