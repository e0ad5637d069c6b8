import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyEvent } from '../../services/catalogue/verify/verify-event.ts';
import { projectDomainEvents } from '../../services/persistence/projections/project.ts';
import type { DomainEvent } from '../../services/shared/events/domain-events.ts';
import { baseOf } from '../../services/shared/events/epochs.ts';
import { readEventState } from '../../services/shared/inventory/event-state.ts';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { countsKey, inventoryKey, ordersKey, outboxKey } from '../../services/shared/inventory/keys.ts';
import { openInventory } from '../../services/shared/inventory/open-inventory.ts';
import { parseOrder } from '../../services/shared/inventory/order.ts';
import { readCatalogue } from '../../services/shared/inventory/plan/catalogue.ts';
import { readSaleState, setState } from '../../services/shared/inventory/set-state.ts';
import { purchased } from '../testing/purchases.ts';
import { seats } from '../testing/seats.ts';
import {
  exchange,
  openHall,
  project,
  rowSeats,
  sell,
  soldEvent,
  startTestWorker,
  takeNew,
  testSystem,
} from '../testing/sold-event.ts';
import { db, receive, redis, sqs, unique } from '../testing/stores.ts';
import { type Accepted, rebuildEvent } from './rebuild-event.ts';
import type { System } from './system.ts';

let resources: AsyncDisposableStack;
let system: System;
beforeEach(async () => {
  resources = new AsyncDisposableStack();
  system = await testSystem();
});
afterEach(() => resources.disposeAsync());

const silence = () => {};
const noWaits = { patienceMs: 0, atMostMs: 0, lookMs: 0 };
/** The emulator's counts are exact and current. */
const patience = { nothings: 1, looks: 2, pauseMs: 10 };

const rebuild = ({ eventId }: Pick<Inventory, 'eventId'>, accepted: Accepted = {}, say: (line: string) => void = silence) =>
  rebuildEvent(system, eventId, say, { accepted, patience });

const differencesOf = async ({ eventId }: Inventory) => (await verifyEvent(system, eventId, silence, noWaits)).differences;

/** Makes Redis forget everything about an event. */
const forget = async ({ eventId }: Inventory) => {
  for (const key of await redis.keys(`*{${eventId}}*`)) await redis.del(key);
};

/** The orders of an event in Redis. */
const keptOrders = async ({ eventId }: Inventory) => Object.values(await redis.hgetall(ordersKey(eventId))).map(parseOrder);

