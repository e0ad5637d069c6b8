import { describe, expect, it } from 'vitest';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { purchaseOf, seats, seatsTakenBy } from '../../../scripts/testing/seats.ts';
import { openTestEvent, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { inventoryKey, outboxKey } from '../../shared/inventory/keys.ts';
import { loadScript, scriptOf } from '../../shared/stores/script.ts';
import type { Purchase, Seat } from './purchase.ts';

describe('selling a seat', () => {
  it('stamps price, currency, time and sequence, and appends the domain event in the same step', async () => {
    const event = await openTestEvent({ currency: 'EUR', zones: [seatedZone(7, 2, 3, 4_550)] });
    const outcome = await seats.sell(purchaseOf(event, { zoneId: 7, row: 'b', column: 3, buyerId: 'Ann' }));
    const order = {
      sequence: 1,
      orderId: expect.any(String),
      buyerId: 'Ann',
      venueId: event.venueId,
      eventId: event.eventId,
      tickets: [{ ticketId: expect.any(String), zoneId: 7, row: 'B', column: 3, priceMinor: 4_550, currency: 'EUR' }],
    };
    expect(outcome).toEqual({ kind: 'sold', isReplay: false, order, soldAtMs: expect.closeTo(Date.now(), -4) });
    expect(await domainEvents(event)).toEqual([{ type: 'onsale.tickets.purchased', traceparent: '', data: order }]);
    await assertConserved(redis, event.eventId);
  });

  it('refuses every seat that the zone does not have, whatever it is called, and changes nothing', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 26, 30), { zoneId: 2, capacity: 50, priceMinor: 100 }] });
    const refused = async (seat: Partial<Seat & Purchase>) => {
      const outcome = await seats.sell(purchaseOf(event, seat));
      return outcome.kind === 'refused' ? outcome.code : outcome.kind;
    };
    expect(await refused({ column: 31 })).toBe('SEAT_NOT_FOUND');
    expect(await refused({ column: 0 })).toBe('SEAT_NOT_FOUND');
    expect(await refused({ row: 'AA' })).toBe('SEAT_NOT_FOUND');
    expect(await refused({ row: 'ZZZ' })).toBe('SEAT_NOT_FOUND');
    expect(await refused({ zoneId: 2 })).toBe('SEAT_NOT_FOUND');
    expect(await refused({ zoneId: 0 })).toBe('ZONE_NOT_FOUND');
    expect(await refused({ zoneId: 3 })).toBe('ZONE_NOT_FOUND');
    expect(await refused({ venueId: unique('venue') })).toBe('EVENT_NOT_FOUND');
    expect(await refused({ eventId: unique('event') })).toBe('EVENT_NOT_FOUND');
    expect(await redis.exists(outboxKey(event.eventId))).toBe(0);
    await assertConserved(redis, event.eventId);
  });

  it('takes the last seat of the zone and the first of the next row as two seats', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 26, 30)] });
    for (const seat of [{ column: 30 }, { row: 'B' }, { row: 'Z', column: 30 }]) {
      expect((await seats.sell(purchaseOf(event, seat))).kind).toBe('sold');
      expect(await seats.sell(purchaseOf(event, seat))).toMatchObject({
        kind: 'refused',
        code: 'SEAT_TAKEN',
        positions: [0],
      });
    }
    await assertConserved(redis, event.eventId);
  });

  it('sells nothing before the on-sale time', async () => {
    const onSaleAtMs = Date.now() + 3_600_000;
    const event = await openTestEvent({ onSaleAtMs });
    expect(await seats.sell(purchaseOf(event))).toMatchObject({
      kind: 'refused',
      code: 'NOT_ON_SALE',
      detail: `On sale from ${new Date(onSaleAtMs).toISOString()}`,
    });
    await assertConserved(redis, event.eventId);
  });

  it('treats a lost inventory as unavailable, never as free', async () => {
    const event = await openTestEvent();
    await redis.del(inventoryKey(event.eventId));
    await expect(seats.sell(purchaseOf(event))).rejects.toMatchObject({ code: 'INVENTORY_UNAVAILABLE' });
  });

  it('works after Redis has forgotten the script', async () => {
    const event = await openTestEvent();
    await redis.script('FLUSH');
    expect((await seats.sell(purchaseOf(event))).kind).toBe('sold');
  });
});

const takeSeats = loadScript(new URL('lua/take-seats.lua', import.meta.url));

describe('a race of 200 buyers for one seat', () => {
  const race = async (event: Inventory, { sell }: Pick<typeof seats, 'sell'> = seats) => {
    const buyers = Array.from({ length: 200 }, () => sell(purchaseOf(event, { row: 'C', column: 4 })));
    return Object.groupBy(await Promise.all(buyers), ({ kind }) => kind);
  };

  it('gives the seat to exactly one', async () => {
    const event = await openTestEvent();
    const { sold, refused } = await race(event);
    expect(sold).toHaveLength(1);
    expect(refused).toHaveLength(199);
    await assertConserved(redis, event.eventId);
  });

  it('oversells, and is caught, when the check is removed from the script (positive control)', async () => {
    const { source } = takeSeats;
    const unchecked = source.replace('return #taken > 1 and taken or nil', 'return nil');
    expect(unchecked).not.toBe(source);
    const event = await openTestEvent();
    const { sold = [] } = await race(event, seatsTakenBy(scriptOf(unchecked)));
    expect(sold.length).toBeGreaterThan(1);
    await expect(assertConserved(redis, event.eventId)).rejects.toThrow('does not add up');
  });
});
