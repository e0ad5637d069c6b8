import { ticketOf, ticketRows, withOrders } from '../../services/query/queries/tickets.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import type { Ticket } from '../../services/shared/terms/ticket.ts';

/** A ticket as in MySQL, with the sequences of the domain events that sold and cancelled it. */
export type TicketRow = Omit<Ticket, 'createdOn'> & {
  buyerId: string | undefined;
  sequence: number;
  cancelledSequence: number | undefined;
  soldMs: number;
  cancelledMs: number | undefined;
};

export async function readTickets(db: Database, eventIds: string[]): Promise<TicketRow[]> {
  const rows = await withOrders(ticketRows(db))
    .select(['order_events.buyer_id', 'tickets.cancelled_sequence', 'tickets.cancelled_on'])
    .where('tickets.event_id', 'in', eventIds)
    .orderBy('tickets.event_id')
    .orderBy('tickets.sequence')
    .execute();
  return rows.map((row) => ({
    ...ticketOf(row),
    buyerId: row.buyer_id ?? undefined,
    sequence: row.sequence,
    cancelledSequence: row.cancelled_sequence ?? undefined,
    soldMs: row.created_on.getTime(),
    cancelledMs: row.cancelled_on?.getTime(),
  }));
}
