import { readInventory } from '../../shared/inventory/inventory.ts';
import { emptyOffer } from '../../shared/inventory/offer.ts';
import { readCatalogue } from '../../shared/inventory/plan/catalogue.ts';
import { type PresentedOffer, presentOffer } from '../../shared/inventory/present-offer.ts';
import { readSales } from '../../shared/inventory/read-sales.ts';
import { readSaleState } from '../../shared/inventory/set-state.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import type { EventPayment } from '../../shared/stores/schema.ts';
import { formatMoney } from '../../shared/terms/money.ts';
import { type ListedState, listedState } from './list-events.ts';

/** An event according to Redis and MySQL; null if the store does not have it. */
export type EventReport = {
  eventId: string;
  name: string | null;
  venueId: string;
  venueName: string | null;
  currency: string;
  /** Whether buyers must pay through checkout. */
  payment: EventPayment;
  /** RFC 3339, UTC. */
  onSaleAt: string;
  offSaleAt: string | null;
  startsAt: string | null;
  /** The venue's IANA time zone. */
  timeZone: string | null;
  state: ListedState;
  /** The prices of zones that have categories. */
  categories: PresentedOffer['categories'];
  inventory: { sequence: number; zones: ZoneReport[] } | null;
  projection: { tickets: number; revenue: string } | null;
};

/**
 * Rows and columns are null for general admission; a hall has rows with labels, and its columns are positions. The price is a decimal, or
 * null in a zone with categories.
 */
export type ZoneReport = {
  zoneId: number;
  name: string;
  rows: number | null;
  columns: number | null;
  isHall: boolean;
  capacity: number;
  sold: number;
  held: number;
  available: number;
  blocked: number;
  price: string | null;
  categories: string[];
};

/** All that is known about an event, or undefined if it was never opened. */
export async function reportEvent(
  db: Database,
  redis: RedisClient,
  eventId: string,
  nowMs = Date.now(),
): Promise<EventReport | undefined> {
  const [inventory, catalogue, sales, life, saleState] = await Promise.all([
    readInventory(redis, eventId),
    readCatalogue(db, eventId),
    readSales(db, eventId),
    readLife(db, eventId),
    readSaleState(redis, eventId),
  ]);
  const known = inventory ?? catalogue?.inventory;
  if (!known) return undefined;
  const zones = (inventory?.zones ?? []).map(({ zoneId, grid, rows, capacity, priceMinor, categories = [] }): ZoneReport => {
    const counts = [inventory?.sold, inventory?.held, inventory?.blockedCounts];
    const [sold = 0, held = 0, blocked = 0] = counts.map((count) => count?.get(zoneId) ?? 0);
    const shape = { rows: grid?.rows ?? null, columns: grid?.columns ?? null, isHall: rows !== undefined };
    return {
      ...{ zoneId, name: catalogue?.zoneNames.get(zoneId) ?? '', ...shape },
      ...{ capacity, sold, held, available: capacity - sold - held - blocked, blocked },
      ...{ price: priceMinor === undefined ? null : formatMoney(priceMinor, known.currency), categories },
    };
  });
  const isAvailable = inventory !== undefined && !inventory.mayHaveLost;
  const times = { onSaleAtMs: known.onSaleAtMs, offSaleAtMs: life?.off_sale_at?.getTime() };
  const states = { inMysql: life?.state, saleState: isAvailable ? saleState : undefined };
  const sums = { sold: totalOf(zones, 'sold'), capacity: totalOf(zones, 'capacity') - totalOf(zones, 'blocked') };
  return {
    eventId,
    name: catalogue?.eventName ?? null,
    venueId: known.venueId,
    venueName: catalogue?.venueName ?? null,
    currency: known.currency,
    payment: known.payment ?? 'none',
    onSaleAt: new Date(known.onSaleAtMs).toISOString(),
    offSaleAt: life?.off_sale_at?.toISOString() ?? null,
    startsAt: life?.starts_at?.toISOString() ?? null,
    timeZone: life?.time_zone ?? null,
    state: listedState({ ...times, ...states, ...sums }, nowMs),
    categories: presentOffer(known.offer ?? emptyOffer, known.currency, nowMs).categories,
    inventory: inventory ? { sequence: inventory.sequence, zones } : null,
    projection: sales ? { tickets: sales.count, revenue: sales.totalRevenue } : null,
  };
}

const readLife = (db: Database, eventId: string) =>
  db
    .selectFrom('events')
    .select(['off_sale_at', 'starts_at', 'time_zone', 'state'])
    .where('event_id', '=', eventId)
    .executeTakeFirst();

export const totalOf = (zones: ZoneReport[], of: 'capacity' | 'sold' | 'held' | 'available' | 'blocked') =>
  zones.reduce((sum, zone) => sum + zone[of], 0);
