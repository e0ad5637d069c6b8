import { join } from 'node:path';
import { findServers } from './binaries.ts';
import { emulatorEnvironment } from './emulator.ts';
import { localMysqlUrl, startMysql } from './mysql.ts';
import type { Ports } from './ports.ts';
import type { LocalProcess } from './process.ts';
import { startRedis } from './redis.ts';
import { startScript } from './services.ts';

export type StoreUrls = { redisUrl: string; databaseUrl: string; databaseReaderUrl: string };

export const localStoreUrls = (ports: Pick<Ports, 'redis' | 'mysql'>): StoreUrls => ({
  redisUrl: `redis://127.0.0.1:${ports.redis}`,
  databaseUrl: localMysqlUrl(ports.mysql),
  databaseReaderUrl: localMysqlUrl(ports.mysql),
});

/** The stores that the environment names, where it names them. */
export function storeUrls(ports: Pick<Ports, 'redis' | 'mysql'>, environment = process.env): StoreUrls {
  const local = localStoreUrls(ports);
  const { REDIS_URL, DATABASE_URL, DATABASE_READER_URL } = environment;
  return {
    redisUrl: REDIS_URL || local.redisUrl,
    databaseUrl: DATABASE_URL || local.databaseUrl,
    databaseReaderUrl: DATABASE_READER_URL || DATABASE_URL || local.databaseReaderUrl,
  };
}

/** Starts the Redis and MySQL that `urls` do not name elsewhere; closed by `resources`. */
export async function startStores(options: {
  folder: string;
  ports: Pick<Ports, 'redis' | 'mysql'>;
  urls: StoreUrls;
  resources: AsyncDisposableStack;
  say: (line: string) => void;
}): Promise<LocalProcess[]> {
  const { folder, ports, urls, resources, say } = options;
  const local = localStoreUrls(ports);
  const needed = { redis: urls.redisUrl === local.redisUrl, mysql: urls.databaseUrl === local.databaseUrl };
  if (!needed.redis && !needed.mysql) return [];
  const servers = await findServers(join(folder, 'bin'), say);
  const started: Promise<LocalProcess>[] = [];
  if (needed.redis) started.push(startRedis(servers.redis, { folder: join(folder, 'redis'), port: ports.redis }));
  if (needed.mysql) started.push(startMysql(servers.mysql, { folder: join(folder, 'mysql'), port: ports.mysql }));
  const settled = await Promise.allSettled(started);
  for (const result of settled) if (result.status === 'fulfilled') resources.defer(() => result.value.stop());
  return await Promise.all(started);
}

/** Starts the SNS and SQS emulator; with `dataFolder`, its queues outlive it. */
export async function startEmulator(options: { port: number; dataFolder?: string; logFolder: string }) {
  const endpoint = `http://127.0.0.1:${options.port}`;
  const process = await startScript('emulator', {
    env: { PORT: String(options.port), ...(options.dataFolder !== undefined && { DATA_DIR: options.dataFolder }) },
    readyUrl: `${endpoint}/health`,
    logFolder: options.logFolder,
  });
  return { process, endpoint, env: emulatorEnvironment(endpoint) };
}
