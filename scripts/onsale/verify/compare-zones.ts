import type { SeatMap, Seats, ZoneSeats } from '../../../services/shared/inventory/read-seats.ts';
import { bytesPerRow } from '../../../services/shared/inventory/zone-layout.ts';
import { rowLabel } from '../../../services/shared/terms/row-label.ts';
import type { Differences } from './differences.ts';
import { isTaken, type Tally, type ZoneTally } from './tally.ts';

/**
 * Reports where Redis contradicts itself: counts, seats taken, and the orders and holds that were tallied between two reads of the
 * seat map. A zone that changed between these is judged by its counts and seats alone. Returns how many zones did.
 */
export function compareZones(before: SeatMap, after: SeatMap, tally: Tally, differences: Differences): number {
  let selling = 0;
  for (const [zoneId, zone] of after.zones) {
    const { sold, held, capacity, seats } = zone;
    if (sold + held > capacity) {
      differences.add(
        'zones oversold',
        () => `zone ${zoneId} has ${sold} sold and ${held} held of ${capacity} seats: ${sold + held - capacity} too many`,
      );
    }
    if (before.zones.get(zoneId) === zone) compareZone(zone, tally.zones.get(zoneId), differences);
    else {
      selling++;
      const taken = seats ? seatsTaken(seats) : sold + held;
      if (taken === sold + held) continue;
      differences.add(
        'zones whose seats contradict their counts',
        () => `zone ${zoneId} has ${taken} seats taken, but ${sold} sold and ${held} held: the seat map and the counts disagree`,
      );
    }
  }
  for (const [zoneId, { sold, held }] of tally.zones) {
    if (after.zones.has(zoneId)) continue;
    differences.add(
      'unknown zones',
      () => `zone ${zoneId} is not in the inventory, but ${sold + held} of its tickets are sold or held`,
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
      `wrong counts of tickets ${word}`,
      () => `zone ${zoneId} counts ${counted} ${word}, but its ${of} have ${listed}: the number shown as available is wrong`,
    );
  }
  if (tally.outside > 0) {
    differences.add(
      'zones with tickets for seats that do not exist',
      () => `zone ${zoneId} has ${tally.outside} tickets for seats that do not exist`,
    );
  }
  if (!seats || !tally.seats || seats.taken.equals(tally.seats.taken)) return;
  for (const { name, bit } of seatsOf(seats)) {
    const [marked, owned] = [isTaken(seats, bit), isTaken(tally.seats, bit)];
    if (marked && !owned) {
      differences.add(
        'seats taken without an order or hold',
        () => `seat ${name} of zone ${zoneId} is marked as taken, but no order or hold has it: it cannot be sold`,
      );
    } else if (owned && !marked) {
      differences.add(
        'seats sold or held, but marked as free',
        () => `seat ${name} of zone ${zoneId} is sold or held, but is marked as free: it can be sold twice`,
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
