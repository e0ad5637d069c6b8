import type { Patience } from '../../services/catalogue/verify/dead-letters.ts';
import { countOf, neverOpened } from '../../services/shared/basics/text.ts';
import { baseOf, epochOf } from '../../services/shared/events/epochs.ts';
import { followSaleState } from '../../services/shared/inventory/change-sale-state.ts';
import { readEventState } from '../../services/shared/inventory/event-state.ts';
import { type InventoryReport, readInventory, readSequence } from '../../services/shared/inventory/inventory.ts';
import { archived } from '../../services/shared/inventory/open-event.ts';
import { markOpened } from '../../services/shared/inventory/open-inventory.ts';
import { readCatalogue } from '../../services/shared/inventory/plan/catalogue.ts';
import { comparePlans } from '../../services/shared/inventory/plan/compare-plans.ts';
import type { EventPlan } from '../../services/shared/inventory/plan/event-file.ts';
import { beginRebuild, rebuildInventory } from '../../services/shared/inventory/rebuild-inventory.ts';
import { forgetEvent, removeKeys } from '../../services/shared/inventory/remove-event.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import { findUnprojected } from './prove-projected.ts';
import { findDeadLetters, untilQueueEmpty } from './prove-queues.ts';
import { readOrders } from './read-orders.ts';
import { listMissing, replayEvent } from './replay-event.ts';
import type { System } from './system.ts';

/** The risks that an operator accepts, each by an option of its own (main.ts). */
export type Accepted = { lostSales?: boolean; healthy?: boolean; deadLetters?: boolean };

/** SQS' counts are approximate and up to a minute old. */
const defaultPatience: Patience = { nothings: 4, looks: 60, pauseMs: 250 };

type Work = { say: (line: string) => void; accepted: Accepted; patience: Patience };

/**
 * Rebuilds an event's inventory in Redis from MySQL, in a new epoch, while services run. It takes the event off sale, brings to MySQL
 * all that Redis and the queue still hold, proves that MySQL has it, and puts the event back on sale once the inventory is complete.
 * Holds are lost. No sale is removed from Redis before that proof. If a rebuild is interrupted or refused on the way, the event stays off
 * sale until one succeeds. Rejects with what is in the way, and the option that accepts it: a healthy event, sales that would
 * be lost, or dead letters that are or may be about the event.
 */
export async function rebuildEvent(
  system: System,
  eventId: string,
  say: (line: string) => void,
  { accepted = {}, patience = defaultPatience }: { accepted?: Accepted; patience?: Patience } = {},
): Promise<void> {
  const { db, redis } = system;
  const work = { say, accepted, patience };
  const plan = await readCatalogue(db, eventId);
  if (!plan) throw neverOpened(eventId);
  const inventory = await readInventory(redis, eventId);
  const isHealthy = inventory !== undefined && !inventory.mayHaveLost;
  // The event comes back in its state, which Redis decides while it is healthy.
  if (isHealthy) await followSaleState(db, redis, eventId);
  await readRebuildable(db, eventId);
  if (isHealthy) {
    await assertMeant(system, { ...plan, inventory }, plan, accepted);
    // While the event is still on sale, so that what can be refused early does not take it off sale.
    await bringToMysql(system, eventId, true, work);
  }

  // If Redis lost one event it may have lost others. Marking them makes them unavailable instead of unknown.
  const known = await db.selectFrom('events').select('event_id').where('state', 'not in', ['draft', 'archived']).execute();
  await markOpened(
    redis,
    known.map((event) => event.event_id),
  );
  const rebuild = await beginRebuild(redis, eventId);
  const state = await readRebuildable(db, eventId).catch(async (error) => {
    // It was archived in the same moment: nothing of it may stay.
    await removeKeys(redis, eventId);
    await forgetEvent(redis, eventId);
    throw error;
  });
  say(`${eventId} is off sale`);
  await bringToMysql(system, eventId, false, work);
  await assertNothingLost(system, eventId, accepted);

  const applied = await appliedOf(db, eventId);
  const sequence = await readSequence(redis, eventId);
  const epoch = await beginEpoch(db, eventId, epochOf(Math.max(applied.last, sequence)));
  let orders = 0;
  const sold = async function* () {
    for await (const batch of readOrders(db, plan.inventory)) {
      orders += batch.length;
      say(`${countOf(orders, 'order')} read`);
      yield batch;
    }
    const { count } = await appliedOf(db, eventId);
    if (count !== applied.count)
      throw new Error(`Domain events of ${eventId} are still arriving in MySQL. The event is off sale: run this again`);
  };
  await rebuildInventory(redis, plan.inventory, { rebuild, sequence: baseOf(epoch), orders: sold(), state });
  const now = state === 'published' ? 'on sale again' : `${state} as before`;
  say(`${eventId} was rebuilt from ${countOf(orders, 'order')} and is ${now}, in epoch ${epoch}`);
}

