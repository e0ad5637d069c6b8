import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { connectDatabase, type Database } from '../../services/shared/database.ts';
import { connectRedis } from '../../services/shared/redis.ts';
import type { StoreUrls } from './stores.ts';

/** Connections to the stores for one piece of work; rejects when Redis cannot be reached. Closed by `resources`. */
export async function connectStores(
  urls: StoreUrls,
  resources: AsyncDisposableStack,
  connections = 1,
): Promise<{ db: Database; redis: Redis }> {
  const db = connectDatabase(urls.databaseUrl, connections);
  resources.defer(() => db.destroy());
  const redis = connectRedis(urls.redisUrl);
  resources.defer(() => redis.disconnect());
  await once(redis, 'ready');
  return { db, redis };
}