describe('a rebuild', () => {
  it.each(['paused', 'closed'] as const)('leaves a %s event so, whether Redis has lost it or not', async (state) => {
    const { event } = await soldEvent();
    const { eventId } = event;
    await setState(redis, eventId, state === 'paused' ? { state, confirmWhilePaused: true } : { state });
    // As if the process had died before it told MySQL.
    await rebuild(event, { healthy: true });
    expect([await readSaleState(redis, eventId), await readEventState(db, eventId)]).toEqual([state, state]);
    await forget(event);
    const said: string[] = [];
    await rebuild(event, {}, (line) => said.push(line));
    expect(said.at(-1)).toContain(`and is ${state} as before`);
    expect(await readSaleState(redis, eventId)).toBe(state);
  });

  it('leaves nothing for verify to find, also the second time, and later sales are numbered in the new epoch', async () => {
    const { event } = await soldEvent();
    const before = (await readCatalogue(db, event.eventId))?.inventory;
    expect(before).toEqual(event);
    await forget(event);
    expect(await differencesOf(event)).toEqual([expect.stringContaining('onsale -- rebuild')]);
    const said: string[] = [];
    await rebuild(event, {}, (line) => said.push(line));
    expect(said).toEqual([
      `${event.eventId} is off sale`,
      '4 orders read',
      `${event.eventId} was rebuilt from 4 orders and is on sale again, in epoch 1`,
    ]);
    expect(await differencesOf(event)).toEqual([]);
    await expect(sell(event, rowSeats('A', 1))).rejects.toThrow('SEAT_TAKEN');
    expect(await sell(event, rowSeats('B', 1))).toMatchObject({ sequence: baseOf(1) + 1 });
    await project(event);
    await rebuild(event, { healthy: true });
    expect(await sell(event, rowSeats('B', 2))).toMatchObject({ sequence: baseOf(2) + 1 });
    await project(event);
    expect(await differencesOf(event)).toEqual([]);
  });

  it('of an event that Redis has not lost first brings to MySQL what the outbox still holds, and releases its holds', async () => {
    const event = await openHall();
    const { eventId, venueId } = event;
    await sell(event, rowSeats('A', 1));
    // Read by a task that died before it published.
    await takeNew(event);
    await sell(event, rowSeats('A', 2));
    const held = await seats.hold({ eventId, venueId, request: rowSeats('A', 3) });
    startTestWorker(system, resources);
    await rebuild(event, { healthy: true });
    await expect(sell(event, rowSeats('A', 1))).rejects.toThrow('SEAT_TAKEN');
    await expect(sell(event, rowSeats('A', 2))).rejects.toThrow('SEAT_TAKEN');
    if (held.kind !== 'held') expect.fail('not held');
    expect(await seats.confirmHold({ eventId, holdId: held.holdId })).toMatchObject({ code: 'HOLD_NOT_FOUND' });
    await sell(event, rowSeats('A', 3));
    expect(await redis.xlen(outboxKey(eventId))).toBe(3);
    await project(event);
    expect(await differencesOf(event)).toEqual([]);
  });

  it('restores exchanged tickets: nothing differs, their old seats are free, and they can be cancelled and exchanged again', async () => {
    const event = await openHall();
    const { eventId } = event;
    const order = await sell(event, rowSeats('A', 1, 2), 'auth0|ann');
    const once = await exchange(event, order, 0, { row: 'B', column: 1 });
    const [before] = await keptOrders(event);
    await project(event);
    await forget(event);
    await rebuild(event);
    expect(await keptOrders(event)).toEqual([before]);
    expect(await differencesOf(event)).toEqual([]);
    await expect(sell(event, rowSeats('B', 1))).rejects.toThrow('SEAT_TAKEN');
    await sell(event, rowSeats('A', 1));
    await exchange(event, once, 2, { row: 'B', column: 2 });
    await seats.cancelOrder({ eventId, orderId: order.orderId, ticketIds: [] });
    await project(event);
    expect(await differencesOf(event)).toEqual([]);
  });

  it('that is interrupted leaves the event off sale, and can be run again', async () => {
    const { event } = await soldEvent();
    const dies = (line: string) => {
      if (line.includes('orders read')) throw new Error('killed');
    };
    await expect(rebuild(event, { healthy: true }, dies)).rejects.toThrow('killed');
    await expect(sell(event, rowSeats('C', 1))).rejects.toThrow('has no inventory');
    await rebuild(event);
    await sell(event, rowSeats('C', 1));
  });

  it('rejects an event that was never opened', async () => {
    await expect(rebuild({ eventId: unique('event') })).rejects.toThrow('was never opened');
  });
});

describe('a rebuild is refused and changes nothing', () => {
  it('if the event is healthy: it stays on sale, and its holds stay valid', async () => {
    const { event } = await soldEvent();
    const { eventId, venueId } = event;
    const held = await seats.hold({ eventId, venueId, request: rowSeats('C', 1) });
    const before = await everythingOf(event);
    await expect(rebuild(event)).rejects.toThrow(/is healthy: .* release all holds \(3 tickets now\).*add --although-healthy/);
    expect(await everythingOf(event)).toEqual(before);
    if (held.kind !== 'held') expect.fail('not held');
    expect(await seats.confirmHold({ eventId, holdId: held.holdId })).toMatchObject({ kind: 'sold' });
  });

  it('if Redis sells the event by a plan that differs from MySQL', async () => {
    const { event } = await soldEvent();
    await openInventory(redis, { ...event, holdMs: 1_000 });
    const before = await everythingOf(event);
    await expect(rebuild(event, { healthy: true })).rejects.toThrow(/Open its file again first.*\n {2}holds last: 600 s → 1 s$/);
    expect(await everythingOf(event)).toEqual(before);
  });

  it('if the event is on sale and a sale is lost or a dead letter', async () => {
    const { event } = await soldEvent();
    await bury(await lose(event));
    const before = await everythingOf(event);
    await expect(rebuild(event, { healthy: true })).rejects.toThrow(
      /stays on sale\. MySQL lacks 1 domain event, .*: 6\..*--accept-lost-sales/,
    );
    await expect(rebuild(event, { healthy: true, lostSales: true })).rejects.toThrow(
      /stays on sale\. There is 1 dead letter of .*--ignore-dead-letters/,
    );
    expect(await everythingOf(event)).toEqual(before);
    await rebuild(event, { healthy: true, lostSales: true, deadLetters: true });
    await sell(event, rowSeats('E', 1));
  });
});

