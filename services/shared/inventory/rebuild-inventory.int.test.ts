import { describe, expect, it } from 'vitest';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { openTestEvent, redis, seatedZone } from '../../../scripts/testing/stores.ts';

import { baseOf } from '../events/epochs.ts';
import { type Inventory, readInventory } from './inventory.ts';
import { blockedKey, countsKey, ordersKey, outboxKey, takenKey, talliesKey } from './keys.ts';
import type { Offer } from './offer.ts';
import type { OrderInRedis } from './order.ts';
import { beginRebuild, rebuildInventory, type SoldOrder } from './rebuild-inventory.ts';

const zones = [seatedZone(1, 3, 11), { zoneId: 2, capacity: 5, priceMinor: 75 }, seatedZone(3, 2, 8)];

/** An event with best seats, places without seats, cancelled tickets, and buyers. */
async function openAndSell(): Promise<Inventory> {
  const event = await openTestEvent({ zones, ticketsPerBuyer: 4 });
  const of = (buyerId: string) => ({ ...purchaseOf(event), buyerId });
  await seats.sell({ ...of('ann'), request: { zoneId: 1, quantity: 3, split: false } });
  const cancelled = await seats.sell({ ...of('bob'), request: { zoneId: 3, quantity: 4, split: false } });
  if (cancelled.kind !== 'sold') throw new Error('not sold');
  const [first, second] = cancelled.order.tickets.map(({ ticketId }) => ticketId);
  const which = { eventId: event.eventId, orderId: cancelled.order.orderId, ticketIds: [first ?? '', second ?? ''] };
  await seats.cancelOrder(which);
  await seats.sell({ ...of('cid'), request: { zoneId: 2, quantity: 2, split: false } });
  return event;
}

async function* allOrders({ eventId }: Inventory): AsyncGenerator<SoldOrder[]> {
  const kept = Object.values(await redis.hgetall(ordersKey(eventId)));
  for (const text of kept) {
    const space = text.indexOf(' ');
    yield [{ soldAtMs: Number(text.slice(0, space)), order: JSON.parse(text.slice(space)) as OrderInRedis }];
  }
}

/** Orders that were read before the rebuild deletes them. */
async function* again(orders: SoldOrder[][]): AsyncGenerator<SoldOrder[]> {
  yield* orders;
}

const rebuild = async (event: Inventory, orders = Array.fromAsync(allOrders(event))) => rebuildFrom(event, again(await orders));

const rebuildFrom = async (event: Inventory, orders: AsyncIterable<SoldOrder[]>) =>
  await rebuildInventory(redis, event, { rebuild: await beginRebuild(redis, event.eventId), sequence: baseOf(1), orders });

const sell = (event: Inventory, zoneId: number, row: string, column: number) =>
  seats.sell({ ...purchaseOf(event, { zoneId, row, column }), buyerId: 'dan' });

