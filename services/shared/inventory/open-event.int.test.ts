import { describe, expect, it } from 'vitest';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { purchased } from '../../../scripts/testing/purchases.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { db, openTestEvent, planOf, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { projectDomainEvents } from '../../persistence/projections/project.ts';

import { type Inventory, readInventory } from './inventory.ts';
import { countsKey, deadlinesKey, inventoryKey, openedEventsKey } from './keys.ts';
import { openEvent, planOpening } from './open-event.ts';
import { openInventory } from './open-inventory.ts';

const open = (inventory: Inventory) => openEvent(db, redis, planOf(inventory));

const sell = (event: Inventory, row = 'A', column = 1) => seats.sell(purchaseOf(event, { row, column }));

async function stateOf({ eventId }: Inventory) {
  const event = await db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirst();
  const zones = await db.selectFrom('event_zones').selectAll().where('event_id', '=', eventId).orderBy('zone_id').execute();
  return { redis: await readInventory(redis, eventId), event, zones };
}

describe('opening an event', () => {
  it('writes the catalogue and the inventory, and changes nothing the second time', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 4, 5), { zoneId: 2, capacity: 50, priceMinor: 75 }] });
    const before = await stateOf(event);
    expect(before.redis).toMatchObject({ ...event, sequence: 0 });
    expect(before.zones).toMatchObject([
      { zone_id: 1, seat_rows: 4, seat_columns: 5, capacity: 20, price: '100.0000', currency: 'USD' },
      { zone_id: 2, seat_rows: null, seat_columns: null, capacity: 50, price: '0.7500', currency: 'USD' },
    ]);
    expect(await open(event)).toEqual({ kind: 'unchanged' });
    expect(await stateOf(event)).toEqual(before);
  });

  it('works for many events concurrently, and for one event several times concurrently', async () => {
    const events = await Promise.all(Array.from({ length: 20 }, () => openTestEvent()));
    for (const { eventId } of events) expect(await redis.exists(inventoryKey(eventId))).toBe(1);
    const [event] = events as [Inventory, ...Inventory[]];
    const sides = await Promise.all(Array.from({ length: 5 }, () => open({ ...event, zones: [seatedZone(1, 20, 10)] })));
    expect(sides).toContainEqual({ kind: 'changed' });
    expect((await stateOf(event)).zones).toMatchObject([{ zone_id: 1, seat_rows: 20 }]);
  });

  it('again, after a sale, keeps the sale', async () => {
    const event = await openTestEvent();
    await sell(event);
    expect(await open(event)).toEqual({ kind: 'unchanged' });
    expect(await sell(event)).toMatchObject({ code: 'SEAT_TAKEN' });
    await assertConserved(redis, event.eventId);
  });

  it('again, after a blocked seat was sold, changes nothing', async () => {
    const blocked = [1, 2].map((column) => ({ row: 'A', column }));
    const event = await openTestEvent({ zones: [{ ...seatedZone(1, 4, 5), blocked }] });
    await seats.sell({ ...purchaseOf(event, { row: 'A', column: 2 }), mayTakeBlocked: true });
    expect(await planOpening(db, redis, planOf(event))).toMatchObject({ kind: 'unchanged', changes: [] });
    expect(await open(event)).toEqual({ kind: 'unchanged' });
    const more = { ...event, zones: [{ ...seatedZone(1, 4, 5), blocked: [...blocked, { row: 'A', column: 3 }] }] };
    expect(await planOpening(db, redis, planOf(more))).toMatchObject({
      kind: 'changed',
      changes: ['zone 1 1 seat more blocked: A 3'],
    });
  });

  it('adds zones, rows and capacity, and changes prices for sales to come', async () => {
    const event = await openTestEvent();
    await sell(event);
    expect(await open({ ...event, zones: [seatedZone(1, 12, 10, 500), seatedZone(2, 1, 1)] })).toEqual({ kind: 'changed' });
    expect(await sell(event)).toMatchObject({ code: 'SEAT_TAKEN' });
    expect(await sell(event, 'L')).toMatchObject({ kind: 'sold', order: { tickets: [{ priceMinor: 500 }] } });
    await assertConserved(redis, event.eventId);
  });

  it('moves the focus, limits buyers and shortens holds from now on', async () => {
    const event = await openTestEvent();
    await sell(event);
    const grid = { rows: 10, columns: 10, focus: { row: 10, column: 1 } };
    const changed = { ...event, holdMs: 5_000, ticketsPerBuyer: 2, zones: [{ ...seatedZone(1, 10, 10), grid }] };
    expect(await open(changed)).toEqual({ kind: 'changed' });
    expect((await stateOf(event)).redis).toMatchObject(changed);
    const best = {
      venueId: event.venueId,
      eventId: event.eventId,
      buyerId: 'Ann',
      request: { zoneId: 1, quantity: 2, split: false },
    };
    expect(await seats.sell(best)).toMatchObject({
      order: {
        tickets: [
          { row: 'J', column: 1 },
          { row: 'J', column: 2 },
        ],
      },
    });
    expect(await seats.sell(best)).toMatchObject({ code: 'BUYER_LIMIT_REACHED' });
    await assertConserved(redis, event.eventId);
  });

  it('refuses to remove held seats, like sold ones', async () => {
    const event = await openTestEvent();
    await seats.hold(purchaseOf(event));
    const outcome = await open({ ...event, currency: 'EUR', zones: [seatedZone(2, 1, 1)] });
    expect(outcome.kind === 'refused' && outcome.reasons.join()).toMatch(/the currency is USD.*zone 1 would disappear/);
  });

  it.each<[string, Partial<Inventory>, string]>([
    [
      'no seats any more',
      { zones: [{ zoneId: 1, capacity: 100, priceMinor: 1 }] },
      'zone 1 has seats and must keep it so: 1 of its',
    ],
    ['the zone gone', { zones: [seatedZone(2, 1, 1)] }, 'zone 1 would disappear'],
    ['the zone gone', { zones: [seatedZone(2, 1, 1)] }, 'zone 1, row A would lose 1 seat: seat 1 (sold or held)'],
    ['another venue', { venueId: unique('venue') }, 'the venue is'],
    ['another currency', { currency: 'EUR' }, 'the currency is USD'],
  ])('refuses %s once tickets are sold, says why, and changes neither store', async (_what, changes, reason) => {
    const event = await openTestEvent();
    await sell(event);
    const before = await stateOf(event);
    const outcome = await open({ ...event, ...changes });
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect(outcome.kind === 'refused' && outcome.reasons.join()).toContain(reason);
    expect(await stateOf(event)).toEqual(before);
    await assertConserved(redis, event.eventId);
  });

  it.each<[string, (event: Inventory) => Promise<unknown>]>([
    ['all', () => redis.flushdb()],
    ['the last', ({ eventId }) => redis.hset(countsKey(eventId), 'sequence', 1)],
  ])('is refused, and names the repair, if Redis has lost %s of the sales that MySQL knows', async (_what, lose) => {
    const event = await openTestEvent();
    await projectDomainEvents(db, [purchased(event, { sequence: 1 }), purchased(event, { sequence: 2, column: 2 })]);
    await sell(event);
    await sell(event, 'A', 2);
    await lose(event);
    const before = await stateOf(event);
    const way = expect.stringMatching(
      `has lost .* sell (its|their) seats again\\. .*: npm run onsale -- rebuild ${event.eventId}`,
    );
    expect(await open(event)).toEqual({ kind: 'refused', reasons: [way] });
    expect(await stateOf(event)).toEqual(before);
  });

  it('is refused if Redis has lost an event whose sales MySQL has not received yet', async () => {
    const event = await openTestEvent();
    await sell(event);
    await redis.flushdb();
    expect(await open(event)).toMatchObject({ kind: 'refused' });
  });

  it('lets everything change while nothing is sold', async () => {
    const event = await openTestEvent();
    const other = { ...event, currency: 'JPY', zones: [seatedZone(2, 1, 1, 700)] };
    expect(await open(other)).toEqual({ kind: 'changed' });
    expect((await stateOf(event)).redis).toMatchObject(other);
  });

  it('loses no sale made meanwhile', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 20, 10)] });
    const bigger = { ...event, zones: [seatedZone(1, 30, 10)] };
    const sales = Array.from({ length: 200 }, (_, at) =>
      sell(event, String.fromCharCode('A'.charCodeAt(0) + Math.floor(at / 10)), (at % 10) + 1),
    );
    await Promise.all([...sales, open(event), open(bigger), open(event), open(bigger)]);
    const { sequence } = (await readInventory(redis, event.eventId)) ?? {};
    expect(sequence).toBe(200);
    await assertConserved(redis, event.eventId);
  });
});

