import { neverOpened } from '../../../services/shared/basics/text.ts';
import { readSeatMap, type SeatMap } from '../../../services/shared/inventory/read-seats.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import { compareBuyers, foldBuyer } from './buyers.ts';
import { compareZones } from './compare-zones.ts';
import type { Differences } from './differences.ts';
import { createDigests, type Digests, foldTicket } from './digests.ts';
import { reportForeign, type Terms } from './foreign.ts';
import { readHeld, readOrders } from './read-redis.ts';
import { countOrder, createTally } from './tally.ts';
import { isLive, ticketOf } from './tickets.ts';
import { reportTwice } from './twice.ts';

/**
 * Reports where Redis contradicts itself. Returns the digests of its live tickets, for the comparison with MySQL; how many tickets are
 * held; and how many zones changed meanwhile, so that only their counts and seats could be compared.
 */
export async function verifySeats(
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
    for (const order of orders) {
      countOrder(tally, order, 'sold');
      foldBuyer(buyers, order);
      for (const ticket of order.tickets) if (isLive(ticket)) reportForeign('Redis', terms, { ...order, ...ticket }, differences);
      if (!isCompared(order.sequence ?? 0)) continue;
      for (const ticket of order.tickets) if (isLive(ticket)) foldTicket(digests, ticketOf(order, ticket));
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
