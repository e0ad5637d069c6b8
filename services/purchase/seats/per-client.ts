import { getOrInsertComputed } from '../../shared/get-or-insert.ts';
import type { RedisClient } from '../../shared/redis.ts';

/** What this process keeps of each Redis client, made when it is first asked for, and gone with the client. */
export function perClient<Value extends object>(create: () => Value): (redis: RedisClient) => Value {
  const kept = new WeakMap<RedisClient, Value>();
  return (redis) => getOrInsertComputed(kept, redis, create);
}
