import { archivedEventsKey, openedEventsKey } from '../../shared/inventory/keys.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';

/** Of these events, those that Redis knows: that were opened, or archived. */
export async function knownEvents(redis: RedisClient, eventIds: string[]): Promise<Set<string>> {
  if (eventIds.length === 0) return new Set();
  const [opened, archived] = await Promise.all([
    redis.smismember(openedEventsKey, ...eventIds),
    redis.smismember(archivedEventsKey, ...eventIds),
  ]);
  return new Set(eventIds.filter((_, at) => opened[at] === 1 || archived[at] === 1));
}
