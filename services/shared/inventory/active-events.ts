import type { RedisClient } from '../stores/redis.ts';
import { activeEventsKey } from './keys.ts';

/** A process notes each event at most this often. */
const noteEveryMs = 10_000;
/** An event that has sold nothing for this long is forgotten. */
const keptMs = 24 * 3_600_000;

/**
 * Notes in Redis, for all processes, that an event is selling: out of thousands of opened events, these few are looked at first. It is
 * only a hint: losing a note loses nothing else.
 */
export function createActivity(redis: RedisClient): { note(eventId: string): void } {
  const notedAtMs = new Map<string, number>();
  return {
    note(eventId) {
      const now = Date.now();
      if (now - (notedAtMs.get(eventId) ?? 0) < noteEveryMs) return;
      // In order of time: those that no longer sell are forgotten.
      notedAtMs.delete(eventId);
      for (const [oldest, atMs] of notedAtMs) {
        if (now - atMs < noteEveryMs) break;
        notedAtMs.delete(oldest);
      }
      notedAtMs.set(eventId, now);
      Promise.all([
        redis.zadd(activeEventsKey, 'GT', now, eventId),
        redis.zremrangebyscore(activeEventsKey, '-inf', now - keptMs),
      ]).catch(() => notedAtMs.delete(eventId));
    },
  };
}

/** The events that sold within the last `withinMs`, latest first, at most `most` of them. */
export const readActiveEvents = (redis: RedisClient, { withinMs = keptMs, most }: { withinMs?: number; most: number }) =>
  redis.zrevrangebyscore(activeEventsKey, '+inf', Date.now() - withinMs, 'LIMIT', 0, most);
