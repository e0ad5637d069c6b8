import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { type Order, orderOf } from '../../shared/terms/ticket.ts';
import { ticketOf, ticketRows, withOrders } from './tickets.ts';

/** An order, with its tickets by id. Undefined for an unknown order. */
export async function findOrder(db: Database, orderId: string): Promise<Order | undefined> {
  const rows = await withOrders(ticketRows(db))
    .select('order_events.buyer_id')
    .where('order_events.order_id', '=', uuidBytes(orderId))
    .orderBy('tickets.ticket_id')
    .execute();
  const [first, ...others] = rows;
  return first && orderOf([ticketOf(first), ...others.map(ticketOf)], first.buyer_id ?? undefined);
}