describe('a rebuild of an event that Redis no longer sells', () => {
  it('brings to MySQL what only the orders in Redis still have, exactly as it was published', async () => {
    const event = await openHall();
    const { eventId } = event;
    const first = await sell(event, rowSeats('A', 1, 2, 3), 'Ann');
    await sell(event, { zoneId: 2, quantity: 2, split: false });
    const cancel = (...at: number[]) =>
      seats.cancelOrder({ eventId, orderId: first.orderId, ticketIds: at.map((one) => first.tickets[one]?.ticketId ?? '') });
    await cancel(0, 2);
    await cancel(1);
    const published = await takeNew(event);
    await redis.del(outboxKey(eventId), inventoryKey(eventId));
    expect(await differencesOf(event)).toContainEqual(
      expect.stringMatching(/lacks 4 domain events: 1-4, .*in the orders in Redis/),
    );
    startTestWorker(system, resources);
    await rebuild(event);
    expect(await differencesOf(event)).toEqual([]);
    const again = await recovered(event);

    // The same as if nothing had been lost.
    await db.deleteFrom('tickets').where('event_id', '=', eventId).execute();
    await db.deleteFrom('order_events').where('event_id', '=', eventId).execute();
    await db.deleteFrom('sales_by_zone').where('event_id', '=', eventId).execute();
    await projectDomainEvents(db, published);
    expect(again).toEqual(await recovered(event));
    expect(again.map(({ cancelled_sequence }) => cancelled_sequence)).toEqual([3, 4, 3, null, null]);
  });

  it('keeps in Redis which domain event cancelled a ticket, so that it can be replayed', async () => {
    const { event, first } = await soldEvent();
    await forget(event);
    await rebuild(event);
    const kept = await redis.hget(ordersKey(event.eventId), first.orderId);
    expect(kept).toMatch(/"cancelled":\{"sequence":4,"timeMs":\d{13}\}/);
    await db.deleteFrom('tickets').where('event_id', '=', event.eventId).execute();
    await db.deleteFrom('order_events').where('event_id', '=', event.eventId).execute();
    await db.deleteFrom('sales_by_zone').where('event_id', '=', event.eventId).execute();
    await redis.del(outboxKey(event.eventId), inventoryKey(event.eventId));
    startTestWorker(system, resources);
    await rebuild(event);
    expect(await differencesOf(event)).toEqual([]);
  });

  it('is refused if a sale is lost, and removes nothing until that is accepted', async () => {
    const { event } = await soldEvent();
    await lose(event);
    await redis.del(inventoryKey(event.eventId));
    const orders = await redis.hgetall(ordersKey(event.eventId));
    await expect(rebuild(event)).rejects.toThrow(/is off sale until this succeeds\. MySQL lacks 1 domain event, .*: 6\./);
    expect(await redis.hgetall(ordersKey(event.eventId))).toEqual(orders);
    await expect(sell(event, rowSeats('E', 1))).rejects.toThrow('has no inventory');
    await rebuild(event, { lostSales: true });
    await sell(event, rowSeats('E', 1));
  });

  it('is refused if Redis has tickets that MySQL cannot accept, whatever their numbers, or cancellations that MySQL lacks', async () => {
    const { event, second } = await soldEvent();
    const { eventId } = event;
    await redis.hincrby(countsKey(eventId), 'sequence', -1);
    const twice = await sell(event, rowSeats('E', 1));
    await seats.cancelOrder({ eventId, orderId: second.orderId, ticketIds: [] });
    await takeNew(event);
    const kept = (await redis.hget(ordersKey(eventId), second.orderId)) ?? '';
    await redis.hset(ordersKey(eventId), second.orderId, kept.replace(/"cancelled":\{[^}]*\}/, '"cancelled":true'));
    await redis.hset(countsKey(eventId), 'sequence', 5);
    await redis.del(inventoryKey(eventId), outboxKey(eventId));
    const orders = await redis.hgetall(ordersKey(eventId));
    const refused = rebuild(event);
    await expect(refused).rejects.toThrow(`of order ${twice.orderId}, seat E1 of zone 1, is not in MySQL (domain event 5)`);
    await expect(refused).rejects.toThrow(
      `of order ${second.orderId}, seat A4 of zone 1, is cancelled in Redis but not in MySQL`,
    );
    expect(await redis.hgetall(ordersKey(eventId))).toEqual(orders);
    await rebuild(event, { lostSales: true });
    await expect(sell(event, rowSeats('A', 4))).rejects.toThrow('SEAT_TAKEN');
    await sell(event, rowSeats('E', 1));
  });

  it('is refused while a dead letter is about the event, is unreadable, or was received by another process', async () => {
    const event = await openHall();
    await sell(event, rowSeats('A', 1));
    await forget(event);
    await bury([purchased(await openHall(), { sequence: 1 })]);
    await rebuild(event);
    await forget(event);
    await bury('{broken');
    await expect(rebuild(event)).rejects.toThrow('1 dead letter that cannot be read and may be about any event');
    await bury([purchased(event, { sequence: 1 }), { type: 'onsale.tickets.purchased', data: {} }]);
    await expect(rebuild(event)).rejects.toThrow(`1 dead letter of ${event.eventId}, and 1 dead letter that cannot be read`);
    expect(await receive(system.messaging.deadLetterQueueUrl)).toHaveLength(3);
    await expect(rebuild(event)).rejects.toThrow(
      '3 dead letters that could not be read because another process has received them',
    );
    await expect(sell(event, rowSeats('C', 1))).rejects.toThrow('has no inventory');
    const said: string[] = [];
    await rebuild(event, { deadLetters: true }, (line) => said.push(line));
    expect(said).toContainEqual(expect.stringMatching(/^Ignored as requested: there are 3 dead letters that could not/));
    await sell(event, rowSeats('C', 1));
  });

  it('may be killed after any step: the next run does the rest', async () => {
    const event = await openHall();
    await sell(event, rowSeats('A', 1));
    const { orderId } = await sell(event, rowSeats('A', 2));
    await seats.cancelOrder({ eventId: event.eventId, orderId, ticketIds: [] });
    await takeNew(event);
    await redis.del(outboxKey(event.eventId), inventoryKey(event.eventId));
    startTestWorker(system, resources);
    for (const step of ['is off sale', '3 domain events published', '2 orders read']) {
      const dies = (line: string) => {
        if (line.includes(step)) throw new Error(`killed when ${step}`);
      };
      await expect(rebuild(event, {}, dies)).rejects.toThrow(`killed when ${step}`);
      await expect(sell(event, rowSeats('B', 1))).rejects.toThrow('has no inventory');
    }
    await rebuild(event);
    expect(await differencesOf(event)).toEqual([]);
    await expect(sell(event, rowSeats('A', 1))).rejects.toThrow('SEAT_TAKEN');
    await sell(event, rowSeats('A', 2));
  });
});

