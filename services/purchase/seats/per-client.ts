import { getOrInsertComputed } from '../../shared/basics/get-or-insert.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';

/** Keeps one value per Redis client: created on first use, and garbage-collected with the client. */
export function perClient<Value extends object>(create: () => Value): (redis: RedisClient) => Value {
  const kept = new WeakMap<RedisClient, Value>();
  return (redis) => getOrInsertComputed(kept, redis, create);
}
