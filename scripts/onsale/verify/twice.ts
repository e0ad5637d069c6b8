import { holdsKey, ordersKey } from '../../../services/shared/inventory/keys.ts';
import type { OrderInRedis } from '../../../services/shared/inventory/order.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import type { Differences } from './differences.ts';
import { heldOrder, parseOrder, readHeld, readOrders } from './read-redis.ts';
import { seatName, type Tally } from './tally.ts';
import { isLive, placeOf } from './tickets.ts';

/**
 * Reports the seats that have two tickets at the same moment. For seats that seemed to have two, finds every order and hold that has
 * one of them, then reads all of these at one moment.
 */
export async function reportTwice(
  redis: RedisClient,
  eventId: string,
  { twice, moreTwice }: Tally,
  differences: Differences,
): Promise<void> {
  if (twice.size === 0) return;
  const isWanted = ({ tickets }: OrderInRedis) => tickets.some((ticket) => isLive(ticket) && twice.has(seatName(ticket)));
  const orderIds = new Set<string>();
  const holdIds = new Set<string>();
  for await (const orders of readOrders(redis, eventId)) {
    for (const order of orders) if (isWanted(order)) orderIds.add(order.orderId);
  }
  for await (const holds of readHeld(redis, eventId)) {
    for (const { holdId, order } of holds) if (isWanted(order)) holdIds.add(holdId);
  }

  const owners = new Map<string, Set<string>>();
  const own = (word: string, { orderId, tickets }: OrderInRedis) => {
    for (const ticket of tickets) {
      const seat = seatName(ticket);
      if (!isLive(ticket) || !twice.has(seat)) continue;
      const ofSeat = owners.get(seat) ?? new Set();
      owners.set(seat, ofSeat.add(`ticket ${ticket.ticketId} of order ${orderId} (${word})`));
    }
  };
  const replies = await redis
    .multi()
    // HMGET needs at least one field; no field has an empty name.
    .hmget(ordersKey(eventId), '', ...orderIds)
    .hmget(holdsKey(eventId), '', ...holdIds)
    .exec();
  const [kept = [], holds = []] = (replies ?? []).map(([error, values]) => {
    if (error) throw error;
    return (values as (string | null)[]).filter((value) => value !== null);
  });
  for (const text of kept) own('sold', parseOrder(text));
  for (const json of holds) {
    const order = heldOrder(json);
    if (order) own('held', order);
  }
  for (const [seat, tickets] of owners) {
    const ticket = twice.get(seat);
    if (tickets.size < 2 || !ticket) continue;
    const { zoneId, row = '', column = 0 } = ticket;
    differences.add(
      'seats with two tickets',
      () => `${placeOf({ zoneId, row, column })} has two live tickets in Redis: ${[...tickets].join(' and ')}`,
    );
  }
  if (moreTwice) differences.add('seats with two tickets', () => `more than ${twice.size} seats may have two live tickets`);
}
