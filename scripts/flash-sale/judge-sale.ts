import type { Database } from '../../services/shared/stores/database.ts';
import { seatOf } from '../../services/shared/stores/seat-columns.ts';
import { uuidText } from '../../services/shared/stores/uuid.ts';
import { connectStores } from '../local/connect.ts';
import type { Sale } from './hold-sale.ts';
import type { SystemUnderSale } from './system.ts';
import { judge, type TicketFact, ticketsTold, type Verdict } from './verdict.ts';

/** Reads the result of a sale from MySQL and from the query service, and judges it. */
export async function judgeSale(system: SystemUnderSale, { inventory, seats, options, load }: Sale): Promise<Verdict> {
  await using resources = new AsyncDisposableStack();
  const { db } = await connectStores(system.stores, resources);
  return judge({
    seats,
    currency: inventory.currency,
    buyers: options.buyers,
    told: ticketsTold(load.answers),
    failedRequests: Object.values(load.failed).reduce((sum, count) => sum + count, 0),
    kept: await readTickets(db, inventory.eventId),
    revenue: await readRevenue(system.queryUrl, inventory),
  });
}

/** Every ticket of an event in MySQL, whatever its status. */
async function readTickets(db: Database, eventId: string): Promise<TicketFact[]> {
  const rows = await db
    .selectFrom('tickets')
    .select(['ticket_id', 'zone_id', 'seat_row', 'seat_column', 'seat_label', 'status', 'price', 'currency'])
    .where('event_id', '=', eventId)
    .execute();
  return rows.map((row) => {
    const seat = seatOf(row);
    const { status, price, currency } = row;
    const place = { zoneId: row.zone_id, row: seat?.row ?? null, column: seat ? String(seat.column) : null };
    return { ticketId: uuidText(row.ticket_id), ...place, status, price, currency };
  });
}

/** An event's revenue according to the query service, a decimal. */
async function readRevenue(queryUrl: string, { venueId, eventId }: { venueId: string; eventId: string }): Promise<string> {
  const answer = await fetch(`${queryUrl}/query/api/v1/tickets/revenue/${venueId}/${eventId}`);
  if (!answer.ok) throw new Error(`The query service returned ${answer.status} for the revenue: ${await answer.text()}`);
  return ((await answer.json()) as { totalRevenue: string }).totalRevenue;
}
