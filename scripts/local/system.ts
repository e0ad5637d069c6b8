import { join } from 'node:path';
import { messaging } from '../../services/shared/events/messaging.ts';
import type { ServiceName } from '../../services/shared/http/path-table.ts';
import { queueUrl, topicArn } from './emulator.ts';
import { startNginx } from './nginx.ts';
import { assertPortsFree, type Ports } from './ports.ts';
import type { LocalProcess } from './process.ts';
import { secretsOf } from './secrets.ts';
import { findServers } from './servers.ts';
import { startService } from './services.ts';
import { ownStores, type StoreUrls } from './store-urls.ts';
import { startEmulator, startStores } from './stores.ts';

/**
 * Starts the whole system on one machine: the stores, then what `prepare` does in them, the emulator, the services and the
 * load balancer. `resources` stops everything in reverse order: the load balancer first, the stores last.
 */
export async function startSystem(options: {
  folder: string;
  ports: Ports;
  urls: StoreUrls;
  resources: AsyncDisposableStack;
  say: (line: string) => void;
  prepare: (urls: StoreUrls) => Promise<void>;
}): Promise<LocalProcess[]> {
  const { folder, ports, urls, resources, say, prepare } = options;
  const logFolder = join(folder, 'log');
  const keep = (process: LocalProcess) => {
    resources.defer(() => process.stop());
    say(`  ${process.name} is up`);
    return process;
  };

  const { redis, mysql, ...others } = ports;
  const own = ownStores(urls, ports);
  await assertPortsFree({ ...others, ...(own.includes('redis') && { redis }), ...(own.includes('mysql') && { mysql }) });
  // Looked for together with the stores, so that one message names all that is missing before anything starts.
  const { nginx } = await findServers([...own, 'nginx'], say);
  const stores = await startStores({ folder, ports, urls, resources, say });
  for (const store of stores) say(`  ${store.name} is up`);
  await prepare(urls);
  const emulator = await startEmulator({ port: ports.emulator, dataFolder: join(folder, 'emulator'), logFolder });
  keep(emulator.process);
  const env = { ...emulator.env, ...serviceEnvironment(urls, emulator.endpoint), ...secretsOf(folder) };
  const start = async (service: ServiceName) => {
    const METRICS_PORT = String(ports[`${service}-metrics`] ?? 0);
    return keep(await startService(service, { port: ports[service], env: { ...env, METRICS_PORT }, logFolder }));
  };
  const services = [await start('query'), await start('persistence'), await start('purchase')];
  const atNginx = { folder: join(folder, 'nginx'), port: ports['load-balancer'], services: ports };
  const loadBalancer = keep(await startNginx(nginx, atNginx));
  return [...stores, emulator.process, ...services, loadBalancer];
}

/** The settings of all services except their secrets, with the stores at `urls` and the emulator at `endpoint`. */
export function serviceEnvironment(urls: StoreUrls, endpoint: string): Record<string, string> {
  return {
    REDIS_URL: urls.redisUrl,
    REDIS_READER_URL: urls.redisReaderUrl,
    ...(urls.isRedisCluster && { REDIS_CLUSTER: 'true' }),
    DATABASE_URL: urls.databaseUrl,
    DATABASE_READER_URL: urls.databaseReaderUrl,
    SNS_TOPIC_ARN: topicArn(messaging.topic),
    SQS_QUEUE_URL: queueUrl(endpoint, messaging.queue),
    SQS_DEAD_LETTER_QUEUE_URL: queueUrl(endpoint, messaging.deadLetterQueue),
  };
}
