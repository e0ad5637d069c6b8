import type { Database } from '../../shared/stores/database.ts';
import { formatMoney, parseMoney } from '../../shared/terms/money.ts';
import type { Order } from '../../shared/terms/ticket.ts';
import { bytesOf, ticketOf, ticketRows, withOrders } from './tickets.ts';

/** An order with all of its tickets, whatever their status; its price includes only PAID ones. Undefined for an unknown order. */
export async function findOrder(db: Database, orderId: string): Promise<Order | undefined> {
  const rows = await withOrders(ticketRows(db))
    .select('order_events.buyer_id')
    .where('order_events.order_id', '=', bytesOf(orderId))
    .orderBy('tickets.ticket_id')
    .execute();
  const [row] = rows;
  if (!row) return undefined;
  const tickets = rows.map(ticketOf);
  const { venueId, eventId, currency, createdOn } = ticketOf(row);
  const paid = tickets.filter(({ status }) => status === 'PAID');
  return {
    orderId,
    venueId,
    eventId,
    ...(row.buyer_id !== null && { buyerId: row.buyer_id }),
    status: tickets.every(({ status }) => status === 'CANCELLED') ? 'CANCELLED' : 'PAID',
    totalPrice: formatMoney(
      paid.reduce((sum, { price }) => sum + parseMoney(price, currency), 0n),
      currency,
    ),
    currency,
    createdOn,
    tickets,
  };
}
