import { join } from 'node:path';
import { emulatorEnvironment } from './emulator.ts';
import { startMysql } from './mysql.ts';
import type { Ports } from './ports.ts';
import type { LocalProcess } from './process.ts';
import { startRedis } from './redis.ts';
import { findServers, type Servers } from './servers.ts';
import { startScript } from './services.ts';
import { ownStores, type StoreUrls } from './store-urls.ts';

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
