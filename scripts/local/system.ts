import { join } from 'node:path';
import { messaging } from '../../services/shared/events/messaging.ts';
import { isNeededToSell, type ServiceName, serviceNames } from '../../services/shared/http/path-table.ts';
import { counterpartEnvironment, counterpartsAt } from './counterpart-settings.ts';
import { counterparts, startCounterpart } from './counterparts.ts';
import { queueUrl, topicArn } from './emulator.ts';
import { startNginx } from './nginx.ts';
import { type Addresses, addressesAt, assertPortsFree, type Ports } from './ports.ts';
import type { LocalProcess } from './process.ts';
import { secretsOf } from './secrets.ts';
import { findServers } from './servers.ts';
import { startService } from './services.ts';
import { ownStores, type StoreUrls } from './store-urls.ts';
import { startEmulator, startStores } from './stores.ts';

/** The running processes: those that sales need, and those of the other services and of stand-ins. */
export type LocalSystem = { needed: LocalProcess[]; others: LocalProcess[] };

/**
 * Starts the system on one machine: the stores, then what `prepare` does in them, the emulator, the services that sell, the load
 * balancer, and then all other services. `resources` stops everything in reverse order. If a service that sales do not need cannot
 * start, or ends, `say` reports that, and sales go on.
 */
export async function startSystem(options: {
  folder: string;
  ports: Ports;
  urls: StoreUrls;
  resources: AsyncDisposableStack;
  say: (line: string) => void;
  prepare: (urls: StoreUrls) => Promise<void>;
  /** Whether to start the services that sales do not need; by default they are started. */
  others?: boolean;
  /** Further settings of the services, which win. */
  settings?: Record<string, string>;
}): Promise<LocalSystem> {
  const { folder, ports, urls, resources, say, prepare } = options;
  const others = options.others === false ? [] : serviceNames.filter((service) => !isNeededToSell(service));
  const logFolder = join(folder, 'log');
  const keep = (process: LocalProcess) => {
    resources.defer(() => process.stop());
    say(`  ${process.name} is up`);
    return process;
  };

  const { redis, mysql, ...ofPrograms } = ports;
  const own = ownStores(urls, ports);
  await assertPortsFree({ ...ofPrograms, ...(own.includes('redis') && { redis }), ...(own.includes('mysql') && { mysql }) });
  // Looked for together with the stores, so that one message names all that is missing before anything starts.
  const { nginx } = await findServers([...own, 'nginx'], say);
  const stores = await startStores({ folder, ports, urls, resources, say });
  for (const store of stores) say(`  ${store.name} is up`);
  await prepare(urls);
  const emulator = await startEmulator({ port: ports.emulator, dataFolder: join(folder, 'emulator'), logFolder });
  keep(emulator.process);
  const env = {
    ...emulator.env,
    ...counterpartEnvironment(counterpartsAt(ports)),
    ...serviceEnvironment(urls, emulator.endpoint, addressesAt(ports)),
    ...secretsOf(folder),
    ...options.settings,
    // Everybody on this machine has one address. With CLIENT_LIMITS=true, the limits can be tried.
    CLIENT_LIMITS: process.env.CLIENT_LIMITS || 'false',
  };
  const start = async (service: ServiceName) => {
    const METRICS_PORT = String(ports[`${service}-metrics`] ?? 0);
    return keep(await startService(service, { port: ports[service], env: { ...env, METRICS_PORT }, logFolder }));
  };
  const services = [await start('query'), await start('persistence'), await start('purchase')];
  const atNginx = { folder: join(folder, 'nginx'), port: ports['load-balancer'], services: ports };
  const loadBalancer = keep(await startNginx(nginx, atNginx));
  const unneeded = [
    ...(options.others === false ? [] : counterparts).map((name) => ({
      name,
      start: async () => keep(await startCounterpart(name, { folder, ports })),
    })),
    ...others.map((name) => ({ name, start: () => start(name) })),
  ];
  const started = await Promise.all(unneeded.map(({ name, start: startIt }) => startUnneeded(startIt, { name, resources, say })));
  return {
    needed: [...stores, emulator.process, ...services, loadBalancer],
    others: started.filter((process) => process !== undefined),
  };
}

/** Starts a service or a stand-in that sales do not need. Reports, but does not reject, if it cannot start or if it ends later. */
async function startUnneeded(
  start: () => Promise<LocalProcess>,
  of: { name: string; resources: AsyncDisposableStack; say: (line: string) => void },
): Promise<LocalProcess | undefined> {
  const { name, resources, say } = of;
  const report = (what: string) => {
    if (!resources.disposed) say(`  ${name} ${what}`);
  };
  try {
    const started = await start();
    void started.exited.then(() => report(`ended unexpectedly. Sales go on without it; ${started.lastWords()}`));
    return started;
  } catch (error) {
    report(`could not be started. Sales go on without it: ${(error as Error).message}`);
    return undefined;
  }
}

/** The settings of all services except their secrets, with the stores at `urls` and the emulator at `endpoint`. */
export function serviceEnvironment(urls: StoreUrls, endpoint: string, addresses: Addresses): Record<string, string> {
  return {
    REDIS_URL: urls.redisUrl,
    REDIS_READER_URL: urls.redisReaderUrl,
    ...(urls.isRedisCluster && { REDIS_CLUSTER: 'true' }),
    DATABASE_URL: urls.databaseUrl,
    DATABASE_READER_URL: urls.databaseReaderUrl,
    SNS_TOPIC_ARN: topicArn(messaging.topic),
    SQS_QUEUE_URL: queueUrl(endpoint, messaging.queue),
    SQS_DEAD_LETTER_QUEUE_URL: queueUrl(endpoint, messaging.deadLetterQueue),
    PUBLIC_ORIGIN: addresses.publicOrigin,
    ACCOUNTS_URL: addresses.accountsUrl,
    PURCHASE_URL: addresses.purchaseUrl,
    CHECKOUT_URL: addresses.checkoutUrl,
    CHECKOUT_TOPIC_ARN: topicArn(messaging.checkoutTopic),
    CHECKOUT_QUEUE_URL: queueUrl(endpoint, messaging.workQueue),
    CHECKOUT_DEAD_LETTER_QUEUE_URL: queueUrl(endpoint, messaging.workDeadLetterQueue),
    MAIL_FROM: 'tickets@onsale.example',
  };
}
