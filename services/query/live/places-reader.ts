import { LRUCache } from 'lru-cache';
import { getOrInsertComputed } from '../../shared/basics/get-or-insert.ts';
import { recently } from '../../shared/basics/recently.ts';
import { readTakenPlaces, type TakenPlaces } from '../../shared/inventory/taken-places.ts';
import { orUnavailable, type RedisClient } from '../../shared/stores/redis.ts';

/** Callers that ask for an event within this time of a read share it. */
const sharedMs = 250;
/** Limits the memory. */
const maxEvents = 10_000;

/** How many places of an event are taken; undefined if Redis cannot say. Throws an UnavailableError if Redis is away. */
export type PlacesReader = (eventId: string) => Promise<TakenPlaces | undefined>;

/** Reads how many places of events are taken, for any number of clients: of each event at most once in 250 ms. */
export function createPlacesReader(redis: RedisClient): PlacesReader {
  type Reader = () => ReturnType<PlacesReader>;
  const readers = new LRUCache<string, Reader>({ max: maxEvents });
  const readerOf = (eventId: string): Reader => recently(() => orUnavailable(readTakenPlaces(redis, eventId)), sharedMs);
  return (eventId) => getOrInsertComputed<string, Reader>(readers, eventId, readerOf)();
}
