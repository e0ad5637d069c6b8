import type { OrderInRedis } from '../../shared/inventory/order.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { readHeld, readMoment, readOrders } from './read-redis.ts';
import type { Differences } from './report.ts';
import { seatKey, type Tally } from './seat-tally.ts';
import { seatText } from './seat-text.ts';
import { isLive } from './tickets.ts';

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
  const isWanted = ({ tickets }: OrderInRedis) => tickets.some((ticket) => isLive(ticket) && twice.has(seatKey(ticket)));
  const orderIds = new Set<string>();
  const holdIds = new Set<string>();
  for await (const orders of readOrders(redis, eventId)) {
    for (const { order } of orders) if (isWanted(order)) orderIds.add(order.orderId);
  }
  for await (const holds of readHeld(redis, eventId)) {
    for (const { holdId, order } of holds) if (isWanted(order)) holdIds.add(holdId);
  }

  const owners = new Map<string, Set<string>>();
  const own = (word: string, { orderId, tickets }: OrderInRedis) => {
    for (const ticket of tickets) {
      const seat = seatKey(ticket);
      if (!isLive(ticket) || !twice.has(seat)) continue;
      const ofSeat = owners.get(seat) ?? new Set();
      owners.set(seat, ofSeat.add(`ticket ${ticket.ticketId} of order ${orderId} (${word})`));
    }
  };
  const { orders, held } = await readMoment(redis, eventId, { orderIds: [...orderIds], holdIds: [...holdIds] });
  for (const order of orders) own('sold', order);
  for (const order of held) own('held', order);
  for (const [seat, tickets] of owners) {
    const ticket = twice.get(seat);
    if (tickets.size < 2 || !ticket) continue;
    const { zoneId, row = '', column = 0 } = ticket;
    differences.add(
      'seats with two tickets',
      () => `${seatText(zoneId, { row, column })} has two live tickets in Redis: ${[...tickets].join(' and ')}`,
    );
  }
  if (moreTwice) differences.add('seats with two tickets', () => `more than ${twice.size} seats may have two live tickets`);
}
