import { readSales } from '../../services/query/queries/sales.ts';
import { countOf, quoted } from '../../services/shared/basics/text.ts';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { readCatalogue } from '../../services/shared/inventory/plan/catalogue.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { formatMoney } from '../../services/shared/terms/money.ts';
import { alignColumns } from '../terminal/align-columns.ts';
import { type EventState, stateOf, stateText } from './list-events.ts';

/** An event according to Redis and MySQL; null if the store does not have it. */
export type EventReport = {
  eventId: string;
  name: string | null;
  venueId: string;
  venueName: string | null;
  currency: string;
  /** RFC 3339, UTC. */
  onSaleAt: string;
  state: EventState;
  inventory: { sequence: number; zones: ZoneReport[] } | null;
  projection: { tickets: number; revenue: string } | null;
};

/** Rows and columns are null for general admission; the price is a decimal. */
type ZoneReport = {
  zoneId: number;
  name: string;
  rows: number | null;
  columns: number | null;
  capacity: number;
  sold: number;
  held: number;
  available: number;
  price: string;
};

/** All that is known about an event, or undefined if it was never opened. */
export async function reportEvent(
  db: Database,
  redis: RedisClient,
  eventId: string,
  nowMs = Date.now(),
): Promise<EventReport | undefined> {
  const [inventory, catalogue, sales] = await Promise.all([
    readInventory(redis, eventId),
    readCatalogue(db, eventId),
    readSales(db, eventId),
  ]);
  const known = inventory ?? catalogue?.inventory;
  if (!known) return undefined;
  const zones = (inventory?.zones ?? []).map(({ zoneId, grid, capacity, priceMinor }): ZoneReport => {
    const [sold, held] = [inventory?.sold.get(zoneId) ?? 0, inventory?.held.get(zoneId) ?? 0];
    return {
      ...{ zoneId, name: catalogue?.zoneNames.get(zoneId) ?? '', rows: grid?.rows ?? null, columns: grid?.columns ?? null },
      ...{ capacity, sold, held, available: capacity - sold - held, price: formatMoney(priceMinor, known.currency) },
    };
  });
  const isAvailable = inventory !== undefined && !inventory.mayHaveLost;
  const sums = { sold: totalOf(zones, 'sold'), capacity: totalOf(zones, 'capacity') };
  return {
    eventId,
    name: catalogue?.eventName ?? null,
    venueId: known.venueId,
    venueName: catalogue?.venueName ?? null,
    currency: known.currency,
    onSaleAt: new Date(known.onSaleAtMs).toISOString(),
    state: stateOf({ onSaleAtMs: known.onSaleAtMs, isAvailable, ...sums }, nowMs),
    inventory: inventory ? { sequence: inventory.sequence, zones } : null,
    projection: sales ? { tickets: sales.count, revenue: sales.totalRevenue } : null,
  };
}

const totalOf = (zones: ZoneReport[], of: 'capacity' | 'sold' | 'held' | 'available') =>
  zones.reduce((sum, zone) => sum + zone[of], 0);

/** The report as text for a terminal. */
export function showText(report: EventReport, nowMs = Date.now()): string {
  const { eventId, name, venueId, venueName, currency, onSaleAt, state, inventory, projection } = report;
  const named = (id: string, text: string | null) => (text === null ? id : `${id} ${quoted(text)}`);
  return [
    `${named(eventId, name)} at ${named(venueId, venueName)}`,
    stateText(state, eventId, Date.parse(onSaleAt), nowMs),
    '',
    ...(inventory ? zoneLines(inventory.zones, currency) : [`Redis has no inventory for ${eventId}`]),
    '',
    ...(inventory ? [`In Redis: up to domain event ${inventory.sequence}`] : []),
    projection
      ? `In MySQL: ${countOf(projection.tickets, 'ticket')}, ${projection.revenue} ${currency}`
      : 'MySQL does not have the event',
  ].join('\n');
}

function zoneLines(zones: ZoneReport[], currency: string): string[] {
  const rows = zones.map(({ zoneId, name, rows, columns, capacity, sold, held, available, price }) => [
    String(zoneId),
    quoted(name, 40),
    rows === null ? 'general admission' : `${rows} × ${columns}`,
    ...[capacity, sold, held, available].map(String),
    `${price} ${currency}`,
  ]);
  const totals = (['capacity', 'sold', 'held', 'available'] as const).map((of) => String(totalOf(zones, of)));
  return alignColumns(
    [['zone', 'name', 'shape', 'capacity', 'sold', 'held', 'available', 'price'], ...rows, ['total', '', '', ...totals, '']],
    [0, 3, 4, 5, 6, 7],
  );
}
