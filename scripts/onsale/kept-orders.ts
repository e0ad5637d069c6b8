import { includes, type Range } from '../../services/shared/basics/ranges.ts';
import type { OutboxRecord } from '../../services/shared/events/domain-events.ts';
import { ordersKey } from '../../services/shared/inventory/keys.ts';
import type { OrderInRedis } from '../../services/shared/inventory/order.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { parseOrder, readHash } from './verify/read-redis.ts';

/** An order as Redis keeps it, with the time (ms) of its sale. */
export type KeptOrder = { order: OrderInRedis; soldAtMs: number };

/** Yields an event's orders from Redis, in batches. An order that changes meanwhile may appear twice. */
export async function* readKeptOrders(redis: RedisClient, eventId: string): AsyncGenerator<KeptOrder[]> {
  for await (const fields of readHash(redis, ordersKey(eventId))) {
    yield fields.map(([, kept]) => ({ order: parseOrder(kept), soldAtMs: Number(kept.slice(0, kept.indexOf(' '))) }));
  }
}

/** Yields the domain events with these sequence numbers that an event's orders in Redis can reproduce, in batches, unsorted. */
export async function* readKeptRecords(redis: RedisClient, eventId: string, ranges: Range[]): AsyncGenerator<OutboxRecord[]> {
  for await (const kept of readKeptOrders(redis, eventId)) {
    yield kept.flatMap(recordsOf).filter(({ sequence }) => includes(ranges, sequence));
  }
}

/** An order's purchase, and its cancellations whose sequence numbers are known, as the scripts published them. */
export function recordsOf({ order, soldAtMs }: KeptOrder): OutboxRecord[] {
  const { sequence, tickets, ...rest } = order;
  const { eventId } = order;
  if (sequence === undefined) return [];
  const sold = tickets.map(({ cancelled: _cancelled, conflicted: _conflicted, ...ticket }) => ticket);
  const purchase = { sequence, ...rest, tickets: sold };
  const records = [{ eventId, sequence, type: 'onsale.tickets.purchased', timeMs: soldAtMs, data: JSON.stringify(purchase) }];

  const cancelledBy = Map.groupBy(tickets.entries(), ([, { cancelled }]) =>
    typeof cancelled === 'object' ? cancelled.sequence : undefined,
  );
  for (const [number, entries] of cancelledBy) {
    const mark = entries[0]?.[1].cancelled;
    if (number === undefined || typeof mark !== 'object') continue;
    const purchased = { sequence, timeMs: soldAtMs };
    const data = { sequence: number, ...rest, purchase: purchased, tickets: entries.map(([at]) => sold[at]) };
    const { timeMs } = mark;
    records.push({ eventId, sequence: number, type: 'onsale.tickets.cancelled', timeMs, data: JSON.stringify(data) });
  }
  return records;
}
