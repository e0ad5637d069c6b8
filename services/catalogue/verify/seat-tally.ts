import { isSet, setBit } from '../../shared/basics/bits.ts';
import type { OrderInRedis, TicketInRedis } from '../../shared/inventory/order.ts';
import type { SeatMap, Seats } from '../../shared/inventory/read-seats.ts';
import { bitInZone, findSeat } from '../../shared/inventory/zone-layout.ts';
import { isLive } from './tickets.ts';

/**
 * The tickets of a zone's orders and holds, counted one by one. `outside`: those for seats that do not exist. `owned`: the seats that
 * have a ticket, in the form of the zone's taken seats.
 */
export type ZoneTally = { sold: number; held: number; outside: TicketInRedis[]; seats?: Seats; owned?: Buffer };

/** Tickets counted by zone, and the seats that seem to have two tickets; during a sale these may be of different moments. */
export type Tally = { zones: Map<number, ZoneTally>; twice: Map<string, TicketInRedis>; moreTwice: boolean };

/** At most this many are looked up again. */
const maxTwice = 1_000;

/** An empty tally for the zones of a map. */
export function createTally(map: SeatMap): Tally {
  const zones = Array.from(map.zones.values(), ({ zoneId, seats }): [number, ZoneTally] => [
    zoneId,
    { ...emptyTally(), ...(seats && { seats, owned: Buffer.alloc(seats.taken.length) }) },
  ]);
  return { zones: new Map(zones), twice: new Map(), moreTwice: false };
}

export const emptyTally = (): ZoneTally => ({ sold: 0, held: 0, outside: [] });

/** Counts the live tickets of an order that is sold or held. */
export function countOrder(tally: Tally, { tickets }: OrderInRedis, word: 'sold' | 'held'): void {
  for (const ticket of tickets) {
    if (!isLive(ticket)) continue;
    const zone = tally.zones.get(ticket.zoneId) ?? emptyTally();
    tally.zones.set(ticket.zoneId, zone);
    zone[word]++;
    const { seats, owned } = zone;
    if (!seats || !owned) continue;
    const { row = '', column = 0 } = ticket;
    const position = findSeat(seats, { row, column });
    if (!position) {
      zone.outside.push(ticket);
      continue;
    }
    const bit = bitInZone(seats.grid, position);
    if (isSet(owned, bit)) {
      if (tally.twice.size < maxTwice) tally.twice.set(seatKey(ticket), ticket);
      else tally.moreTwice = true;
    }
    setBit(owned, bit);
  }
}

export const seatKey = ({ zoneId, row, column }: TicketInRedis) => `${zoneId} ${row} ${column}`;