describe('a rebuilt inventory', () => {
  it('counts tickets of each type, and with each promotion, as before: of live tickets only', async () => {
    const price = (minor: number) => [{ fromMs: 0, minor }];
    const offer: Offer = {
      categories: [{ categoryId: 'A', name: 'A', prices: { adult: price(2_000), child: price(1_000) } }],
      ticketTypes: [
        { ticketTypeId: 'adult', name: 'Adult' },
        { ticketTypeId: 'child', name: 'Child', limit: 4 },
      ],
      promotions: [{ promotionId: 'HALF', percent: 50, tickets: 10, orders: 5, ticketsPerBuyer: 4 }],
    };
    const event = await openTestEvent({ offer, zones: [{ zoneId: 1, capacity: 50, categories: ['A'] }] });
    const request = { zoneId: 1, quantity: 3, split: false, ticketTypes: ['adult', 'child', 'child'] };
    const of = (buyerId: string) => ({ eventId: event.eventId, buyerId, promotion: 'half', request });
    const first = await seats.sell(of('ann'));
    const second = await seats.sell(of('bob'));
    if (first.kind !== 'sold' || second.kind !== 'sold') throw new Error('not sold');
    const ticketIds = [second.order.tickets[1]?.ticketId ?? ''];
    await seats.cancelOrder({ eventId: event.eventId, orderId: second.order.orderId, ticketIds });
    await seats.cancelOrder({ eventId: event.eventId, orderId: first.order.orderId, ticketIds: [] });
    const before = await redis.hgetall(talliesKey(event.eventId));
    expect(before).toMatchObject({ 'type:adult': '1', 'type:child': '1', 'orders:HALF': '1', 'buyer:HALF:bob': '2' });
    await rebuild(event);
    expect(await redis.hgetall(talliesKey(event.eventId))).toEqual(before);
  });

  it('has every ticket, count and buyer that it had, continues in a new epoch, and can sell cancelled seats', async () => {
    const event = await openAndSell();
    const before = await readInventory(redis, event.eventId);
    await rebuild(event);
    expect(await readInventory(redis, event.eventId)).toEqual({ ...before, revision: expect.any(String), sequence: baseOf(1) });
    await redis.del(outboxKey(event.eventId));
    expect(await sell(event, 1, 'A', 6)).toMatchObject({ code: 'SEAT_TAKEN' });
    expect(await sell(event, 1, 'C', 1)).toMatchObject({ kind: 'sold', order: { sequence: baseOf(1) + 1 } });
    const tooMany = { ...purchaseOf(event), buyerId: 'bob', request: { zoneId: 1, quantity: 3, split: false } };
    expect(await seats.sell(tooMany)).toMatchObject({ code: 'BUYER_LIMIT_REACHED' });
    const allThatIsLeft = { ...purchaseOf(event), buyerId: 'bob', request: { zoneId: 3, quantity: 2, split: false } };
    expect(await seats.sell(allThatIsLeft)).toMatchObject({ kind: 'sold' });
  });

  it('has no holds: their seats are free, and they are not found', async () => {
    const event = await openAndSell();
    const held = await seats.hold({ ...purchaseOf(event, { zoneId: 1, row: 'C', column: 3 }), buyerId: 'eve' });
    if (held.kind !== 'held') expect.fail('not held');
    await rebuild(event);
    expect(await seats.confirmHold({ eventId: event.eventId, holdId: held.holdId })).toMatchObject({ code: 'HOLD_NOT_FOUND' });
    expect(await sell(event, 1, 'C', 3)).toMatchObject({ kind: 'sold' });
  });

  it('has the gaps of a hall, and the seats that the plan blocks, except those that were sold', async () => {
    const rows = { '1': '1 2 _ 3 4' };
    const event = await openTestEvent({ zones: [hallZone(1, rows, [{ row: '1', column: 3 }])] });
    const { eventId } = event;
    expect(await sell(event, 1, '1', 1)).toMatchObject({ kind: 'sold' });
    const planned = [1, 4].map((column) => ({ row: '1', column }));
    await rebuild({ ...event, zones: [hallZone(1, rows, planned)] });
    expect((await readInventory(redis, eventId))?.blockedCounts).toEqual(new Map([[1, 1]]));
    expect(await redis.getBuffer(takenKey(eventId))).toEqual(Buffer.from([0b1010_1000]));
    expect(await redis.getBuffer(blockedKey(eventId))).toEqual(Buffer.from([0b0000_1000]));
    expect(await sell(event, 1, '1', 4)).toMatchObject({ code: 'SEAT_TAKEN' });
    expect(await sell(event, 1, '1', 3)).toMatchObject({ kind: 'sold' });
  });

  it('sells nothing if the rebuild is interrupted, and is complete once it is run again', async () => {
    const event = await openAndSell();
    const before = await readInventory(redis, event.eventId);
    const orders = await Array.fromAsync(allOrders(event));
    const breaksOff = async function* () {
      yield orders[0] ?? [];
      throw new Error('killed');
    };
    const broken = rebuildFrom(event, breaksOff());
    await expect(broken).rejects.toThrow('killed');
    await expect(sell(event, 1, 'C', 1)).rejects.toThrow('has no inventory');
    await rebuild(event, Promise.resolve(orders));
    expect(await readInventory(redis, event.eventId)).toEqual({ ...before, revision: expect.any(String), sequence: baseOf(1) });
    expect(await sell(event, 1, 'C', 1)).toMatchObject({ kind: 'sold' });
  });

  it('is reopened only by the later of two rebuilds', async () => {
    const event = await openAndSell();
    const orders = await Array.fromAsync(allOrders(event));
    const waits = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slowly = async function* () {
      begun.resolve();
      await waits.promise;
      yield* orders;
    };
    const outcome = expect(rebuildFrom(event, slowly())).rejects.toThrow('Another rebuild');
    await begun.promise;
    await rebuild(event, Promise.resolve(orders));
    // The slow rebuild does not know this sale.
    expect(await sell(event, 1, 'C', 1)).toMatchObject({ kind: 'sold' });
    waits.resolve();
    await outcome;
    expect(await sell(event, 1, 'A', 6)).toMatchObject({ code: 'SEAT_TAKEN' });
    expect(await sell(event, 1, 'C', 1)).toMatchObject({ code: 'SEAT_TAKEN' });
    expect(await redis.hget(countsKey(event.eventId), 'sold:1')).toBe('4');
  });

  it('is not reopened by a rebuild that was running when another one took the event off sale', async () => {
    const event = await openAndSell();
    const orders = await Array.fromAsync(allOrders(event));
    const first = await beginRebuild(redis, event.eventId);
    await beginRebuild(redis, event.eventId);
    const late = rebuildInventory(redis, event, { rebuild: first, sequence: baseOf(1), orders: again(orders) });
    await expect(late).rejects.toThrow('Another rebuild');
    await expect(sell(event, 1, 'C', 1)).rejects.toThrow('has no inventory');
    expect(await redis.hlen(ordersKey(event.eventId))).toBe(3);
  });

  it('refuses an order whose seat does not exist, and two live tickets for one seat', async () => {
    const event = await openAndSell();
    const orders = await Array.fromAsync(allOrders(event));
    await expect(rebuild({ ...event, zones: [seatedZone(1, 3, 11)] }, Promise.resolve(orders))).rejects.toThrow('lacks');
    await expect(rebuild(event, Promise.resolve([...orders, ...orders]))).rejects.toThrow('second live ticket');
    await expect(sell(event, 1, 'C', 1)).rejects.toThrow('has no inventory');
  });

  it('keeps a conflicted ticket without its seat: cancelling it frees nothing, and publishes the domain event', async () => {
    const event = await openTestEvent();
    const kept = await seats.sell(purchaseOf(event));
    const lost = await seats.sell(purchaseOf(event, { column: 2 }));
    if (kept.kind !== 'sold' || lost.kind !== 'sold') expect.fail('not sold');
    const [ticket] = kept.order.tickets;
    if (!ticket) expect.fail('no ticket');
    const inConflict = {
      ...lost.order,
      tickets: lost.order.tickets.map((one) => ({ ...one, column: 1, conflicted: true as const })),
    };
    await rebuild(event, Promise.resolve([[kept, { ...lost, order: inConflict }]]));
    const { orderId } = lost.order;
    const cancelled = await seats.cancelOrder({ eventId: event.eventId, orderId, ticketIds: [] });
    expect(cancelled).toMatchObject({ kind: 'cancelled', order: { tickets: [{ cancelled: { sequence: baseOf(1) + 1 } }] } });
    expect(await seats.sell(purchaseOf(event))).toMatchObject({ code: 'SEAT_TAKEN' });
    expect(await redis.hget(countsKey(event.eventId), 'sequence')).toBe(String(baseOf(1) + 1));
  });
});

describe('an event whose rebuild has begun', () => {
  it('sells, holds, confirms and cancels nothing', async () => {
    const event = await openAndSell();
    const held = await seats.hold({ ...purchaseOf(event, { zoneId: 1, row: 'C', column: 3 }), buyerId: 'eve' });
    if (held.kind !== 'held') expect.fail('not held');
    await beginRebuild(redis, event.eventId);
    const { eventId } = event;
    const attempts = await Promise.allSettled([
      sell(event, 1, 'C', 1),
      seats.hold({ ...purchaseOf(event), buyerId: 'eve' }),
      seats.confirmHold({ eventId, holdId: held.holdId }),
      seats.cancelOrder({ eventId, orderId: held.order.orderId, ticketIds: [] }),
    ]);
    for (const attempt of attempts) expect(attempt).toMatchObject({ reason: { code: 'INVENTORY_UNAVAILABLE' } });
  });
});
