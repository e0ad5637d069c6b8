import type { SeatMap, Seats, ZoneSeats } from '../../../services/query/live/read-seats.ts';
import { rowLabel } from '../../../services/shared/row-label.ts';
import { bytesPerRow } from '../../../services/shared/zone-layout.ts';
import type { Differences } from './differences.ts';
import { isTaken, type Tally, type ZoneTally } from './tally.ts';

/**
 * Reports where Redis does not agree with itself: counts, seats taken, and the orders and holds that were tallied between two
 * maps. A zone that changed between them is judged by its counts and seats alone; gives how many those are.
 */
export function compareZones(before: SeatMap, after: SeatMap, tally: Tally, differences: Differences): number {
  let selling = 0;
  for (const [zoneId, zone] of after.zones) {
    const { sold, held, capacity, seats } = zone;
    if (sold + held > capacity) {
      differences.add(
        'zones oversold',
        () => `zone ${zoneId} has sold ${sold} and holds ${held} of ${capacity}: ${sold + held - capacity} too many`,
      );
    }
    if (before.zones.get(zoneId) === zone) compareZone(zone, tally.zones.get(zoneId), differences);
    else {
      selling++;
      const taken = seats ? seatsTaken(seats) : sold + held;
      if (taken === sold + held) continue;
      differences.add(
        'zones whose seats are not their counts',
        () => `zone ${zoneId} has ${taken} seats taken, and has sold ${sold} and holds ${held}: the map and the counts disagree`,
      );
    }
  }
  for (const [zoneId, { sold, held }] of tally.zones) {
    if (after.zones.has(zoneId)) continue;
    differences.add(
      'zones unknown',
      () => `zone ${zoneId} is not in the inventory, and ${sold + held} of its tickets are sold or held`,
    );
  }
  return selling;
}

function compareZone(
  { zoneId, sold, held, seats }: ZoneSeats,
  tally: ZoneTally = { sold: 0, held: 0, outside: 0 },
  differences: Differences,
): void {
  for (const [word, counted, listed] of [
    ['sold', sold, tally.sold],
    ['held', held, tally.held],
  ] as const) {
    if (counted === listed) continue;
    const of = word === 'sold' ? 'orders' : 'holds';
    differences.add(
      `counts of tickets ${word} that are wrong`,
      () => `zone ${zoneId} counts ${counted} ${word}, and its ${of} say ${listed}: what is shown as available is wrong`,
    );
  }
  if (tally.outside > 0) {
    differences.add('zones with tickets outside', () => `zone ${zoneId} has ${tally.outside} tickets for seats that it has not`);
  }
  if (!seats || !tally.seats || seats.taken.equals(tally.seats.taken)) return;
  for (const { name, bit } of seatsOf(seats)) {
    const [marked, owned] = [isTaken(seats, bit), isTaken(tally.seats, bit)];
    if (marked && !owned) {
      differences.add(
        'seats taken that nobody has',
        () => `seat ${name} of zone ${zoneId} is marked as taken, and nobody has it: it cannot be sold`,
      );
    } else if (owned && !marked) {
      differences.add(
        'seats with a ticket that count as free',
        () => `seat ${name} of zone ${zoneId} is sold or held, and is marked as free: it can be sold twice`,
      );
    }
  }
}

const seatsTaken = (seats: Seats) => seatsOf(seats).reduce((sum, { bit }) => sum + (isTaken(seats, bit) ? 1 : 0), 0);

/** The seats of a zone, row by row; the bits after a row's last column mean nothing. */
function* seatsOf({ rows, columns }: Seats): Generator<{ name: string; bit: number }> {
  for (let row = 1; row <= rows; row++) {
    const label = rowLabel(row);
    for (let column = 1; column <= columns; column++) {
      yield { name: `${label}${column}`, bit: (row - 1) * bytesPerRow(columns) * 8 + column - 1 };
    }
  }
}