describe('the currency and the venue of an event', () => {
  it.each<[string, (event: Inventory) => Promise<void>]>([
    [
      'a hold has expired, and can still be confirmed',
      async (event) => {
        const { holdId } = await hold(event);
        await redis.zadd(deadlinesKey(event.eventId), 'XX', 1, holdId);
        await seats.expireHolds(event.eventId);
      },
    ],
    ['a hold is overdue', async (event) => void redis.zadd(deadlinesKey(event.eventId), 'XX', 1, (await hold(event)).holdId)],
    ['a hold was released', async (event) => void (await seats.releaseHold({ eventId: event.eventId, ...(await hold(event)) }))],
    [
      'all that was sold is cancelled',
      async (event) => {
        const sold = await sell(event);
        if (sold.kind !== 'sold') expect.fail('not sold');
        await seats.cancelOrder({ eventId: event.eventId, orderId: sold.order.orderId, ticketIds: [] });
      },
    ],
  ])('cannot change any more when %s', async (_what, happen) => {
    const event = await openTestEvent();
    await happen(event);
    const before = await stateOf(event);
    const outcome = await open({ ...event, currency: 'JPY', venueId: unique('venue') });
    expect(outcome.kind === 'refused' && outcome.reasons).toEqual([
      expect.stringContaining(`the venue is ${event.venueId}, and can no longer change`),
      expect.stringContaining('the currency is USD, and can no longer change'),
    ]);
    expect(await stateOf(event)).toEqual(before);
  });

  async function hold(event: Inventory) {
    const held = await seats.hold(purchaseOf(event));
    if (held.kind !== 'held') expect.fail('not held');
    return held;
  }
});

