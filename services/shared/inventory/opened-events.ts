import { UnavailableError } from '../http/problems.ts';
import { orUnavailable, type RedisClient } from '../stores/redis.ts';
import type { Refusal } from './decisions.ts';
import { archivedEventsKey, openedEventsKey } from './keys.ts';

/**
 * For an event without an inventory in Redis: resolves if it never had one, or was archived, which means that there is no such event. An
 * absent inventory never means "free": throws an UnavailableError if the event was opened before, or Redis knows of no event at all.
 */
export async function assertNeverOpened(redis: RedisClient, eventId: string): Promise<void> {
  const [anyOpened, opened, anyArchived, archived] = await orUnavailable(
    Promise.all([
      redis.exists(openedEventsKey),
      redis.sismember(openedEventsKey, eventId),
      redis.exists(archivedEventsKey),
      redis.sismember(archivedEventsKey, eventId),
    ]),
  );
  if (archived || ((anyOpened || anyArchived) && !opened)) return;
  throw new UnavailableError('INVENTORY_UNAVAILABLE', `Redis has no inventory for ${eventId}`);
}

/** The refusal of a command on an event that was never opened, or was archived. Throws as assertNeverOpened does. */
export async function refuseWithoutInventory(redis: RedisClient, eventId: string): Promise<Refusal> {
  await assertNeverOpened(redis, eventId);
  return { kind: 'refused', code: 'EVENT_NOT_FOUND', isReplay: false };
}