/** The state of an event that has, or should have, an inventory. Rejects if it is a draft or archived. */
async function readRebuildable(db: Database, eventId: string): Promise<'published' | 'paused' | 'closed'> {
  const state = await readEventState(db, eventId);
  if (state === undefined) throw neverOpened(eventId);
  if (state === 'draft')
    throw new Error(`${eventId} is a draft: there is nothing to rebuild. To publish it: npm run onsale -- open <file>`);
  if (state === 'archived') throw new Error(`${archived(eventId)}.`);
  return state;
}

/** Refuses to rebuild a healthy inventory, unless that is accepted, and one that differs from MySQL's catalogue. */
async function assertMeant(
  { db, redis }: System,
  inRedis: EventPlan & { inventory: InventoryReport },
  plan: EventPlan,
  { healthy }: Accepted,
): Promise<void> {
  const { eventId, held } = inRedis.inventory;
  const { last } = await appliedOf(db, eventId);
  // Read in this order, MySQL can be ahead only if Redis has lost sales.
  if (last > (await readSequence(redis, eventId))) return;
  const { changes } = comparePlans(plan, inRedis);
  if (changes.length > 0) {
    throw new Error(
      `Refused; nothing was changed. Redis sells ${eventId} by a plan that differs from MySQL's catalogue, as after an interrupted ` +
        `"open". Open its file again first: npm run onsale -- open <file>. From MySQL to Redis, it differs by:\n${changes.map((change) => `  ${change}`).join('\n')}`,
    );
  }
  if (healthy) return;
  const holds = held.values().reduce((sum, count) => sum + count, 0);
  throw new Error(
    `Refused; nothing was changed. ${eventId} is healthy: Redis has its inventory and sells it. A rebuild would take it off sale ` +
      `for a while and release all holds (${countOf(holds, 'ticket')} now). To do that anyway, add --although-healthy.`,
  );
}

/**
 * Brings to MySQL all that Redis and the queue hold about an event. Rejects if some of it is lost or a dead letter, unless that is
 * accepted. Does not wait for the queue while the event is on sale.
 */
async function bringToMysql(system: System, eventId: string, isOnSale: boolean, work: Work): Promise<void> {
  const { say, accepted, patience } = work;
  const refused = `Refused; ${isOnSale ? `${eventId} stays on sale` : `${eventId} is off sale until this succeeds`}.`;
  const { lost } = await replayEvent(system, eventId, say);
  if (lost.count > 0 && !accepted.lostSales) {
    throw new Error(
      `${refused} MySQL lacks ${countOf(lost.count, 'domain event')}, which neither the outbox nor the orders in Redis have: ` +
        `${listMissing(lost)}. Their seats would be sold again. First look in the dead-letter queue (npm run onsale -- redrive) and in ` +
        'backups. If they are lost for good, add --accept-lost-sales.',
    );
  }
  if (!isOnSale) await untilQueueEmpty(system.messaging, say, patience);
  const letters = await findDeadLetters(system.messaging, eventId, patience);
  if (letters === undefined) return;
  if (!accepted.deadLetters) {
    throw new Error(
      `${refused} There ${letters}. Seats sold in them would be sold again. Send them back first: npm run onsale -- redrive. If that ` +
        'does not help, add --ignore-dead-letters.',
    );
  }
  say(`Ignored as requested: there ${letters}`);
}

/** Rejects if Redis has tickets or cancellations that MySQL lacks, because a rebuild would lose them, unless that is accepted. */
async function assertNothingLost({ db, redis }: System, eventId: string, { lostSales }: Accepted): Promise<void> {
  const { count, examples } = await findUnprojected(db, redis, eventId);
  if (count === 0 || lostSales) return;
  const more = count > examples.length ? [`… and ${count - examples.length} more`] : [];
  throw new Error(
    `Refused; ${eventId} is off sale until this succeeds. Redis knows more than MySQL about ${countOf(count, 'ticket')}, which a rebuild ` +
      `would lose:\n${[...examples, ...more].map((line) => `  ${line}`).join('\n')}\nOnce they are settled by hand, add --accept-lost-sales.`,
  );
}

async function appliedOf(db: Database, eventId: string): Promise<{ count: number; last: number }> {
  const { count, last } = await db
    .selectFrom('order_events')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.max<number | null>('sequence').as('last')])
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  return { count, last: last ?? 0 };
}

/** Begins an epoch in which no domain event can have been numbered, whatever was lost. Stored before it is used. */
async function beginEpoch(db: Database, eventId: string, known: number): Promise<number> {
  await db
    .updateTable('events')
    .set(({ eb, fn, val }) => ({ epoch: eb(fn<number>('greatest', ['epoch', val(known)]), '+', 1) }))
    .where('event_id', '=', eventId)
    .execute();
  const { epoch } = await db.selectFrom('events').select('epoch').where('event_id', '=', eventId).executeTakeFirstOrThrow();
  return epoch;
}
