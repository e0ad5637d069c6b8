import { sql } from 'kysely';
import { type EventHead, headColumns, headOf } from '../../shared/inventory/event-head.ts';
import { wordsOf } from '../../shared/inventory/plan/event-words.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Buyers, EventPayment } from '../../shared/stores/schema.ts';

/** Whether an event sells, apart from whether it has tickets left. */
export const browsedStates = ['scheduled', 'on-sale', 'paused', 'closed'] as const;
type BrowsedState = (typeof browsedStates)[number];

/** An event that was found. `capacity`: its places, blocked ones too. */
export type FoundEvent = {
  event: EventHead & { currency: string; buyers: Buyers; payment: EventPayment; state: BrowsedState };
  capacity: number;
  position: EventPosition;
};

/** Where a page of events ended: when the last one begins (ms since 1970), and its id. */
export type EventPosition = { beginsAtMs: number; eventId: string };

/** What events are looked for by; all of it must match. `words`: each must begin a word of the name or of the venue's. */
export type Browsed = {
  words: string[];
  venueId?: string | undefined;
  fromMs?: number | undefined;
  untilMs?: number | undefined;
  state?: BrowsedState | undefined;
};

/** The words that a text is searched by. */
export const searchedWords = (text: string): string[] => wordsOf(text).slice(0, maxWords);
const maxWords = 8;

/**
 * Up to `limit` events that buyers may see and that match, by when they begin, after a position. An event that begins at an unknown time
 * counts from its on-sale time. Reads an index in this order, and looks words up in another.
 */
export async function browseEvents(
  db: Database,
  { words, venueId, fromMs, untilMs, state }: Browsed,
  { after, limit, nowMs = Date.now() }: { after: EventPosition | undefined; limit: number; nowMs?: number },
): Promise<FoundEvent[]> {
  const leastMs = Math.max(fromMs ?? 0, after?.beginsAtMs ?? 0);
  let query = db
    .selectFrom('events')
    .select([...headColumns, 'currency', 'buyers', 'payment', 'state', 'begins_at'])
    .select((eb) =>
      eb
        .selectFrom('event_zones')
        .select(({ fn }) => fn.sum<string | null>('capacity').as('capacity'))
        .whereRef('event_zones.event_id', '=', 'events.event_id')
        .as('capacity'),
    )
    // With `= 1`, MariaDB would read the index from its first event on, instead of from the time that is asked for.
    .where('is_listed', '>=', 1)
    .where('is_listed', '<=', 1)
    .orderBy('is_listed')
    .orderBy('begins_at')
    .orderBy('event_id')
    .limit(limit);
  if (venueId !== undefined) query = query.where('venue_id', '=', venueId);
  if (leastMs > 0) query = query.where('begins_at', '>=', new Date(leastMs));
  if (untilMs !== undefined) query = query.where('begins_at', '<', new Date(untilMs));
  if (after) {
    const at = new Date(after.beginsAtMs);
    query = query.where(sql<boolean>`(begins_at > ${at} or event_id > ${after.eventId})`);
  }
  if (state) query = query.where(isIn(state, new Date(nowMs)));
  for (const word of words) {
    // A word has only letters and digits, so nothing in it means something to LIKE.
    query = query.where('event_id', 'in', (eb) =>
      eb.selectFrom('event_words').select('event_words.event_id').where('word', 'like', `${word}%`),
    );
  }
  const rows = await query.execute();
  return rows.map((row) => ({
    event: { ...headOf(row), currency: row.currency, buyers: row.buyers, payment: row.payment, state: stateAt(row, nowMs) },
    capacity: Number(row.capacity ?? 0),
    position: { beginsAtMs: row.begins_at.getTime(), eventId: row.event_id },
  }));
}

function isIn(state: BrowsedState, now: Date) {
  const isOver = sql`coalesce(off_sale_at <= ${now}, false)`;
  switch (state) {
    case 'paused':
      return sql<boolean>`state = 'paused'`;
    case 'closed':
      return sql<boolean>`(state = 'closed' or (state = 'published' and ${isOver}))`;
    case 'scheduled':
      return sql<boolean>`(state = 'published' and on_sale_at > ${now} and not ${isOver})`;
    default:
      return sql<boolean>`(state = 'published' and on_sale_at <= ${now} and not ${isOver})`;
  }
}

/** The same in code. A published event is as its times say. */
function stateAt(
  { state, on_sale_at, off_sale_at }: { state: string; on_sale_at: Date; off_sale_at: Date | null },
  nowMs: number,
): BrowsedState {
  if (state === 'paused') return 'paused';
  if (state === 'closed' || (off_sale_at !== null && off_sale_at.getTime() <= nowMs)) return 'closed';
  return on_sale_at.getTime() <= nowMs ? 'on-sale' : 'scheduled';
}
