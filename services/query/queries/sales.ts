import type { Database } from '../../shared/stores/database.ts';
import { parseMoney } from '../../shared/terms/money.ts';

export type ZoneSales = { zoneId: number; tickets: number; revenueMinor: bigint };

/** The number of an event's live tickets and their total price, by zone; zones without tickets may be missing. */
export async function readSalesByZone(db: Database, eventId: string, currency: string): Promise<ZoneSales[]> {
  const rows = await db
    .selectFrom('sales_by_zone')
    .select(['zone_id', 'tickets', 'revenue'])
    .where('event_id', '=', eventId)
    .execute();
  return rows.map((row) => ({ zoneId: row.zone_id, tickets: row.tickets, revenueMinor: parseMoney(row.revenue, currency) }));
}

/** The sequence number of the last domain event applied for each event; events without one are missing. */
export async function readLastApplied(db: Database, eventIds: string[]): Promise<Map<string, number>> {
  if (eventIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('order_events')
    .select(({ fn }) => ['event_id', fn.max<number>('sequence').as('sequence')])
    .where('event_id', 'in', eventIds)
    .groupBy('event_id')
    .execute();
  return new Map(rows.map(({ event_id, sequence }) => [event_id, Number(sequence)]));
}

/** Whether buyers may know of an event: it is no draft. */
export async function eventExists(db: Database, eventId: string): Promise<boolean> {
  const row = await db
    .selectFrom('events')
    .select('event_id')
    .where('event_id', '=', eventId)
    .where('state', '!=', 'draft')
    .executeTakeFirst();
  return row !== undefined;
}
