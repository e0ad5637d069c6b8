import { holdsKey, ordersKey } from '../../../services/shared/inventory/keys.ts';
import type { OrderInRedis } from '../../../services/shared/inventory/order.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';

const fieldsAtOnce = 1_000;

type HoldInRedis = { state: 'held' | 'expired' | 'sold'; order?: OrderInRedis };

/** Yields an event's orders in batches. Each comes once, but one that is added or changed meanwhile may be missing or come twice. */
export async function* readOrders(redis: RedisClient, eventId: string): AsyncGenerator<OrderInRedis[]> {
  for await (const fields of readHash(redis, ordersKey(eventId))) yield fields.map(([, kept]) => parseOrder(kept));
}

/** Parses an order as the scripts keep it: the time of its sale (ms), a space, and JSON. */
export const parseOrder = (kept: string) => JSON.parse(kept.slice(kept.indexOf(' ') + 1)) as OrderInRedis;

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
export function heldOrder(json: string): OrderInRedis | undefined {
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
