import { buyersKey } from '../../../services/shared/inventory/keys.ts';
import type { OrderInRedis } from '../../../services/shared/inventory/order.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import type { Differences } from './differences.ts';
import { bucketOf, createDigests, type Digests, differing, fold } from './digests.ts';
import { readHash, readHeld, readOrders } from './read-redis.ts';
import { isLive } from './tickets.ts';

/** Thousands may differ; at most this many are examined. */
const maxBuckets = 100;

const liveTickets = ({ tickets }: OrderInRedis) => tickets.filter(isLive).length;

/** Adds the live tickets of an order to its buyer's. */
export function foldBuyer(digests: Digests, order: OrderInRedis): void {
  if (order.buyerId !== undefined) fold(digests, order.buyerId, order.buyerId, liveTickets(order));
}

/** Reports buyers whose count differs from the tickets that they have and hold, unless something changed meanwhile (`isQuiet`). */
export async function compareBuyers(
  redis: RedisClient,
  eventId: string,
  counted: Digests,
  isQuiet: () => Promise<boolean>,
  differences: Differences,
): Promise<void> {
  const kept = createDigests();
  for await (const buyers of readHash(redis, buyersKey(eventId))) {
    for (const [buyerId, count] of buyers) fold(kept, buyerId, buyerId, Number(count));
  }
  const buckets = new Set(differing(counted, kept).slice(0, maxBuckets));
  if (buckets.size === 0) return;

  const has = new Map<string, number>();
  const isWanted = (buyerId: string | undefined): buyerId is string => buyerId !== undefined && buckets.has(bucketOf(buyerId));
  const count = (order: OrderInRedis) => {
    if (isWanted(order.buyerId)) has.set(order.buyerId, (has.get(order.buyerId) ?? 0) + liveTickets(order));
  };
  for await (const orders of readOrders(redis, eventId)) for (const order of orders) count(order);
  for await (const holds of readHeld(redis, eventId)) for (const { order } of holds) count(order);
  const wrong: { buyerId: string; said: number; real: number }[] = [];
  for await (const buyers of readHash(redis, buyersKey(eventId))) {
    for (const [buyerId, said] of buyers) {
      if (!isWanted(buyerId)) continue;
      const real = has.get(buyerId) ?? 0;
      if (Number(said) !== real) wrong.push({ buyerId, said: Number(said), real });
      has.delete(buyerId);
    }
  }
  for (const [buyerId, real] of has) if (real > 0) wrong.push({ buyerId, said: 0, real });
  if (!(await isQuiet())) return;
  for (const { buyerId, said, real } of wrong) {
    differences.add(
      'buyers with a wrong count',
      () => `buyer ${buyerId} is counted as having ${said} tickets, but has ${real}: the limit per buyer is applied wrongly`,
    );
  }
}