/** Everything that Redis has about an event. */
async function everythingOf({ eventId }: Inventory): Promise<Map<string, string | null>> {
  // The outbox also contains the state of its readers.
  const keys = (await redis.keys(`*{${eventId}}*`)).filter((key) => key !== outboxKey(eventId)).toSorted();
  const dumps = await Promise.all(keys.map((key) => redis.dump(key)));
  return new Map(keys.map((key, at) => [key, dumps[at] ?? null]));
}

/** Sells a seat, as domain event 6, and makes everything forget it. Returns its domain events. */
async function lose(event: Inventory): Promise<DomainEvent[]> {
  const { eventId } = event;
  const { orderId } = await sell(event, rowSeats('D', 1));
  const lost = await takeNew(event);
  await redis.hdel(ordersKey(eventId), orderId);
  await redis.del(outboxKey(eventId));
  return lost;
}

/** Puts a message into the dead-letter queue. */
const bury = (body: string | object) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: system.messaging.deadLetterQueueUrl,
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

/** An event's tickets in MySQL. */
const recovered = async ({ eventId }: Inventory) =>
  await db.selectFrom('tickets').selectAll().where('event_id', '=', eventId).orderBy('sequence').orderBy('ticket_id').execute();

describe('a seat that was sold in two epochs', () => {
  it('stays with the first order; verify names both until the second is cancelled', async () => {
    const event = await openHall();
    const { eventId } = event;
    const first = await sell(event, rowSeats('A', 1));
    // On its way for so long that the rebuild missed it.
    const late = await takeNew(event);
    await forget(event);
    await rebuild(event);
    const second = await sell(event, rowSeats('A', 1));
    await project(event);
    expect(await differencesOf(event)).toEqual([]);
    await projectDomainEvents(db, late);
    const found = (await differencesOf(event)).join('\n');
    expect(found).toMatch(new RegExp(`${second.orderId}.*${first.orderId}|${first.orderId}.*${second.orderId}`));

    // Redis takes the seat for the second order's until a rebuild corrects it.
    await rebuild(event, { healthy: true });
    expect(await differencesOf(event)).toEqual([expect.stringContaining(second.orderId)]);
    expect(await seats.cancelOrder({ eventId, orderId: second.orderId, ticketIds: [] })).toMatchObject({ kind: 'cancelled' });
    await project(event);
    expect(await differencesOf(event)).toEqual([]);
    await expect(sell(event, rowSeats('A', 1))).rejects.toThrow('SEAT_TAKEN');
    const rows = await db.selectFrom('tickets').select('status').where('event_id', '=', eventId).orderBy('sequence').execute();
    expect(rows.map(({ status }) => status)).toEqual(['PAID', 'CANCELLED']);
  });
});
