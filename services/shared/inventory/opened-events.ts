import { UnavailableError } from '../http/problems.ts';
import { orUnavailable, type RedisClient } from '../stores/redis.ts';
import { openedEventsKey } from './keys.ts';

/**
 * For an event without an inventory in Redis: resolves if it never had one, which means that there is no such event. An absent
 * inventory never means "free": throws an UnavailableError if the event was opened before, or Redis knows of no opened event at all.
 */
export async function assertNeverOpened(redis: RedisClient, eventId: string): Promise<void> {
  const [anyOpened, opened] = await orUnavailable(
    Promise.all([redis.exists(openedEventsKey), redis.sismember(openedEventsKey, eventId)]),
  );
  if (anyOpened && !opened) return;
  throw new UnavailableError('INVENTORY_UNAVAILABLE', `Redis has no inventory for ${eventId}`);
}
