import { countsKey, holdsKey, ordersKey } from '../../shared/inventory/keys.ts';
import { type KeptOrder, type OrderInRedis, parseOrder } from '../../shared/inventory/order.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';

const fieldsAtOnce = 1_000;

type HoldInRedis = { state: 'held' | 'expired' | 'sold'; order?: OrderInRedis };

/** Yields an event's orders in batches. Each comes once, but one that is added or changed meanwhile may be missing or come twice. */
export async function* readOrders(redis: RedisClient, eventId: string): AsyncGenerator<KeptOrder[]> {
  for await (const fields of readHash(redis, ordersKey(eventId))) yield fields.map(([, text]) => parseOrder(text));
}

/** Yields the orders that are held, in batches, with the ids of their holds. */
export async function* readHeld(redis: RedisClient, eventId: string): AsyncGenerator<{ holdId: string; order: OrderInRedis }[]> {
  // Holds are removed meanwhile, and HSCAN may return a field twice while a hash shrinks.
  const seen = new Set<string>();
  for await (const fields of readHash(redis, holdsKey(eventId))) {
    yield fields.flatMap(([holdId, json]) => {
      const order = heldOrder(json);
      if (!order || seen.has(holdId)) return [];
      seen.add(holdId);
      return [{ holdId, order }];
    });
  }
}

/** The order of a hold, or undefined if the hold no longer has its seats. */
function heldOrder(json: string): OrderInRedis | undefined {
  const { state, order } = JSON.parse(json) as HoldInRedis;
  return state === 'held' ? order : undefined;
}

/** Yields a hash's fields with their values, in batches. */
export async function* readHash(redis: RedisClient, key: string): AsyncGenerator<[field: string, value: string][]> {
  let cursor = '0';
  do {
    const [next, flat] = await redis.hscan(key, cursor, 'COUNT', fieldsAtOnce);
    yield flat.flatMap((field, at): [string, string][] => (at % 2 === 0 ? [[field, flat[at + 1] ?? '']] : []));
    cursor = next;
  } while (cursor !== '0');
}

/**
 * Reads orders and holds of an event, by id, and its last sequence number, all at the same moment. Leaves out those that are gone, and
 * holds that no longer have their seats.
 */
export async function readMoment(
  redis: RedisClient,
  eventId: string,
  { orderIds, holdIds = [] }: { orderIds: string[]; holdIds?: string[] },
): Promise<{ sequence: number; orders: OrderInRedis[]; held: OrderInRedis[] }> {
  const replies = await redis
    .multi()
    .hget(countsKey(eventId), 'sequence')
    // HMGET needs at least one field; no field has an empty name.
    .hmget(ordersKey(eventId), '', ...orderIds)
    .hmget(holdsKey(eventId), '', ...holdIds)
    .exec();
  const [sequence, orders, holds] = (replies ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  }) as [string | null, (string | null)[], (string | null)[]];
  return {
    sequence: Number(sequence ?? 0),
    orders: orders.flatMap((text) => (text === null ? [] : [parseOrder(text).order])),
    held: holds.flatMap((json) => (json === null ? [] : (heldOrder(json) ?? []))),
  };
}
