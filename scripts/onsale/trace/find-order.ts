import { ticketOf, ticketRows, withOrders } from '../../../services/query/queries/tickets.ts';
import { openedEventsKey, ordersKey } from '../../../services/shared/inventory/keys.ts';
import { type KeptOrder, parseOrder } from '../../../services/shared/inventory/order.ts';
import type { Database } from '../../../services/shared/stores/database.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import { uuidBytes } from '../../../services/shared/stores/uuid.ts';
import type { Ticket } from '../../../services/shared/terms/ticket.ts';
import type { System } from '../system.ts';

/** One of the order's domain events that MySQL has applied, and when, by its clock; null if the time was not recorded. */
type Applied = { sequence: number; appliedMs: number | null };

/** A ticket as MySQL has it, and the domain event that cancelled it. */
type TicketInMysql = Ticket & { sequence: number; cancelledMs: number | undefined; cancelledSequence: number | null };

/** An order as each store knows it; at least one of them does. */
export type FoundOrder = {
  orderId: string;
  eventId: string;
  buyerId: string | undefined;
  applied: Applied[];
  inMysql: TicketInMysql[];
  inRedis: KeptOrder | undefined;
};

const eventsAtOnce = 200;

/** Finds an order by its id alone, in MySQL and then, event by event, in Redis. */
export async function findOrder({ db, redis }: Pick<System, 'db' | 'redis'>, orderId: string): Promise<FoundOrder | undefined> {
  const rows = await db
    .selectFrom('order_events')
    .select(['event_id', 'sequence', 'buyer_id', 'applied_on'])
    .where('order_id', '=', uuidBytes(orderId))
    .orderBy('sequence')
    .execute();
  const [known] = rows;
  const inRedis = await findInRedis(redis, orderId, known ? [known.event_id] : await redis.smembers(openedEventsKey));
  const eventId = known?.event_id ?? inRedis?.order.eventId;
  if (eventId === undefined) return undefined;
  const applied = rows.map(({ sequence, applied_on }) => ({ sequence, appliedMs: applied_on?.getTime() ?? null }));
  const buyerId = inRedis?.order.buyerId ?? known?.buyer_id ?? undefined;
  return { orderId, eventId, buyerId, applied, inMysql: await readTickets(db, orderId), inRedis };
}

async function readTickets(db: Database, orderId: string): Promise<TicketInMysql[]> {
  const rows = await withOrders(ticketRows(db))
    .select(['tickets.cancelled_on', 'tickets.cancelled_sequence'])
    .where('order_events.order_id', '=', uuidBytes(orderId))
    .orderBy('tickets.ticket_id')
    .execute();
  return rows.map((row) => ({
    ...ticketOf(row),
    sequence: row.sequence,
    cancelledMs: row.cancelled_on?.getTime(),
    cancelledSequence: row.cancelled_sequence,
  }));
}

async function findInRedis(redis: RedisClient, orderId: string, eventIds: string[]): Promise<FoundOrder['inRedis']> {
  for (let at = 0; at < eventIds.length; at += eventsAtOnce) {
    const lot = eventIds.slice(at, at + eventsAtOnce);
    const kept = (await Promise.all(lot.map((eventId) => redis.hget(ordersKey(eventId), orderId)))).find((text) => text !== null);
    if (kept) return parseOrder(kept);
  }
  return undefined;
}
