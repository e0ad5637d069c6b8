import { sql } from 'kysely';
import { type Static, Type } from 'typebox';
import { EventHead, headColumns, headOf } from '../../shared/inventory/event-head.ts';
import type { SaleState as InventoryState } from '../../shared/inventory/set-state.ts';
import { readTakenPlaces } from '../../shared/inventory/taken-places.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import type { EventState } from '../../shared/stores/schema.ts';

const listedStates = ['draft', 'scheduled', 'on-sale', 'sold-out', 'paused', 'closed', 'archived', 'unavailable'] as const;
export type ListedState = (typeof listedStates)[number];

/** Whether an event's tickets can be bought. `closed`: by a command, or by its time. */
export const SaleState = Type.Enum([...listedStates], {
  description: 'unavailable: Redis has no inventory for it, or one that may lack sales, so that nothing is sold',
});

/** An event in an organiser's list. */
export const ListedEvent = Type.Object({
  ...EventHead.properties,
  state: SaleState,
  sold: Type.Integer({ minimum: 0, description: 'Tickets, according to MySQL, which is moments behind' }),
  capacity: Type.Integer({ minimum: 0, description: 'Places' }),
  blocked: Type.Integer({ minimum: 0, description: 'Of these, places that are not for sale' }),
});
export type ListedEvent = Static<typeof ListedEvent>;

/** Redis is read in batches, so that it can serve buyers in between. */
const eventsAtOnce = 200;

/** A page of a list of events: of these organisers, or of all; after this event, or from the first one. */
export type EventPage = {
  organiserIds: string[] | 'all';
  after: { onSaleAtMs: number; eventId: string } | undefined;
  limit: number;
};

/** Every event, drafts included, or a page of them, ordered by on-sale time. */
export async function listEvents(
  db: Database,
  redis: RedisClient,
  { nowMs = Date.now(), page }: { nowMs?: number; page?: EventPage } = {},
): Promise<ListedEvent[]> {
  const { organiserIds = 'all', after, limit } = page ?? {};
  if (organiserIds !== 'all' && organiserIds.length === 0) return [];
  const rows = await db
    .selectFrom('events')
    .select([...headColumns, 'state'])
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
    .$if(organiserIds !== 'all', (all) => all.where('organiser_id', 'in', organiserIds === 'all' ? [] : organiserIds))
    .$if(after !== undefined, (all) => all.where(isAfter(after)))
    .orderBy('on_sale_at')
    .orderBy(sql`events.event_id`)
    .$if(limit !== undefined, (all) => all.limit(limit ?? 0))
    .execute();
  const listed: ListedEvent[] = [];
  for (let at = 0; at < rows.length; at += eventsAtOnce) {
    const lot = rows.slice(at, at + eventsAtOnce);
    const known = await Promise.all(lot.map(({ event_id }) => readTakenPlaces(redis, event_id)));
    for (const [index, row] of lot.entries()) {
      const { state: saleState, blocked = 0 } = known[index] ?? {};
      const [sold, capacity] = [Number(row.sold ?? 0), Number(row.capacity ?? 0)];
      const times = { onSaleAtMs: row.on_sale_at.getTime(), offSaleAtMs: row.off_sale_at?.getTime() };
      const state = listedState({ ...times, inMysql: row.state, saleState, sold, capacity: capacity - blocked }, nowMs);
      listed.push({ ...headOf(row), state, sold, capacity, blocked });
    }
  }
  return listed;
}

function isAfter({ onSaleAtMs, eventId }: { onSaleAtMs: number; eventId: string } = { onSaleAtMs: 0, eventId: '' }) {
  const at = new Date(onSaleAtMs);
  return sql<boolean>`(on_sale_at > ${at} or (on_sale_at = ${at} and events.event_id > ${eventId}))`;
}

/** `saleState` is that of the inventory, undefined if Redis has none that is sold from. `capacity`: without blocked places. */
export function listedState(
  event: {
    onSaleAtMs: number;
    offSaleAtMs: number | undefined;
    inMysql: EventState | undefined;
    saleState: InventoryState | undefined;
    sold: number;
    capacity: number;
  },
  nowMs: number,
): ListedState {
  const { onSaleAtMs, offSaleAtMs = Number.POSITIVE_INFINITY, inMysql, saleState, sold, capacity } = event;
  if (inMysql === 'archived') return 'archived';
  if (saleState === undefined) return inMysql === 'draft' ? 'draft' : 'unavailable';
  if (saleState !== 'published') return saleState;
  if (offSaleAtMs <= nowMs) return 'closed';
  if (sold >= capacity) return 'sold-out';
  return onSaleAtMs <= nowMs ? 'on-sale' : 'scheduled';
}
