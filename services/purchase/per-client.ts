import type { RedisClient } from '../shared/redis.ts';

/** What this process keeps of each Redis client, made when it is first asked for, and gone with the client. */
export function perClient<Value>(create: () => Value): (redis: RedisClient) => Value {
  const kept = new WeakMap<RedisClient, Value>();
  return (redis) => {
    const known = kept.get(redis);
    if (known !== undefined) return known;
    const created = create();
    kept.set(redis, created);
    return created;
  };
}
