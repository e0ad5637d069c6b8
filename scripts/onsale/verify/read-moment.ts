import { countsKey, ordersKey } from '../../../services/shared/inventory/keys.ts';
import type { OrderInRedis } from '../../../services/shared/inventory/order.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import { parseOrder } from './read-redis.ts';

/** Reads orders of an event, by id, and its last sequence number at the same moment. */
export async function readMoment(
  redis: RedisClient,
  eventId: string,
  orderIds: string[],
): Promise<{ sequence: number; orders: Map<string, OrderInRedis> }> {
  const replies = await redis
    .multi()
    .hget(countsKey(eventId), 'sequence')
    // HMGET needs at least one field; no field has an empty name.
    .hmget(ordersKey(eventId), '', ...orderIds)
    .exec();
  const [sequence, kept] = (replies ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  }) as [string | null, (string | null)[]];
  const orders = kept.flatMap((text) => (text === null ? [] : [parseOrder(text)]));
  return { sequence: Number(sequence ?? 0), orders: new Map(orders.map((order) => [order.orderId, order])) };
}
