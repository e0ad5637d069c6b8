import { isSet } from '../../shared/basics/bits.ts';
import type { SeatMap, Seats, ZoneSeats } from '../../shared/inventory/read-seats.ts';
import { bitInZone, type SeatName, seatAt } from '../../shared/inventory/zone-layout.ts';
import type { Differences } from './report.ts';
import { emptyTally, type Tally, type ZoneTally } from './seat-tally.ts';
import { seatText } from './seat-text.ts';

/**
 * Reports where Redis contradicts itself: counts, seats taken or blocked, and the orders and holds that were tallied between two reads
 * of the seat map. A zone that changed between these is judged by its counts and seats alone. Returns how many zones did.
 */
export function compareZones(before: SeatMap, after: SeatMap, tally: Tally, differences: Differences): number {
  let selling = 0;
  for (const [zoneId, zone] of after.zones) {
    const { sold, held, blocked, capacity, seats } = zone;
    if (sold + held > capacity) {
      differences.add(
        'zones oversold',
        () => `zone ${zoneId} has ${sold} sold and ${held} held of ${capacity} seats: ${sold + held - capacity} too many`,
      );
    }
    if (before.zones.get(zoneId) === zone) compareZone(zone, tally.zones.get(zoneId) ?? emptyTally(), differences);
    else {
      selling++;
      const taken = seats ? seatsTaken(seats) : sold + held + blocked;
      if (taken === sold + held + blocked) continue;
      differences.add(
        'zones whose seats contradict their counts',
        () =>
          `zone ${zoneId} has ${taken} seats taken, but ${sold} sold, ${held} held and ${blocked} blocked: ` +
          'the seat map and the counts disagree',
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

function compareZone(zone: ZoneSeats, tally: ZoneTally, differences: Differences): void {
  const { zoneId, sold, held, seats } = zone;
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
  for (const { ticketId, row = '', column = 0 } of tally.outside) {
    differences.add(
      'tickets for seats that do not exist',
      () => `ticket ${ticketId} is for ${seatText(zoneId, { row, column })}, which does not exist`,
    );
  }
  if (seats && tally.owned) compareSeats(zone, seats, tally.owned, differences);
}

/** `owned`: the seats that have a ticket. */
function compareSeats({ zoneId, capacity, blocked }: ZoneSeats, seats: Seats, owned: Buffer, differences: Differences): void {
  // Most zones are so, and some have a million seats.
  if (!seats.rows && !seats.blocked && blocked === 0 && seats.taken.equals(owned)) return;
  let exist = 0;
  let blockedHere = 0;
  for (const { row, column, name, bit } of positionsOf(seats)) {
    const [isMarked, isOwned, isBlocked] = [isSet(seats.taken, bit), isSet(owned, bit), isSet(seats.blocked, bit)];
    if (!name) {
      if (isMarked) continue;
      differences.add(
        'positions without a seat, but marked as free',
        () => `position ${column} of row ${row} in zone ${zoneId} has no seat, but is marked as free: it can be sold`,
      );
      continue;
    }
    exist++;
    if (isBlocked) blockedHere++;
    const seat = seatText(zoneId, name);
    if (isBlocked && isOwned) {
      differences.add(
        'blocked seats that are sold or held',
        () => `${seat} is blocked, but is sold or held too: the number shown as available is wrong`,
      );
    }
    if (isMarked === (isOwned || isBlocked)) continue;
    if (isMarked) {
      differences.add(
        'seats taken without an order or hold',
        () => `${seat} is marked as taken, but is neither sold, held nor blocked: it cannot be sold`,
      );
    } else if (isOwned) {
      differences.add(
        'seats sold or held, but marked as free',
        () => `${seat} is sold or held, but is marked as free: it can be sold twice`,
      );
    } else {
      differences.add('blocked seats marked as free', () => `${seat} is blocked, but is marked as free: it can be sold`);
    }
  }
  if (exist !== capacity) {
    differences.add(
      'wrong capacities',
      () => `zone ${zoneId} has a capacity of ${capacity}, but ${exist} seats: the number shown as available is wrong`,
    );
  }
  if (blockedHere !== blocked) {
    differences.add(
      'wrong counts of blocked seats',
      () =>
        `zone ${zoneId} counts ${blocked} blocked, but ${blockedHere} of its seats are: the number shown as available is wrong`,
    );
  }
}

const seatsTaken = (seats: Seats) =>
  positionsOf(seats).reduce((sum, { name, bit }) => sum + (name && isSet(seats.taken, bit) ? 1 : 0), 0);

/** The positions of a zone, row by row; `name` is undefined if there is no seat. `row` is its label. */
function* positionsOf(seats: Seats): Generator<{ row: string; column: number; name: SeatName | undefined; bit: number }> {
  const { grid, rows } = seats;
  for (let row = 1; row <= grid.rows; row++) {
    for (let column = 1; column <= grid.columns; column++) {
      const name = seatAt(seats, { row, column });
      yield { row: rows?.[row - 1]?.label ?? String(row), column, name, bit: bitInZone(grid, { row, column }) };
    }
  }
}
