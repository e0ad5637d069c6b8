import { Cluster } from 'ioredis';
import type { RedisClient } from '../stores/redis.ts';
import { loadScript, runScript } from '../stores/script.ts';
import { activeEventsKey, archivedEventsKey, inventoryKey, keysOfEvent, openedEventsKey } from './keys.ts';

const keysAtOnce = 1_000;

const removeInventoryScript = loadScript(new URL('lua/remove-inventory.lua', import.meta.url));

/** Removes the inventory of an archived event from Redis. Returns false if it is not archived, and then changes nothing. */
export async function removeInventory(redis: RedisClient, eventId: string): Promise<boolean> {
  const keys = [inventoryKey(eventId)];
  return (await runScript(redis, removeInventoryScript, keys, [])) === 'REMOVED';
}

/** Removes every key of an event whose inventory was removed: orders, holds, outbox, kept replies and all others. */
export async function removeKeys(redis: RedisClient, eventId: string): Promise<void> {
  // A cluster has all of an event's keys on one master, but which one is for the cluster to say.
  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    for await (const found of node.scanStream({ match: keysOfEvent(eventId), count: keysAtOnce })) {
      const keys = found as string[];
      if (keys.length > 0) await redis.unlink(...keys);
    }
  }
}

/**
 * Takes an event whose keys were removed off the lists that every process goes through. From now on, requests for it get a 404. The order
 * matters: an event on neither list would be unknown, and if it was the only one, Redis would seem to have lost its memory.
 */
export async function forgetEvent(redis: RedisClient, eventId: string): Promise<void> {
  await redis.sadd(archivedEventsKey, eventId);
  await redis.srem(openedEventsKey, eventId);
  await redis.zrem(activeEventsKey, eventId);
}
