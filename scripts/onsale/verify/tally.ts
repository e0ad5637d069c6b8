import type { OrderInRedis } from '../../../services/shared/inventory/order.ts';
import type { SeatMap, Seats } from '../../../services/shared/inventory/read-seats.ts';
import { bytesPerRow } from '../../../services/shared/inventory/zone-layout.ts';
import { rowNumber } from '../../../services/shared/terms/row-label.ts';
import { isLive } from './tickets.ts';

type TicketInRedis = OrderInRedis['tickets'][number];

/** The tickets of a zone's orders and holds, counted one by one; `outside`: those for seats that do not exist. */
export type ZoneTally = { sold: number; held: number; outside: number; seats?: Seats };

/** Tickets counted by zone, and the seats that seem to have two tickets; during a sale these may be of different moments. */
export type Tally = { zones: Map<number, ZoneTally>; twice: Map<string, TicketInRedis>; moreTwice: boolean };

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

export const seatName = ({ zoneId, row, column }: TicketInRedis) => `${zoneId} ${row} ${column}`;

/** The bit of a ticket's seat, or undefined if there is no such seat. */
function bitOf({ rows, columns }: Seats, { row = '', column = 0 }: TicketInRedis): number | undefined {
  const number = rowNumber(row);
  const isSeat = number >= 1 && number <= rows && column >= 1 && column <= columns;
  return isSeat ? (number - 1) * bytesPerRow(columns) * 8 + column - 1 : undefined;
}

export const isTaken = ({ taken }: Seats, bit: number) => (((taken[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;

function setTaken({ taken }: Seats, bit: number): void {
  taken[bit >> 3] = (taken[bit >> 3] ?? 0) | (1 << (7 - (bit & 7)));
}
