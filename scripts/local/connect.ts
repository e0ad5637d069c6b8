import { sql } from 'kysely';
import { connectDatabase, type Database } from '../../services/shared/stores/database.ts';
import { connectRedis, connectRedisCluster, type RedisClient, untilConnected } from '../../services/shared/stores/redis.ts';
import { assertReachable, type Store } from './reachable.ts';
import type { StoreUrls } from './store-urls.ts';

/** Connects to the stores for one piece of work. Rejects with the name of each that cannot be reached. Closed by `resources`. */
export async function connectStores(
  urls: StoreUrls,
  resources: AsyncDisposableStack,
  connections = 1,
): Promise<{ db: Database; redis: RedisClient }> {
  const db = openDatabase(urls, resources, connections);
  const redis = startRedisClient(urls, resources);
  await assertReachable([redisStore(urls, redis), mysqlStore(urls, db)]);
  return { db, redis };
}

export const redisStore = ({ redisUrl }: StoreUrls, redis: RedisClient): Store => ({
  name: 'Redis',
  address: withoutPassword(redisUrl),
  check: () => untilConnected(redis),
});

export const mysqlStore = ({ databaseUrl }: StoreUrls, db: Database): Store => ({
  name: 'MySQL',
  address: withoutPassword(databaseUrl),
  check: () => sql`select 1`.execute(db),
});

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}

/** A pool of MySQL connections, which are opened when first needed. Closed by `resources`. */
export function openDatabase({ databaseUrl }: StoreUrls, resources: AsyncDisposableStack, connections: number): Database {
  const db = connectDatabase(databaseUrl, connections);
  resources.defer(() => db.destroy());
  return db;
}

/** A client that is connecting to Redis. Closed by `resources`. */
export function startRedisClient({ redisUrl, isRedisCluster }: StoreUrls, resources: AsyncDisposableStack): RedisClient {
  const redis = isRedisCluster ? connectRedisCluster(redisUrl) : connectRedis(redisUrl);
  resources.defer(() => redis.disconnect());
  return redis;
}
