import { isSet, setBit } from '../basics/bits.ts';
import type { OrderInRedis, TicketInRedis } from './order.ts';
import { bitOf, bytesPerRow, findSeat, seatAt, type ZoneInventory, type ZoneLayout } from './zone-layout.ts';

/** Adds up orders: the bitmap of sold seats, tickets by zone and by buyer, and the tallies (talliesKey). */
export function countSold(layouts: ZoneLayout[]) {
  const zones = new Map(layouts.map((zone) => [zone.zoneId, zone]));
  const bytes = layouts.map(({ firstByte, grid }) => firstByte + (grid ? grid.rows * bytesPerRow(grid.columns) : 0));
  const taken = Buffer.alloc(Math.max(0, ...bytes));
  const sold = new Map(layouts.map(({ zoneId }) => [zoneId, 0]));
  const buyers = new Map<string, number>();
  const tallies = new Map<string, number>();
  return {
    taken,
    sold,
    buyers,
    tallies,
    add({ orderId, buyerId, tickets }: OrderInRedis) {
      const live = tickets.filter(({ cancelled, conflicted }) => !cancelled && !conflicted);
      for (const field of live.flatMap((ticket) => ticketTallies(ticket, buyerId))) addOne(tallies, field);
      for (const promotion of new Set(live.flatMap((ticket) => ticket.promotion ?? []))) addOne(tallies, `orders:${promotion}`);
      for (const { ticketId, zoneId, row, column = 0 } of live) {
        const zone = zones.get(zoneId);
        const seat = row === undefined ? undefined : zone && findSeat(zone, { row, column });
        const bit = zone && seat && bitOf(zone, seat);
        const place = row === undefined ? `zone ${zoneId}` : `seat ${zoneId}/${row}/${column}`;
        const whose = `${place} of ticket ${ticketId}, order ${orderId}`;
        if (!zone || (row !== undefined && bit === undefined))
          throw new Error(`The event lacks ${whose}; open it with that first`);
        if (bit !== undefined) {
          if (isSet(taken, bit)) throw new Error(`There is a second live ticket for ${whose}`);
          setBit(taken, bit);
        }
        addOne(sold, zoneId);
        if (buyerId !== undefined) addOne(buyers, buyerId);
      }
    },
  };
}

/**
 * Returns the bitmap of taken seats, given the one of sold seats, with the positions without a seat and the blocked seats; and the bitmap
 * of these, with their number for each zone that has any. A blocked seat that was sold is no longer blocked.
 */
export function withUnsellable(sold: Buffer, layouts: ZoneLayout[], zones: ZoneInventory[]) {
  const taken = Buffer.from(sold);
  const blocked = Buffer.alloc(sold.length);
  const blockedCounts = new Map<number, number>();
  const planned = new Map(zones.map((zone) => [zone.zoneId, zone.blocked ?? []]));
  for (const layout of layouts) {
    for (const position of gapsIn(layout)) setBit(taken, bitOf(layout, position));
    for (const seat of planned.get(layout.zoneId) ?? []) {
      const position = findSeat(layout, seat);
      const bit = position && bitOf(layout, position);
      if (bit === undefined || isSet(taken, bit)) continue;
      setBit(taken, bit);
      setBit(blocked, bit);
      addOne(blockedCounts, layout.zoneId);
    }
  }
  return { taken, blocked, blockedCounts };
}

/** The positions of a hall that have no seat. */
function* gapsIn({ grid, rows }: ZoneLayout): Generator<{ row: number; column: number }> {
  if (!grid || !rows) return;
  for (let row = 1; row <= grid.rows; row++) {
    for (let column = 1; column <= grid.columns; column++) if (!seatAt({ grid, rows }, { row, column })) yield { row, column };
  }
}

/** The tallies that a ticket counts in, as lua/lib/tallies.lua counts them; orders are counted apart. */
function ticketTallies({ ticketType, promotion }: TicketInRedis, buyerId: string | undefined): string[] {
  const ofPromotion = promotion === undefined ? [] : [`promotion:${promotion}`];
  const ofBuyer = promotion === undefined || buyerId === undefined ? [] : [`buyer:${promotion}:${buyerId}`];
  return [...(ticketType === undefined ? [] : [`type:${ticketType}`]), ...ofPromotion, ...ofBuyer];
}

const addOne = <Key>(counts: Map<Key, number>, key: Key) => void counts.set(key, (counts.get(key) ?? 0) + 1);
