import { neverOpened } from '../../shared/basics/text.ts';
import { buyersKey } from '../../shared/inventory/keys.ts';
import type { OrderInRedis } from '../../shared/inventory/order.ts';
import { readSeatMap, type SeatMap } from '../../shared/inventory/read-seats.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { compareZones } from './check-seats.ts';
import { reportTwice } from './check-twice.ts';
import { bucketOf, createDigests, type Digests, differing, fold, foldTicket } from './digests.ts';
import { readHash, readHeld, readOrders } from './read-redis.ts';
import type { Differences } from './report.ts';
import { countOrder, createTally } from './seat-tally.ts';
import { isLive, reportForeign, soldBy, type Terms, ticketOf } from './tickets.ts';

/** Buyers whose counts are wrong are looked for in buckets. Thousands may differ; at most this many are examined. */
const maxBuckets = 100;

/**
 * Reports where Redis contradicts itself. Returns the digests of its live tickets, for the comparison with MySQL; how many tickets are
 * held; and how many zones changed meanwhile, so that only their counts and seats could be compared.
 */
export async function checkRedis(
  redis: RedisClient,
  eventId: string,
  { terms, isCompared }: { terms: Terms; isCompared: (sequence: number) => boolean },
  differences: Differences,
): Promise<{ digests: Digests; held: number; selling: number }> {
  const before = await readMap(redis, eventId);
  const tally = createTally(before);
  const digests = createDigests();
  const buyers = createDigests();
  for await (const orders of readOrders(redis, eventId)) {
    for (const { order } of orders) {
      countOrder(tally, order, 'sold');
      foldBuyer(buyers, order);
      for (const ticket of order.tickets.filter(isLive)) {
        reportForeign('Redis', terms, { ...order, ...ticket }, differences);
        if (isCompared(soldBy(order, ticket))) foldTicket(digests, ticketOf(order, ticket));
      }
    }
  }
  for await (const holds of readHeld(redis, eventId)) {
    for (const { order } of holds) {
      countOrder(tally, order, 'held');
      foldBuyer(buyers, order);
    }
  }
  const after = await readMap(redis, eventId, before);
  const selling = compareZones(before, after, tally, differences);
  await reportTwice(redis, eventId, tally, differences);
  const isQuiet = async () => (await readMap(redis, eventId, before)) === before;
  if (await isQuiet()) await compareBuyers(redis, eventId, buyers, isQuiet, differences);
  const held = after.zones.values().reduce((sum, zone) => sum + zone.held, 0);
  return { digests, held, selling };
}

async function readMap(redis: RedisClient, eventId: string, known?: SeatMap): Promise<SeatMap> {
  const map = await readSeatMap(redis, eventId, known);
  if (!map) throw neverOpened(eventId);
  return map;
}

const liveTickets = ({ tickets }: OrderInRedis) => tickets.filter(isLive).length;

/** Adds the live tickets of an order to its buyer's. */
function foldBuyer(digests: Digests, order: OrderInRedis): void {
  if (order.buyerId !== undefined) fold(digests, order.buyerId, order.buyerId, liveTickets(order));
}

/** Reports buyers whose count differs from the tickets that they have and hold, unless something changed meanwhile (`isQuiet`). */
async function compareBuyers(
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
  for await (const orders of readOrders(redis, eventId)) for (const { order } of orders) count(order);
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
