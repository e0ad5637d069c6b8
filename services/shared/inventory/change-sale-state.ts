import type { Database } from '../stores/database.ts';
import type { RedisClient } from '../stores/redis.ts';
import type { EventState } from '../stores/schema.ts';
import { lockEvent, writeEventState } from './event-state.ts';
import { byCommand, touchEvent } from './record-change.ts';
import { readSaleState, type SaleState, setState, type WantedState } from './set-state.ts';

type StateChange = Exclude<WantedState, { state: 'archived' }>;

/**
 * `refused`: this state does not lead to the wanted one. `noInventory`: Redis has none, so there is no state to change; `inMysql` is
 * undefined for an unknown event.
 */
type StateChanged =
  | { kind: 'changed' | 'unchanged'; version: number }
  | { kind: 'refused'; state: SaleState }
  | { kind: 'noInventory'; inMysql: EventState | undefined };

const actions = { published: 'resume', paused: 'pause', closed: 'close' } as const;

/**
 * Pauses, resumes or closes an event: in Redis, where it takes effect with the next command, and then in MySQL, with a line in the audit
 * log. Redis decides, inside MySQL's transaction; run again after a crash between the two, it repairs MySQL. Throws a VersionConflict
 * if the event has another version than `expected`.
 */
export async function changeSaleState(
  { db, redis }: { db: Database; redis: RedisClient },
  eventId: string,
  wanted: StateChange,
  { principal = byCommand, expected }: { principal?: string | undefined; expected?: number | undefined } = {},
): Promise<StateChanged> {
  return await db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (trx) => {
      const known = await lockEvent(trx, eventId, expected);
      const outcome = await setState(redis, eventId, wanted);
      if (outcome.kind === 'noInventory') return { kind: 'noInventory', inMysql: known?.state };
      if (outcome.kind === 'refused') return outcome;
      if (outcome.kind === 'busy') throw new Error(`set-state.lua replied busy to ${wanted.state}`);
      // Of two changes at a time the later one ends in both stores.
      const state = await readSaleState(redis, eventId);
      if (!known || state === undefined || (outcome.kind === 'unchanged' && state === known.state)) {
        return { kind: outcome.kind, version: known?.version ?? 0 };
      }
      if (state !== known.state) await writeEventState(trx, eventId, state);
      const confirms = wanted.state === 'paused' && !wanted.confirmWhilePaused ? ['not even holds can be confirmed'] : [];
      const changes = [...(state === known.state ? [] : [`state: ${known.state} → ${state}`]), ...confirms];
      const action = wanted.state === 'closed' && wanted.isCancelled ? 'cancel' : actions[wanted.state];
      const version = await touchEvent(trx, eventId, { principal, action, changes });
      return { kind: outcome.kind, version };
    });
}

/**
 * Brings MySQL's state of an event to that of its inventory, which decides. Reads it under the lock, so that of two changes at a time the
 * later one ends in both stores. Changes nothing if there is no inventory.
 */
export async function followSaleState(db: Database, redis: RedisClient, eventId: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const known = await lockEvent(trx, eventId);
    const state = await readSaleState(redis, eventId);
    if (state === undefined || !known || state === known.state) return;
    await writeEventState(trx, eventId, state);
    await touchEvent(trx, eventId, { principal: byCommand, action: 'repair', changes: [`state: ${known.state} → ${state}`] });
  });
}
