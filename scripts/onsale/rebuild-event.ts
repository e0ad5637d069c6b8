import { type InventoryReport, markOpened, readInventory } from '../../services/purchase/seats/inventory.ts';
import { beginRebuild, rebuildInventory } from '../../services/purchase/seats/rebuild-inventory.ts';
import type { Database } from '../../services/shared/database.ts';
import { baseOf, epochOf } from '../../services/shared/epochs.ts';
import { readCatalogue } from './catalogue.ts';
import { comparePlans } from './compare-plans.ts';
import type { Patience } from './dead-letters.ts';
import type { EventPlan } from './event-file.ts';
import { findUnprojected } from './prove-projected.ts';
import { findDeadLetters, untilQueueEmpty } from './prove-queues.ts';
import { readOrders } from './read-orders.ts';
import { listMissing, replayEvent } from './replay-event.ts';
import type { System } from './system.ts';
import { countOf } from './text.ts';
import { readSequence } from './verify/sequences.ts';

/** What an operator takes upon them, each by an option of its own (main.ts). */
export type Accepted = { lostSales?: boolean; healthy?: boolean; deadLetters?: boolean };

/** SQS counts approximately, and is up to a minute behind. */
const defaultPatience: Patience = { nothings: 4, looks: 60, pauseMs: 250 };

type Work = { say: (line: string) => void; accepted: Accepted; patience: Patience };

/**
 * Makes an event's inventory in Redis anew from what MySQL has, in a new epoch, while services run: takes the event off sale, has all
 * that Redis and the queue still hold of it applied, proves that MySQL has it, and puts the event on sale again when all is there. Holds
 * are gone. Nothing that Redis keeps of sales is removed before that proof. Broken off anywhere, or refused on the way, it leaves the
 * event off sale and is to be run again. Rejects with what is in the way, and which option accepts it: a healthy event, sales that
 * would be lost, dead letters of the event or that cannot be looked into.
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
  if (!plan) throw new Error(`${eventId} was never opened`);
  const inventory = await readInventory(redis, eventId);
  if (inventory && !inventory.mayHaveLost) {
    await assertMeant(system, { ...plan, inventory }, plan, accepted);
    // Whatever can be refused is, while the event is still on sale.
    await bringToMysql(system, eventId, true, work);
  }

  // Where Redis lost one event it may have lost others: they are unavailable, and not unknown.
  const known = await db.selectFrom('events').select('event_id').execute();
  await markOpened(
    redis,
    known.map((event) => event.event_id),
  );
  const rebuild = await beginRebuild(redis, eventId);
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
      say(`${orders} orders read`);
      yield batch;
    }
    const { count } = await appliedOf(db, eventId);
    if (count !== applied.count) throw new Error(`Domain events of ${eventId} still arrive in MySQL; run this again`);
  };
  await rebuildInventory(redis, plan.inventory, { rebuild, sequence: baseOf(epoch), orders: sold() });
  say(`${eventId} is rebuilt from ${countOf(orders, 'order')}, and on sale again, in epoch ${epoch}`);
}

/** Refuses an inventory that has forgotten nothing, unless that is accepted, and one that MySQL's catalogue does not describe. */
async function assertMeant(
  { db, redis }: System,
  inRedis: EventPlan & { inventory: InventoryReport },
  plan: EventPlan,
  { healthy }: Accepted,
): Promise<void> {
  const { eventId, held } = inRedis.inventory;
  const { last } = await appliedOf(db, eventId);
  // In this order: MySQL is ahead only of a Redis that has forgotten sales.
  if (last > (await readSequence(redis, eventId))) return;
  const { changes } = comparePlans(plan, inRedis);
  if (changes.length > 0) {
    throw new Error(
      `Refused; nothing was changed. Redis sells ${eventId} by another layout than MySQL's catalogue has, as after an "open" that was ` +
        `broken off. Open its file again first. The layout of Redis differs by:\n${changes.map((change) => `  ${change}`).join('\n')}`,
    );
  }
  if (healthy) return;
  const holds = held.values().reduce((sum, count) => sum + count, 0);
  throw new Error(
    `Refused; nothing was changed. ${eventId} is healthy: Redis has its inventory and sells it. A rebuild takes it off sale for a ` +
      `while, and gives up all holds (${countOf(holds, 'ticket')} now). If that is meant, add --although-healthy.`,
  );
}

/**
 * Has all that Redis and the queue hold of an event applied; rejects with what cannot be, unless that is accepted. While it is on sale,
 * the queue is not waited for.
 */
async function bringToMysql(system: System, eventId: string, isOnSale: boolean, work: Work): Promise<void> {
  const { say, accepted, patience } = work;
  const refused = `Refused; ${isOnSale ? `${eventId} stays on sale` : `${eventId} is off sale until this succeeds`}.`;
  const { lost } = await replayEvent(system, eventId, say);
  if (lost.count > 0 && !accepted.lostSales) {
    throw new Error(
      `${refused} MySQL lacks ${countOf(lost.count, 'domain event')}, and neither the outbox nor the orders in Redis have what they ` +
        `told: ${listMissing(lost)}. Their seats would be sold again. Look for them in the dead-letter queue ("onsale redrive") and in ` +
        'backups first; if they are lost for good, add --accept-lost-sales.',
    );
  }
  if (!isOnSale) await untilQueueEmpty(system.messaging, say, patience);
  const letters = await findDeadLetters(system.messaging, eventId, patience);
  if (letters === undefined) return;
  if (!accepted.deadLetters) {
    throw new Error(
      `${refused} There ${letters}. What they tell would be sold again. Send them back first ("onsale redrive"); if that is of no use, ` +
        'add --ignore-dead-letters.',
    );
  }
  say(`Ignored, as you say: there ${letters}`);
}

/** Rejects if Redis keeps tickets or cancellations that MySQL does not have, unless that is accepted: they would be gone. */
async function assertNothingLost({ db, redis }: System, eventId: string, { lostSales }: Accepted): Promise<void> {
  const { count, examples } = await findUnprojected(db, redis, eventId);
  if (count === 0 || lostSales) return;
  const more = count > examples.length ? [`… and ${count - examples.length} more`] : [];
  throw new Error(
    `Refused; ${eventId} is off sale until this succeeds. MySQL does not have all that Redis has of ${countOf(count, 'ticket')}, which a rebuild would ` +
      `lose:\n${[...examples, ...more].map((line) => `  ${line}`).join('\n')}\nIf they are settled otherwise, add --accept-lost-sales.`,
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

/** One that no domain event was numbered in, whatever was lost; written down before it is used. */
async function beginEpoch(db: Database, eventId: string, known: number): Promise<number> {
  await db
    .updateTable('events')
    .set(({ eb, fn, val }) => ({ epoch: eb(fn<number>('greatest', ['epoch', val(known)]), '+', 1) }))
    .where('event_id', '=', eventId)
    .execute();
  const { epoch } = await db.selectFrom('events').select('epoch').where('event_id', '=', eventId).executeTakeFirstOrThrow();
  return epoch;
}
