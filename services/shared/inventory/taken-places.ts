import type { RedisClient } from '../stores/redis.ts';
import { countsKey, inventoryKey } from './keys.ts';
import { type SaleState, stateOf } from './set-state.ts';

/** How many of an event's places are sold, held, and blocked. Holds include those that expired and were not swept yet. */
export type TakenPlaces = { sold: number; held: number; blocked: number };

/** What Redis counts of an event, and the state of its sale; undefined if it has no inventory to sell from, or one that may lack sales. Not a zone is read. */
export async function readTakenPlaces(
  redis: RedisClient,
  eventId: string,
): Promise<(TakenPlaces & { state: SaleState }) | undefined> {
  const [[venueId, lineage, state], counts] = await Promise.all([
    redis.hmget(inventoryKey(eventId), 'venueId', 'lineage', 'state'),
    redis.hgetall(countsKey(eventId)),
  ]);
  return venueId && lineage !== 'lost' ? { ...sumsOf(counts), state: stateOf(state) } : undefined;
}

/** Adds up an event's counts (countsKey) over its zones. */
function sumsOf(counts: Record<string, string>): TakenPlaces {
  const sums = { sold: 0, held: 0, blocked: 0 };
  for (const [field, count] of Object.entries(counts)) {
    const word = field.slice(0, field.indexOf(':'));
    if (word === 'sold' || word === 'held' || word === 'blocked') sums[word] += Number(count);
  }
  return sums;
}
