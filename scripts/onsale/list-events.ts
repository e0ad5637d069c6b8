import { sql } from 'kysely';
import { quoted } from '../../services/shared/basics/text.ts';
import { inventoryKey } from '../../services/shared/inventory/keys.ts';
import { describeOnSale } from '../../services/shared/inventory/plan/on-sale-time.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { alignColumns } from '../terminal/align-columns.ts';

/** Whether an event's tickets can be bought. `unavailable`: Redis has no inventory for it, or one that may lack sales. */
export type EventState = 'scheduled' | 'on-sale' | 'sold-out' | 'unavailable';

export type ListedEvent = {
  eventId: string;
  name: string;
  venueId: string;
  venueName: string;
  /** RFC 3339, UTC. */
  onSaleAt: string;
  state: EventState;
  /** According to MySQL, which is moments behind Redis. */
  sold: number;
  capacity: number;
};

/** Redis is read in batches, so that it can serve buyers in between. */
const eventsAtOnce = 200;
const maxNameShown = 40;

/** Every event that was opened, ordered by on-sale time. */
export async function listEvents(db: Database, redis: RedisClient, nowMs = Date.now()): Promise<ListedEvent[]> {
  const rows = await db
    .selectFrom('events')
    .select(['event_id', 'name', 'venue_id', 'venue_name', 'on_sale_at'])
    .select((eb) => [
      eb
        .selectFrom('event_zones')
        .select(({ fn }) => fn.sum<string | null>('capacity').as('seats'))
        .whereRef('event_zones.event_id', '=', 'events.event_id')
        .as('capacity'),
      eb
        .selectFrom('sales_by_zone')
        .select(({ fn }) => fn.sum<string | null>('tickets').as('tickets'))
        .whereRef('sales_by_zone.event_id', '=', 'events.event_id')
        .as('sold'),
    ])
    .orderBy('on_sale_at')
    .orderBy(sql`events.event_id`)
    .execute();
  const listed: ListedEvent[] = [];
  for (let at = 0; at < rows.length; at += eventsAtOnce) {
    const lot = rows.slice(at, at + eventsAtOnce);
    const known = await Promise.all(lot.map(({ event_id }) => redis.hmget(inventoryKey(event_id), 'venueId', 'lineage')));
    for (const [index, row] of lot.entries()) {
      const [venueId, lineage] = known[index] ?? [];
      const [sold, capacity] = [Number(row.sold ?? 0), Number(row.capacity ?? 0)];
      const isAvailable = Boolean(venueId) && lineage !== 'lost';
      const state = stateOf({ onSaleAtMs: row.on_sale_at.getTime(), isAvailable, sold, capacity }, nowMs);
      const { event_id: eventId, name, venue_id, venue_name: venueName } = row;
      listed.push({ eventId, name, venueId: venue_id, venueName, onSaleAt: row.on_sale_at.toISOString(), state, sold, capacity });
    }
  }
  return listed;
}

export function stateOf(
  event: { onSaleAtMs: number; isAvailable: boolean; sold: number; capacity: number },
  nowMs: number,
): EventState {
  if (!event.isAvailable) return 'unavailable';
  if (event.sold >= event.capacity) return 'sold-out';
  return event.onSaleAtMs <= nowMs ? 'on-sale' : 'scheduled';
}

/** Describes a state and, if the event cannot be bought, what to do about it. */
export function stateText(state: EventState, eventId: string, onSaleAtMs: number, nowMs: number): string {
  switch (state) {
    case 'unavailable':
      return `NOT ON SALE: Redis may have lost sales; for details: npm run onsale -- verify ${eventId}`;
    case 'sold-out':
      return 'sold out';
    case 'scheduled':
    case 'on-sale':
      return describeOnSale(onSaleAtMs, nowMs);
    default:
      return state satisfies never;
  }
}

/** The events as a table for a terminal. */
export function listText(events: ListedEvent[], nowMs = Date.now()): string {
  if (events.length === 0) return 'No event has been opened yet. To open one: npm run onsale -- open scripts/demo/event1.json';
  const rows = events.map(({ eventId, name, venueId, state, onSaleAt, sold, capacity }) => [
    eventId,
    quoted(name, maxNameShown),
    venueId,
    `${sold.toLocaleString('en-US')} of ${capacity.toLocaleString('en-US')}`,
    stateText(state, eventId, Date.parse(onSaleAt), nowMs),
  ]);
  return alignColumns([['event', 'name', 'venue', 'sold', 'state'], ...rows], [3]).join('\n');
}
