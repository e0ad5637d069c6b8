import { describe, expect, it } from 'vitest';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { db, openTestEvent, planOf, redis } from '../../../scripts/testing/stores.ts';
import { blockSeats } from './block-seats.ts';
import type { Inventory } from './inventory.ts';
import { openEvent } from './open-event.ts';
import type { ZoneInventory } from './zone-layout.ts';

const rows = { '1': '1 2 _ 3 4', '2': '11 12A _ 13 14', '3': '1 2 3 4' };
const standing = (capacity: number): ZoneInventory => ({ zoneId: 2, capacity, priceMinor: 100 });
const change = (event: Inventory, zone: ZoneInventory, places = 5) =>
  openEvent(db, redis, planOf({ ...event, zones: [zone, standing(places)] }));
const seat = (row: string, column: number | string) => ({ zoneId: 1, row, column });

/** An event with a seat sold in row 2, one held and one blocked in row 1, and three standing places sold. */
async function openHall(): Promise<Inventory> {
  const event = await openTestEvent({ zones: [hallZone(1, rows), standing(5)] });
  await seats.sell(purchaseOf(event, seat('2', '12A')));
  await seats.hold(purchaseOf(event, seat('1', 4)));
  await blockSeats(redis, event.eventId, [seat('1', 1)], true);
  await seats.sell({ ...purchaseOf(event), request: { zoneId: 2, quantity: 3, split: false } });
  return event;
}

const blocked = [{ row: '1', column: 1 }];

/** What must be as before: who has seats keeps them, and nobody else can have them. */
async function assertKept(event: Inventory): Promise<void> {
  await assertConserved(redis, event.eventId);
  for (const taken of [seat('2', '12A'), seat('1', 4), seat('1', 1)]) {
    expect(await seats.sell(purchaseOf(event, taken))).toMatchObject({ code: 'SEAT_TAKEN' });
  }
}

describe('while a hall is sold', () => {
  it.each<[string, Record<string, string>]>([
    ['rows are added before, between and behind the others', { '0': '1 2', ...rows, '2a': '5 6', '4': '1 2 3 4 5 6 7 8 9' }],
    ['an empty row is removed', { '1': rows['1'], '2': rows['2'] }],
    ['rows change places', { '2 ': rows['2'], '3 ': rows['3'], '1 ': rows['1'] }],
    ['free seats are removed, and others are added between them', { '1': '4 _ 1 9', '2': '12A' }],
    ['a gap moves', { '1': '1 _ _ 2 3 _ 4', '2': '11 12A 13 _ 14', '3': rows['3'] }],
  ])('%s, and every seat stays with its buyer', async (_what, changed) => {
    const event = await openHall();
    expect(await change(event, hallZone(1, changed, blocked), 3)).toEqual({ kind: 'changed' });
    await assertKept(event);
    expect(await change(event, hallZone(1, rows, blocked))).toEqual({ kind: 'changed' });
    await assertKept(event);
    expect(await seats.sell(purchaseOf(event, seat('2', 11)))).toMatchObject({ kind: 'sold' });
    await assertConserved(redis, event.eventId);
  });

  it.each<[string, Record<string, string>, number, string[]]>([
    ['a sold seat would go', { ...rows, '2': '11 12B _ 13 14' }, 5, ['zone 1, row 2 would lose 1 seat: seat 12A (sold or held)']],
    [
      'a row with a held and a blocked seat would go',
      { '2': rows['2'] },
      5,
      ['zone 1, row 1 would lose 2 seats: seat 1 (blocked), seat 4 (sold or held)'],
    ],
    [
      'fewer standing places than were sold would be left',
      rows,
      2,
      ['zone 2 cannot have a capacity of 2: 3 of its tickets are sold or held'],
    ],
  ])('it is refused, and says why, if %s', async (_what, changed, places, reasons) => {
    const event = await openHall();
    expect(await change(event, hallZone(1, changed, blocked), places)).toEqual({ kind: 'refused', reasons });
    await assertKept(event);
  });
});
