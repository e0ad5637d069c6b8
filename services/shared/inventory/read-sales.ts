import type { Database } from '../stores/database.ts';
import { plainDecimal } from '../terms/money.ts';

type Sales = { venueId: string; count: number; totalRevenue: string; currency: string };

/**
 * The number of an event's live tickets and their total price, or undefined for an unknown event, or a draft. Reads one row per zone,
 * however many tickets there are.
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
    .where('events.state', '!=', 'draft')
    .groupBy(['events.venue_id', 'events.currency'])
    .execute();
  const [row] = rows;
  if (!row) return undefined;
  const { venue_id: venueId, currency, tickets, revenue } = row;
  return {
    venueId,
    currency,
    count: Number(tickets ?? 0),
    totalRevenue: plainDecimal(revenue ?? '0', currency),
  };
}
