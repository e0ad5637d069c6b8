import { describe, expect, it } from 'vitest';
import { projectEvents } from '../../services/persistence/projections/project.ts';
import { type Inventory, readInventory } from '../../services/purchase/seats/inventory.ts';
import { holdSeats, sellSeats } from '../../services/purchase/seats/take-seats.ts';
import { countsKey } from '../../services/shared/keys.ts';
import { assertConserved } from '../testing/conservation.ts';
import { purchased } from '../testing/purchases.ts';
import { purchaseOf } from '../testing/seats.ts';
import { db, openTestEvent, planOf, redis, seatedZone, unique } from '../testing/stores.ts';
import { openEvent } from './open-event.ts';
import { showEvent } from './show-event.ts';

const open = (inventory: Inventory) => openEvent(db, redis, planOf(inventory));

const sell = (event: Inventory, row = 'A', column = 1) => sellSeats(redis, purchaseOf(event, { row, column }));

async function stateOf({ eventId }: Inventory) {
  const event = await db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirst();
  const zones = await db.selectFrom('event_zones').selectAll().where('event_id', '=', eventId).orderBy('zone_id').execute();
  return { redis: await readInventory(redis, eventId), event, zones };
}

describe('opening an event', () => {
  it('writes catalogue and inventory, and the same again changes nothing', async () => {
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

  it('again, after a sale, keeps the sale', async () => {
    const event = await openTestEvent();
    await sell(event);
    expect(await open(event)).toEqual({ kind: 'unchanged' });
    expect(await sell(event)).toMatchObject({ code: 'SEAT_TAKEN' });
    await assertConserved(redis, event.eventId);
  });

  it('adds zones, rows and capacity, and changes prices for sales to come', async () => {
    const event = await openTestEvent();
    await sell(event);
    expect(await open({ ...event, zones: [seatedZone(1, 12, 10, 500), seatedZone(2, 1, 1)] })).toEqual({ kind: 'changed' });
    expect(await sell(event)).toMatchObject({ code: 'SEAT_TAKEN' });
    expect(await sell(event, 'L')).toMatchObject({ kind: 'sold', order: { tickets: [{ priceMinor: 500 }] } });
    await assertConserved(redis, event.eventId);
  });

  it('moves the focus, limits buyers and shortens holds for what is to come', async () => {
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
      wish: { zoneId: 1, quantity: 2, split: false },
    };
    expect(await sellSeats(redis, best)).toMatchObject({
      order: {
        tickets: [
          { row: 'J', column: 1 },
          { row: 'J', column: 2 },
        ],
      },
    });
    expect(await sellSeats(redis, best)).toMatchObject({ code: 'BUYER_LIMIT_REACHED' });
    await assertConserved(redis, event.eventId);
  });

  it('refuses to take from what is held, as from what is sold', async () => {
    const event = await openTestEvent();
    await holdSeats(redis, purchaseOf(event));
    const outcome = await open({ ...event, currency: 'EUR', zones: [seatedZone(2, 1, 1)] });
    expect(outcome.kind === 'refused' && outcome.reasons.join()).toMatch(/the currency is USD.*zone 1 would disappear/);
  });

  it.each<[string, Partial<Inventory>, string]>([
    ['fewer rows', { zones: [seatedZone(1, 9, 10)] }, 'zone 1 has 10 rows'],
    ['another width', { zones: [seatedZone(1, 10, 20)] }, 'zone 1 has 10 columns'],
    ['no seats any more', { zones: [{ zoneId: 1, capacity: 100, priceMinor: 1 }] }, 'zone 1 has 10 columns'],
    ['the zone gone', { zones: [seatedZone(2, 1, 1)] }, 'zone 1 would disappear'],
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
  ])(
    'refuses, opens nothing, and names the way out, where Redis has lost %s of the sales that MySQL knows',
    async (_what, lose) => {
      const event = await openTestEvent();
      await projectEvents(db, [purchased(event, { sequence: 1 }), purchased(event, { sequence: 2, column: 2 })]);
      await sell(event);
      await sell(event, 'A', 2);
      await lose(event);
      const before = await stateOf(event);
      const way = expect.stringMatching(`has lost .* sell (its|their) seats again: npm run onsale -- rebuild ${event.eventId}`);
      expect(await open(event)).toEqual({ kind: 'refused', reasons: [way] });
      expect(await stateOf(event)).toEqual(before);
    },
  );

  it('refuses where Redis has lost an event whose sales MySQL has not heard of yet', async () => {
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

  it('loses no sale that is made meanwhile', async () => {
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

describe('showing an event', () => {
  it('tells what each zone has sold and holds, and what the projection knows', async () => {
    const event = await openTestEvent();
    await sell(event);
    await holdSeats(redis, { ...purchaseOf(event), wish: { zoneId: 1, quantity: 2, split: false } });
    const text = await showEvent(db, redis, event.eventId);
    expect(text).toMatch(/1 +10 × 10 +100 +1 +2 +97 +100\.00 USD/);
    expect(text).toContain('In MySQL: 0 tickets, 0.00 USD');
  });

  it('knows nothing of an event that was never opened', async () => {
    expect(await showEvent(db, redis, unique('event'))).toBeUndefined();
  });
});
