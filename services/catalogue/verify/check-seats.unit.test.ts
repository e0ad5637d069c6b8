import { describe, expect, it } from 'vitest';
import type { SeatMap, ZoneSeats } from '../../shared/inventory/read-seats.ts';
import { compareZones } from './check-seats.ts';
import { createDifferences } from './report.ts';
import { createTally, emptyTally } from './seat-tally.ts';

/** A zone of one row of eight seats; `taken`: a bit for each, from the first. */
const zone = (counts: { sold?: number; held?: number; taken?: number } = {}): ZoneSeats => {
  const { sold = 0, held = 0, taken = 0 } = counts;
  return {
    ...{ zoneId: 1, version: 1, capacity: 8, available: 8 - sold - held, sold, held, blocked: 0 },
    seats: { grid: { rows: 1, columns: 8, focus: { row: 1, column: 4.5 } }, taken: Buffer.from([taken]) },
  };
};
const places = (sold: number): ZoneSeats => ({
  ...{ zoneId: 2, version: 1, capacity: 5, available: 5 - sold, sold, held: 0, blocked: 0 },
});
const mapOf = (...zones: ZoneSeats[]): SeatMap => ({
  version: 1,
  revision: 'r',
  zones: new Map(zones.map((each) => [each.zoneId, each])),
});

function compare(before: SeatMap, after: SeatMap, tally = createTally(after)) {
  const differences = createDifferences();
  const selling = compareZones(before, after, tally, differences);
  return { selling, lines: differences.lines() };
}

describe('zones that changed while their orders were read', () => {
  it('are fine as long as their seats and their counts agree', () => {
    const after = mapOf(zone({ sold: 2, held: 1, taken: 0b1110_0000 }), places(3));
    expect(compare(mapOf(zone(), places(2)), after)).toEqual({ selling: 2, lines: [] });
  });

  it('are reported if more or fewer seats are taken than are counted', () => {
    const { selling, lines } = compare(mapOf(zone()), mapOf(zone({ sold: 2, taken: 0b1000_0000 })));
    expect(selling).toBe(1);
    expect(lines).toEqual(['zone 1 has 1 seats taken, but 2 sold, 0 held and 0 blocked: the seat map and the counts disagree']);
  });
});

it('tickets of a zone that the inventory does not have are reported', () => {
  const map = mapOf(places(0));
  const tally = createTally(map);
  tally.zones.set(7, { ...emptyTally(), sold: 2, held: 1 });
  expect(compare(map, map, tally).lines).toEqual(['zone 7 is not in the inventory, but 3 of its tickets are sold or held']);
});

it('a zone with more tickets than places is reported', () => {
  const map = mapOf(places(6));
  const tally = createTally(map);
  tally.zones.set(2, { ...emptyTally(), sold: 6 });
  expect(compare(map, map, tally).lines).toEqual(['zone 2 has 6 sold and 0 held of 5 seats: 1 too many']);
});
