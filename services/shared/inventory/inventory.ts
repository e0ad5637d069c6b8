import { isSet } from '../basics/bits.ts';
import type { RedisClient } from '../stores/redis.ts';
import type { Buyers, EventPayment } from '../stores/schema.ts';
import { blockedKey, countsKey, inventoryKey } from './keys.ts';
import type { Offer } from './offer.ts';
import { bitOf, parseZones, type SeatName, seatAt, type ZoneInventory, type ZoneLayout } from './zone-layout.ts';

export type Inventory = {
  eventId: string;
  /** Absent: the main one. */
  organiserId?: string;
  /** Absent: anyone. */
  buyers?: Buyers;
  /** Absent: none. */
  payment?: EventPayment;
  venueId: string;
  currency: string;
  onSaleAtMs: number;
  /** From then on nothing is sold; absent: never. */
  offSaleAtMs?: number;
  /** How long a hold lasts. */
  holdMs: number;
  /** The most tickets that a buyer may have or hold; absent: no limit. */
  ticketsPerBuyer?: number;
  /** The most tickets in an order or hold; absent: 10. */
  ticketsPerOrder?: number;
  /** Absent: nothing beside places at their zones' prices. */
  offer?: Offer;
  zones: ZoneInventory[];
};

export type InventoryReport = Omit<Inventory, 'zones'> & {
  zones: ZoneLayout[];
  revision: string;
  /** True if Redis is a promoted replica that may lack sales of its master: then nothing is sold. */
  mayHaveLost: boolean;
  sequence: number;
  sold: Map<number, number>;
  held: Map<number, number>;
  blockedCounts: Map<number, number>;
};

/** Reads an event's inventory and counts from Redis; undefined if it has no inventory. */
export async function readInventory(redis: RedisClient, eventId: string): Promise<InventoryReport | undefined> {
  const [fields, counts] = await Promise.all([redis.hgetall(inventoryKey(eventId)), redis.hgetall(countsKey(eventId))]);
  const {
    organiser,
    buyers,
    payment,
    venueId,
    currency,
    onSaleAtMs,
    offSaleAtMs,
    holdMs,
    ticketsPerBuyer,
    ticketsPerOrder,
    offer,
    revision = '',
    lineage,
  } = fields;
  if (venueId === undefined || currency === undefined) return undefined;
  const layouts = parseZones(fields);
  const countsOf = (word: 'sold' | 'held' | 'blocked') =>
    new Map(layouts.map(({ zoneId }) => [zoneId, Number(counts[`${word}:${zoneId}`] ?? 0)]));
  const blocked = countsOf('blocked');
  const isAnyBlocked = blocked.values().some((count) => count > 0);
  const bits = (isAnyBlocked && (await redis.getBuffer(blockedKey(eventId)))) || Buffer.alloc(0);
  const zones = layouts.map((zone) => ((blocked.get(zone.zoneId) ?? 0) > 0 ? { ...zone, blocked: seatsIn(bits, zone) } : zone));
  return {
    eventId,
    ...(organiser !== undefined && { organiserId: organiser }),
    ...(buyers !== undefined && { buyers: buyers as Buyers }),
    ...(payment !== undefined && { payment: payment as EventPayment }),
    venueId,
    currency,
    onSaleAtMs: Number(onSaleAtMs),
    ...(offSaleAtMs !== undefined && { offSaleAtMs: Number(offSaleAtMs) }),
    holdMs: Number(holdMs),
    ...(Number(ticketsPerBuyer) > 0 && { ticketsPerBuyer: Number(ticketsPerBuyer) }),
    ...(ticketsPerOrder !== undefined && { ticketsPerOrder: Number(ticketsPerOrder) }),
    ...(offer !== undefined && { offer: JSON.parse(offer) as Offer }),
    zones,
    revision,
    mayHaveLost: lineage === 'lost',
    sequence: Number(counts.sequence ?? 0),
    sold: countsOf('sold'),
    held: countsOf('held'),
    blockedCounts: blocked,
  };
}

/** The seats of a zone whose bits are set in a bitmap of blocked or taken seats. */
export function seatsIn(bits: Buffer, zone: ZoneLayout): SeatName[] {
  const { rows = 0, columns = 0 } = zone.grid ?? {};
  const seats: SeatName[] = [];
  for (let row = 1; row <= rows; row++) {
    for (let column = 1; column <= columns; column++) {
      const seat = seatAt(zone, { row, column });
      if (seat && isSet(bits, bitOf(zone, { row, column }))) seats.push(seat);
    }
  }
  return seats;
}

/** The last sequence number that Redis assigned for an event, or 0. */
export async function readSequence(redis: RedisClient, eventId: string): Promise<number> {
  return Number((await redis.hget(countsKey(eventId), 'sequence')) ?? 0);
}
