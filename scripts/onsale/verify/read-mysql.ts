import { stringify as uuidText } from 'uuid';
import type { Database } from '../../../services/shared/stores/database.ts';
import type { LiveTicket } from './tickets.ts';

/** A ticket as MySQL has it. */
export type TicketRow = LiveTicket & { venueId: string; status: string; cancelledSequence: number | null };

export const ticketColumns = [
  'ticket_id',
  'order_id',
  'venue_id',
  'zone_id',
  'seat_row',
  'seat_column',
  'price',
  'currency',
  'status',
  'sequence',
  'cancelled_sequence',
] as const;

type Row = {
  ticket_id: Buffer;
  order_id: Buffer;
  venue_id: string;
  zone_id: number;
  seat_row: string | null;
  seat_column: number | null;
  price: string;
  currency: string;
  status: string;
  sequence: number;
  cancelled_sequence: number | null;
};

export const ticketOfRow = (row: Row): TicketRow => ({
  ticketId: uuidText(row.ticket_id),
  orderId: uuidText(row.order_id),
  venueId: row.venue_id,
  zoneId: row.zone_id,
  row: row.seat_row ?? '',
  column: row.seat_column ?? 0,
  price: row.price,
  currency: row.currency,
  sequence: row.sequence,
  status: row.status,
  cancelledSequence: row.cancelled_sequence,
});

/** Passes every ticket that is PAID or CONFLICTED to `look`, one by one. Returns the sums by zone of the same moment. */
export async function readTickets(db: Database, eventId: string, look: (ticket: TicketRow) => void) {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      const sums = await trx
        .selectFrom('sales_by_zone')
        .select(['zone_id', 'tickets', 'revenue'])
        .where('event_id', '=', eventId)
        .orderBy('zone_id')
        .execute();
      const rows = trx
        .selectFrom('tickets')
        .select(ticketColumns)
        .where('event_id', '=', eventId)
        .where('status', 'in', ['PAID', 'CONFLICTED'])
        .stream();
      for await (const row of rows) look(ticketOfRow(row));
      return sums;
    });
}
