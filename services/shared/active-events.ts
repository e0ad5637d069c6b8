import { activeEventsKey } from './keys.ts';
import type { RedisClient } from './redis.ts';

/** One process notes an event no more often than this. */
const noteEveryMs = 10_000;
/** An event that has sold nothing for so long is forgotten. */
const keptMs = 24 * 3_600_000;

/**
 * Notes in Redis, for all processes, that an event sells: of thousands of opened events, those few are the ones to look at first. It is
 * only a hint; a process that dies before it wrote one has lost nothing else by that.
 */
export function createActivity(redis: RedisClient): { note(eventId: string): void } {
  const notedAtMs = new Map<string, number>();
  return {
    note(eventId) {
      const now = Date.now();
      if (now - (notedAtMs.get(eventId) ?? 0) < noteEveryMs) return;
      notedAtMs.set(eventId, now);
      Promise.all([
        redis.zadd(activeEventsKey, 'GT', now, eventId),
        redis.zremrangebyscore(activeEventsKey, '-inf', now - keptMs),
      ]).catch(() => notedAtMs.delete(eventId));
    },
  };
}

/** The events that sold within the last `withinMs`, the latest first, and no more than `most` of them. */
export const readActiveEvents = (redis: RedisClient, { withinMs = keptMs, most }: { withinMs?: number; most: number }) =>
  redis.zrevrangebyscore(activeEventsKey, '+inf', Date.now() - withinMs, 'LIMIT', 0, most);
