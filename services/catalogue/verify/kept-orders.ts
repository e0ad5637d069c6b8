import { includes, type Range } from '../../shared/basics/ranges.ts';
import type { OutboxRecord } from '../../shared/events/domain-events.ts';
import type { KeptOrder, TicketInRedis } from '../../shared/inventory/order.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { readOrders } from './read-redis.ts';

/** Yields the domain events with these sequence numbers that an event's orders in Redis can reproduce, in batches, unsorted. */
export async function* readKeptRecords(redis: RedisClient, eventId: string, ranges: Range[]): AsyncGenerator<OutboxRecord[]> {
  for await (const kept of readOrders(redis, eventId)) {
    yield kept.flatMap(recordsOf).filter(({ sequence }) => includes(ranges, sequence));
  }
}

/** An order's purchase, and its cancellations and exchanges whose sequence numbers are known, as the scripts published them. */
export function recordsOf({ order, soldAtMs }: KeptOrder): OutboxRecord[] {
  const { sequence, tickets, ...rest } = order;
  const { eventId } = order;
  if (sequence === undefined) return [];
  const recordOf = (type: string, { sequence: number, timeMs }: Moment, data: object) => ({
    ...{ eventId, sequence: number, type: `onsale.tickets.${type}`, timeMs },
    data: JSON.stringify({ sequence: number, ...rest, ...data }),
  });
  const purchase = { sequence, timeMs: soldAtMs };
  const records = [recordOf('purchased', purchase, { tickets: tickets.filter(({ sold }) => !sold).map(asPublished) })];

  const byId = new Map(tickets.map((ticket) => [ticket.ticketId, ticket]));
  const ended = Map.groupBy(tickets, ({ cancelled }) => (typeof cancelled === 'object' ? cancelled.sequence : undefined));
  for (const group of ended.values()) {
    const [first] = group;
    if (typeof first?.cancelled !== 'object') continue;
    const data = { purchase, tickets: group.map(asPublished) };
    const replacements = group.flatMap(({ exchangedFor = '' }) => byId.get(exchangedFor) ?? []);
    if (first.exchangedFor === undefined) records.push(recordOf('cancelled', first.cancelled, data));
    else records.push(recordOf('exchanged', first.cancelled, { ...data, replacements: replacements.map(asReplacement) }));
  }
  return records;
}

type Moment = { sequence: number; timeMs: number };

/** A ticket without what happened to it after its sale. */
const asPublished = ({ cancelled: _cancelled, conflicted: _conflicted, exchangedFor: _for, ...ticket }: TicketInRedis) => ticket;

function asReplacement(ticket: TicketInRedis) {
  const { sold: _thisExchange, ...replacement } = asPublished(ticket);
  return replacement;
}
