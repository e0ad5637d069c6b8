import type { Database } from '../../shared/database.ts';
import { formatMoney, parseMoney } from '../../shared/money.ts';

export type Sales = { venueId: string; count: number; totalRevenue: string; currency: string };

/**
 * An event's live tickets and what they cost together, or undefined for an unknown event. Reads a row a zone, however
 * many tickets there are.
 */
export async function readSales(db: Database, eventId: string): Promise<Sales | undefined> {
  const rows = await db
    .selectFrom('events')
    .leftJoin('sales_by_zone', 'sales_by_zone.event_id', 'events.event_id')
    .select(({ fn }) => [
      'events.venue_id',
      'events.currency',
      fn.sum<string | null>('sales_by_zone.tickets').as('tickets'),
      fn.sum<string | null>('sales_by_zone.revenue').as('revenue'),
    ])
    .where('events.event_id', '=', eventId)
    .groupBy(['events.venue_id', 'events.currency'])
    .execute();
  const [row] = rows;
  if (!row) return undefined;
  const { venue_id: venueId, currency, tickets, revenue } = row;
  return {
    venueId,
    currency,
    count: Number(tickets ?? 0),
    totalRevenue: formatMoney(parseMoney(revenue ?? '0', currency), currency),
  };
}

export async function eventExists(db: Database, eventId: string): Promise<boolean> {
  const row = await db.selectFrom('events').select('event_id').where('event_id', '=', eventId).executeTakeFirst();
  return row !== undefined;
}
