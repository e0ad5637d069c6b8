import { includes, type Range } from '../../services/shared/basics/ranges.ts';
import type { OutboxRecord } from '../../services/shared/events/domain-events.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { type KeptOrder, readOrders } from './verify/read-redis.ts';

/** Yields the domain events with these sequence numbers that an event's orders in Redis can reproduce, in batches, unsorted. */
export async function* readKeptRecords(redis: RedisClient, eventId: string, ranges: Range[]): AsyncGenerator<OutboxRecord[]> {
  for await (const kept of readOrders(redis, eventId)) {
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
