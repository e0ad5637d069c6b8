import { withCredentials } from '../../services/shared/stores/credentials.ts';
import type { Ports } from './ports.ts';

export type StoreUrls = {
  redisUrl: string;
  redisReaderUrl: string;
  isRedisCluster: boolean;
  databaseUrl: string;
  databaseReaderUrl: string;
};

/** The account that the services use here: it may do anything to databases whose name begins with onsale, and nothing else. */
export const localMysqlUrl = (port: number) => `mysql://onsale:onsale@127.0.0.1:${port}/onsale`;

const localRedisUrl = (port: number) => `redis://127.0.0.1:${port}`;

export const localStoreUrls = (ports: Pick<Ports, 'redis' | 'mysql'>): StoreUrls => ({
  redisUrl: localRedisUrl(ports.redis),
  redisReaderUrl: localRedisUrl(ports.redis),
  isRedisCluster: false,
  databaseUrl: localMysqlUrl(ports.mysql),
  databaseReaderUrl: localMysqlUrl(ports.mysql),
});

/** The URLs of the stores, with credentials: those in the environment, or else local ones. */
export function storeUrls(ports: Pick<Ports, 'redis' | 'mysql'>, environment = process.env): StoreUrls {
  const local = localStoreUrls(ports);
  const { REDIS_URL, REDIS_READER_URL, REDIS_CLUSTER, DATABASE_URL, DATABASE_READER_URL } = environment;
  const { REDIS_PASSWORD, DATABASE_USERNAME, DATABASE_PASSWORD } = environment;
  const ofRedis = (url: string) => withCredentials(url, { password: REDIS_PASSWORD });
  const ofDatabase = (url: string) => withCredentials(url, { username: DATABASE_USERNAME, password: DATABASE_PASSWORD });
  return {
    redisUrl: ofRedis(REDIS_URL || local.redisUrl),
    redisReaderUrl: ofRedis(REDIS_READER_URL || REDIS_URL || local.redisReaderUrl),
    isRedisCluster: REDIS_CLUSTER === 'true',
    databaseUrl: ofDatabase(DATABASE_URL || local.databaseUrl),
    databaseReaderUrl: ofDatabase(DATABASE_READER_URL || DATABASE_URL || local.databaseReaderUrl),
  };
}

/** The stores that this machine must run: those for which `urls` names no other place. */
export function ownStores(urls: StoreUrls, ports: Pick<Ports, 'redis' | 'mysql'>): ('redis' | 'mysql')[] {
  const local = localStoreUrls(ports);
  return [
    ...(urls.redisUrl === local.redisUrl ? ['redis' as const] : []),
    ...(urls.databaseUrl === local.databaseUrl ? ['mysql' as const] : []),
  ];
}