describe('planning an opening', () => {
  it('lists the changes field by field, and makes none', async () => {
    const event = await openTestEvent({
      zones: [seatedZone(1, 4, 5), seatedZone(2, 4, 5), { zoneId: 3, capacity: 50, priceMinor: 75 }],
    });
    const before = await stateOf(event);
    const changed: Inventory = {
      ...event,
      ticketsPerBuyer: 4,
      zones: [seatedZone(1, 4, 5, 500), seatedZone(2, 3, 6, 500), seatedZone(4, 1, 1)],
    };
    const plan = { ...planOf(changed), eventName: 'Another', zoneNames: new Map([[1, 'Stalls']]) };
    expect(await planOpening(db, redis, plan)).toEqual({
      kind: 'changed',
      changes: [
        'name: "An event" → "Another"',
        'tickets per buyer: any number → 4',
        'zones 1-2 price: 100.00 USD → 5.00 USD',
        'zone 1 name: "" → "Stalls"',
        'zone 2 seats: 4 × 5 → 3 × 6',
        'zone 3 removed (50 seats)',
        'zone 4 added: 1 × 1 at 100.00 USD',
      ],
      takes: ['55 unsold seats'],
      revision: before.redis?.revision,
    });
    expect(await stateOf(event)).toEqual(before);
    expect(await openEvent(db, redis, plan)).toEqual({ kind: 'changed' });
    expect(await planOpening(db, redis, plan)).toMatchObject({ kind: 'unchanged', changes: [], takes: [] });
  });

  it('reports a change if only names differ, and opening writes them', async () => {
    const event = await openTestEvent();
    const plan = { ...planOf(event), venueName: 'The venue' };
    expect(await planOpening(db, redis, plan)).toMatchObject({
      kind: 'changed',
      changes: ['venue name: "A venue" → "The venue"'],
    });
    expect(await openEvent(db, redis, plan)).toEqual({ kind: 'changed' });
    expect((await stateOf(event)).event?.venue_name).toBe('The venue');
  });

  it('withdraws no seat from a sale that has not begun, and all from one that is postponed', async () => {
    const later = Date.now() + 86_400_000;
    const event = await openTestEvent({ onSaleAtMs: later });
    const smaller = planOf({ ...event, zones: [seatedZone(1, 1, 10)] });
    expect(await planOpening(db, redis, smaller)).toMatchObject({ kind: 'changed', takes: [] });
    expect(await planOpening(db, redis, planOf({ ...event, onSaleAtMs: later + 1 }), later)).toMatchObject({
      takes: ['all seats until it goes on sale again'],
    });
  });

  it('lists what only one store lacks, as after a crash between the two, and opening completes it', async () => {
    const event = await openTestEvent();
    const bigger = { ...event, zones: [seatedZone(1, 12, 10)] };
    await openInventory(redis, bigger);
    expect(await planOpening(db, redis, planOf(bigger))).toMatchObject({
      kind: 'changed',
      changes: ['in MySQL only: zone 1 seats: 10 × 10 → 12 × 10'],
    });
    expect(await open(bigger)).toEqual({ kind: 'changed' });
    expect(await open(bigger)).toEqual({ kind: 'unchanged' });
  });

  it('leaves no trace of an event that is not open', async () => {
    const { eventId, ...event } = await openTestEvent();
    const other = { ...event, eventId: unique('event') };
    expect(await planOpening(db, redis, planOf(other))).toEqual({ kind: 'opened', changes: [], takes: [], revision: '' });
    expect(await redis.sismember(openedEventsKey, other.eventId)).toBe(0);
    expect(await stateOf(other)).toEqual({ redis: undefined, event: undefined, zones: [] });
  });

  it('is void once the inventory has changed', async () => {
    const event = await openTestEvent();
    const opening = await planOpening(db, redis, planOf({ ...event, holdMs: 1_000 }));
    if (opening.kind === 'refused') expect.fail('refused');
    await open({ ...event, holdMs: 2_000 });
    const outcome = await openEvent(db, redis, planOf({ ...event, holdMs: 1_000 }), { seen: opening.revision });
    expect(outcome).toEqual({ kind: 'refused', reasons: [expect.stringContaining('changed meanwhile')] });
    expect((await stateOf(event)).redis?.holdMs).toBe(2_000);
  });
});

