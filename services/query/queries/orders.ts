import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { type Order, orderOf } from '../../shared/terms/ticket.ts';
import { ticketOf, ticketRows, withOrders } from './tickets.ts';

/**
 * Up to `limit` orders of a buyer, the newest first, before the order `before`. Ids of orders are in order of time (UUIDv7), and a
 * buyer's orders have an index.
 */
export async function listOrders(
  db: Database,
  { buyerId, before, limit }: { buyerId: string; before: string | undefined; limit: number },
): Promise<Order[]> {
  const found = await db
    .selectFrom('order_events')
    .select('order_id')
    .distinct()
    .where('buyer_id', '=', buyerId)
    .$if(before !== undefined, (all) => all.where('order_id', '<', uuidBytes(before ?? '')))
    .orderBy('order_id', 'desc')
    .limit(limit)
    .execute();
  if (found.length === 0) return [];
  const rows = await withOrders(ticketRows(db))
    .where(
      'order_events.order_id',
      'in',
      found.map(({ order_id }) => order_id),
    )
    .orderBy('tickets.ticket_id')
    .execute();
  const byOrder = Map.groupBy(rows.map(ticketOf), ({ orderId }) => orderId);
  return found.flatMap(({ order_id }) => {
    const [first, ...others] = byOrder.get(uuidText(order_id)) ?? [];
    return first ? [orderOf([first, ...others], buyerId)] : [];
  });
}

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
