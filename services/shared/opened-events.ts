import { openedEventsKey } from './keys.ts';
import { UnavailableError } from './problems.ts';
import { orUnavailable, type RedisClient } from './redis.ts';

/**
 * For an event of which Redis has no inventory: resolves where it never had one, so that there is no such event. Absent is
 * never "free": only a Redis that knows which events were opened may say so, else this throws an UnavailableError.
 */
export async function assertNeverOpened(redis: RedisClient, eventId: string): Promise<void> {
  const [anyOpened, opened] = await orUnavailable(
    Promise.all([redis.exists(openedEventsKey), redis.sismember(openedEventsKey, eventId)]),
  );
  if (anyOpened && !opened) return;
  throw new UnavailableError('INVENTORY_UNAVAILABLE', `Redis has no inventory of ${eventId}`);
}
