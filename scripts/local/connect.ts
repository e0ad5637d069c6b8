import { connectDatabase, type Database } from '../../services/shared/database.ts';
import { connectRedis, connectRedisCluster, type RedisClient, untilConnected } from '../../services/shared/redis.ts';
import type { StoreUrls } from './stores.ts';

/** Connections to the stores for one piece of work; rejects when Redis cannot be reached. Closed by `resources`. */
export async function connectStores(
  urls: StoreUrls,
  resources: AsyncDisposableStack,
  connections = 1,
): Promise<{ db: Database; redis: RedisClient }> {
  const db = connectDatabase(urls.databaseUrl, connections);
  resources.defer(() => db.destroy());
  const redis = urls.isRedisCluster ? connectRedisCluster(urls.redisUrl) : connectRedis(urls.redisUrl);
  resources.defer(() => redis.disconnect());
  await untilConnected(redis);
  return { db, redis };
}
