import type { OrderInRedis, TicketInRedis } from '../../../services/shared/inventory/order.ts';
import type { SeatMap, Seats, ZoneSeats } from '../../../services/shared/inventory/read-seats.ts';
import { bytesPerRow } from '../../../services/shared/inventory/zone-layout.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import { rowLabel, rowNumber } from '../../../services/shared/terms/row-label.ts';
import { readHeld, readMoment, readOrders } from './read-redis.ts';
import type { Differences } from './report.ts';
import { isLive, placeOf } from './tickets.ts';

/** The tickets of a zone's orders and holds, counted one by one; `outside`: those for seats that do not exist. */
type ZoneTally = { sold: number; held: number; outside: number; seats?: Seats };

/** Tickets counted by zone, and the seats that seem to have two tickets; during a sale these may be of different moments. */
type Tally = { zones: Map<number, ZoneTally>; twice: Map<string, TicketInRedis>; moreTwice: boolean };

/** At most this many are looked up again. */
const maxTwice = 1_000;

/** An empty tally for the zones of a map. */
export function createTally(map: SeatMap): Tally {
  const zones = [...map.zones.values()].map(({ zoneId, seats }): [number, ZoneTally] => [
    zoneId,
    { sold: 0, held: 0, outside: 0, ...(seats && { seats: { ...seats, taken: Buffer.alloc(seats.taken.length) } }) },
  ]);
  return { zones: new Map(zones), twice: new Map(), moreTwice: false };
}

/** Counts the live tickets of an order that is sold or held. */
export function countOrder(tally: Tally, { tickets }: OrderInRedis, word: 'sold' | 'held'): void {
  for (const ticket of tickets) {
    if (!isLive(ticket)) continue;
    const zone = tally.zones.get(ticket.zoneId) ?? { sold: 0, held: 0, outside: 0 };
    tally.zones.set(ticket.zoneId, zone);
    zone[word]++;
    const bit = zone.seats && bitOf(zone.seats, ticket);
    if (zone.seats && bit === undefined) zone.outside++;
    if (!zone.seats || bit === undefined) continue;
    if (isTaken(zone.seats, bit)) {
      if (tally.twice.size < maxTwice) tally.twice.set(seatName(ticket), ticket);
      else tally.moreTwice = true;
    }
    setTaken(zone.seats, bit);
  }
}

const seatName = ({ zoneId, row, column }: TicketInRedis) => `${zoneId} ${row} ${column}`;

/** The bit of a ticket's seat, or undefined if there is no such seat. */
function bitOf({ rows, columns }: Seats, { row = '', column = 0 }: TicketInRedis): number | undefined {
  const number = rowNumber(row);
  const isSeat = number >= 1 && number <= rows && column >= 1 && column <= columns;
  return isSeat ? (number - 1) * bytesPerRow(columns) * 8 + column - 1 : undefined;
}

const isTaken = ({ taken }: Seats, bit: number) => (((taken[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;

function setTaken({ taken }: Seats, bit: number): void {
  taken[bit >> 3] = (taken[bit >> 3] ?? 0) | (1 << (7 - (bit & 7)));
}

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

/**
 * Reports the seats that have two tickets at the same moment. For seats that seemed to have two, finds every order and hold that has
 * one of them, then reads all of these at one moment.
 */
export async function reportTwice(
  redis: RedisClient,
  eventId: string,
  { twice, moreTwice }: Tally,
  differences: Differences,
): Promise<void> {
  if (twice.size === 0) return;
  const isWanted = ({ tickets }: OrderInRedis) => tickets.some((ticket) => isLive(ticket) && twice.has(seatName(ticket)));
  const orderIds = new Set<string>();
  const holdIds = new Set<string>();
  for await (const orders of readOrders(redis, eventId)) {
    for (const { order } of orders) if (isWanted(order)) orderIds.add(order.orderId);
  }
  for await (const holds of readHeld(redis, eventId)) {
    for (const { holdId, order } of holds) if (isWanted(order)) holdIds.add(holdId);
  }

  const owners = new Map<string, Set<string>>();
  const own = (word: string, { orderId, tickets }: OrderInRedis) => {
    for (const ticket of tickets) {
      const seat = seatName(ticket);
      if (!isLive(ticket) || !twice.has(seat)) continue;
      const ofSeat = owners.get(seat) ?? new Set();
      owners.set(seat, ofSeat.add(`ticket ${ticket.ticketId} of order ${orderId} (${word})`));
    }
  };
  const { orders, held } = await readMoment(redis, eventId, { orderIds: [...orderIds], holdIds: [...holdIds] });
  for (const order of orders) own('sold', order);
  for (const order of held) own('held', order);
  for (const [seat, tickets] of owners) {
    const ticket = twice.get(seat);
    if (tickets.size < 2 || !ticket) continue;
    const { zoneId, row = '', column = 0 } = ticket;
    differences.add(
      'seats with two tickets',
      () => `${placeOf({ zoneId, row, column })} has two live tickets in Redis: ${[...tickets].join(' and ')}`,
    );
  }
  if (moreTwice) differences.add('seats with two tickets', () => `more than ${twice.size} seats may have two live tickets`);
}
