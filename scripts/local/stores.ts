import { join } from 'node:path';
import { withCredentials } from '../../services/shared/stores/credentials.ts';
import { emulatorEnvironment } from './emulator.ts';
import { localMysqlUrl, startMysql } from './mysql.ts';
import type { Ports } from './ports.ts';
import type { LocalProcess } from './process.ts';
import { startRedis } from './redis.ts';
import { findServers, type Servers } from './servers.ts';
import { startScript } from './services.ts';

export type StoreUrls = {
  redisUrl: string;
  redisReaderUrl: string;
  isRedisCluster: boolean;
  databaseUrl: string;
  databaseReaderUrl: string;
};

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

/** Starts the stores that this machine must run (ownStores). Closed by `resources`. */
export async function startStores(options: {
  folder: string;
  ports: Pick<Ports, 'redis' | 'mysql'>;
  urls: StoreUrls;
  resources: AsyncDisposableStack;
  say: (line: string) => void;
}): Promise<LocalProcess[]> {
  const { folder, ports, urls, resources, say } = options;
  const servers: Partial<Servers> = await findServers(ownStores(urls, ports), say);
  const starting: Promise<LocalProcess>[] = [];
  if (servers.redis) starting.push(startRedis(servers.redis, { folder: join(folder, 'redis'), port: ports.redis }));
  if (servers.mysql) starting.push(startMysql(servers.mysql, { folder: join(folder, 'mysql'), port: ports.mysql }));
  // If one fails to start, the other must still be closed.
  for (const result of await Promise.allSettled(starting)) {
    if (result.status === 'fulfilled') resources.defer(() => result.value.stop());
  }
  return await Promise.all(starting);
}

/** Starts the SNS and SQS emulator; with `dataFolder`, its queues outlive it. */
export async function startEmulator(options: { port: number; dataFolder?: string; logFolder: string }) {
  const endpoint = `http://127.0.0.1:${options.port}`;
  const process = await startScript('emulator', {
    env: { PORT: String(options.port), ...(options.dataFolder !== undefined && { DATA_DIR: options.dataFolder }) },
    readyUrl: `${endpoint}/health`,
    logFolder: options.logFolder,
    isBackground: true,
  });
  return { process, endpoint, env: emulatorEnvironment(endpoint) };
}