it('does not confirm an expired hold of general admission once its zone has seats', async () => {
  const event = await openTestEvent({ zones: [{ zoneId: 1, capacity: 100, priceMinor: 75 }] });
  const { eventId, venueId } = event;
  const held = await seats.hold({ eventId, venueId, request: { zoneId: 1, quantity: 2, split: false } });
  if (held.kind !== 'held') expect.fail('not held');
  await redis.zadd(deadlinesKey(eventId), 'XX', 1, held.holdId);
  await seats.expireHolds(eventId);
  expect(await open({ ...event, zones: [seatedZone(1, 10, 10)] })).toEqual({ kind: 'changed' });
  expect(await seats.confirmHold({ eventId, holdId: held.holdId })).toMatchObject({ code: 'HOLD_EXPIRED' });
  await assertConserved(redis, eventId);
});

it('refuses to open an event of which Redis has lost the inventory but kept sales, whatever MySQL knows', async () => {
  const event = await openTestEvent();
  await sell(event);
  await redis.del(inventoryKey(event.eventId));
  await db.deleteFrom('event_zones').where('event_id', '=', event.eventId).execute();
  await db.deleteFrom('events').where('event_id', '=', event.eventId).execute();
  expect(await open(event)).toEqual({ kind: 'refused', reasons: [expect.stringContaining('has lost its inventory')] });
});
