import { setTimeout as pause } from 'node:timers/promises';
import { markOpened, readInventory } from '../../services/purchase/seats/inventory.ts';
import { closeInventory, rebuildInventory } from '../../services/purchase/seats/rebuild-inventory.ts';
import type { Database } from '../../services/shared/database.ts';
import { baseOf, epochOf } from '../../services/shared/epochs.ts';
import type { Messaging } from '../local/messaging.ts';
import { queueDepth } from '../local/queue-depth.ts';
import { readCatalogue } from './catalogue.ts';
import { readDeadLetters } from './dead-letters.ts';
import { readOrders } from './read-orders.ts';
import { replayEvent } from './replay-event.ts';
import type { System } from './system.ts';

/**
 * Makes an event's inventory in Redis anew from what MySQL has, in a new epoch, while services run: takes the event off sale, has
 * all that Redis and the queue still hold of it applied, and puts it on sale again when all is there. Holds are gone. Broken off
 * anywhere it leaves the event off sale, and is to be run again. Rejects with what is in the way.
 */
export async function rebuildEvent(system: System, eventId: string, say: (line: string) => void): Promise<void> {
  const { db, redis, messaging } = system;
  const { inventory } = (await readCatalogue(db, eventId)) ?? {};
  if (!inventory) throw new Error(`${eventId} was never opened`);
  // Where Redis lost one event it may have lost others: they are unavailable, and not unknown.
  const known = await db.selectFrom('events').select('event_id').execute();
  await markOpened(
    redis,
    known.map((event) => event.event_id),
  );
  const { sequence = 0 } = (await readInventory(redis, eventId)) ?? {};
  await closeInventory(redis, eventId);
  say(`${eventId} is off sale`);
  await replayEvent(system, eventId, say);
  await untilQueueEmpty(messaging, say);
  await assertNoDeadLetters(messaging, eventId);

  const applied = await appliedOf(db, eventId);
  const epoch = await beginEpoch(db, eventId, epochOf(Math.max(applied.last, sequence)));
  let orders = 0;
  const sold = async function* () {
    for await (const batch of readOrders(db, inventory)) {
      orders += batch.length;
      say(`${orders} orders read`);
      yield batch;
    }
    const { count } = await appliedOf(db, eventId);
    if (count !== applied.count) throw new Error(`Domain events of ${eventId} still arrive in MySQL; run this again`);
  };
  await rebuildInventory(redis, inventory, { sequence: baseOf(epoch), orders: sold() });
  say(`${eventId} is rebuilt from ${orders} orders, and on sale again, in epoch ${epoch}`);
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

const lookMs = 250;
/** SQS counts approximately: only after so many looks at nothing is there nothing. */
const looksAtNothing = 8;
/** Longer than a message stays hidden that somebody received and did not handle. */
const stalledMs = 60_000;

/** Until the workers have applied what waits, of this event or of others. */
async function untilQueueEmpty({ sqs, queueUrl }: Messaging, say: (line: string) => void): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let changedAt = Date.now();
  for (let nothing = 0; nothing < looksAtNothing; ) {
    const messages = await queueDepth(sqs, queueUrl);
    nothing = messages === 0 ? nothing + 1 : 0;
    if (messages < least) {
      least = messages;
      changedAt = Date.now();
      if (messages > 0) say(`${messages} messages wait in the queue`);
    }
    if (messages > 0 && Date.now() - changedAt > stalledMs) {
      throw new Error(`${messages} messages stay in the queue; does persistence run? What they tell of would be sold again`);
    }
    await pause(lookMs);
  }
}

async function assertNoDeadLetters(messaging: Messaging, eventId: string): Promise<void> {
  const letters = (await readDeadLetters(messaging)).filter(({ events }) => events.some((event) => event.eventId === eventId));
  if (letters.length === 0) return;
  throw new Error(
    `${letters.length} dead letters tell of ${eventId}, and what they tell of would be sold again: npm run onsale -- redrive`,
  );
}
