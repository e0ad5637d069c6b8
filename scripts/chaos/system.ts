import { join } from 'node:path';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { createTokenIssuer, type TokenIssuer } from '../../services/accounts/tokens/token-issuer.ts';
import { pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { issuerOf } from '../../services/shared/identity/access-tokens.ts';
import { connectStores } from '../local/connect.ts';
import { paymentsSettings, providerSettings } from '../local/counterpart-settings.ts';
import { emulatorEnvironment } from '../local/emulator.ts';
import { freePort } from '../local/free-ports.ts';
import { connectMessaging } from '../local/messaging.ts';
import { startMysql } from '../local/mysql.ts';
import type { LocalProcess } from '../local/process.ts';
import { startRedis } from '../local/redis.ts';
import { secretsOf } from '../local/secrets.ts';
import { findServers } from '../local/servers.ts';
import { startScript, startService } from '../local/services.ts';
import { localStoreUrls } from '../local/store-urls.ts';
import { startEmulator } from '../local/stores.ts';
import { serviceEnvironment } from '../local/system.ts';
import type { System } from '../onsale/system.ts';
import { layCable, through } from '../testing/cable.ts';
import { type PartName, partNames } from './faults.ts';
import { misbehaviourAt } from './misbehaviour.ts';
import { createPart, type Part } from './part.ts';

/** The system under chaos: its parts, its URLs, and connections to the stores that bypass the cables. */
export type ChaosSystem = System & {
  parts: Record<PartName, Part>;
  purchaseUrls: string[];
  queryUrl: string;
  catalogueUrl: string;
  checkoutUrls: string[];
  /** The payment provider. */
  paymentsUrl: string;
  opsToken: string;
  /** Signs buyers in, as accounts does. */
  issuer: TokenIssuer;
  /** One per service task; GET returns 200 if it is healthy. */
  healthUrls: string[];
  /** When the emulator last started with empty memory; Unix time in ms. */
  emulatorUpSinceMs(): number;
};

/** The least that checkout takes: seats of people who went away are free again during a run. */
const checkoutMinutes = 1;

/** Two for each of the three events that are verified in parallel. */
const connections = 6;

/**
 * Empty means unset, so the services run with their own defaults, whatever our environment has. Clients are not limited: all
 * of them have one address.
 */
const defaults = { LOG_LEVEL: '', WEB_CONCURRENCY: '', REDIS_CLUSTER: '', CLIENT_LIMITS: 'false' };

/**
 * Starts stores, emulator and services on free ports, with data and logs in `folder`. `root` is the repository root whose services
 * run, by default this one. Services reach the stores and the emulator through cables. `resources` kills everything: no data is kept.
 */
export async function startChaosSystem(options: {
  folder: string;
  root?: string;
  resources: AsyncDisposableStack;
  say: (line: string) => void;
  onDeath: (part: PartName) => void;
}): Promise<ChaosSystem> {
  const { folder, root, resources, say, onDeath } = options;
  const { redis: redisServer, mysql: mysqlServer } = await findServers(['redis', 'mysql'], say);
  if (redisServer.docker || mysqlServer.docker)
    throw new Error('Chaos kills servers, so it needs Redis and MySQL or MariaDB as local processes, not in Docker');

  const ports = Object.fromEntries(await Promise.all(partNames.map(async (name) => [name, await freePort()]))) as Record<
    PartName,
    number
  >;
  const parts = {} as Record<PartName, Part>;
  const add = async (name: PartName, launch: () => Promise<LocalProcess>, means: Pick<Part, 'cable' | 'misbehaviour'> = {}) => {
    const part = createPart(launch, () => onDeath(name), means);
    parts[name] = part;
    resources.defer(() => part.end());
    await part.start();
    say(`  ${name} is up`);
  };
  const cableTo = async (name: PartName) => await layCable(ports[name], resources, await freePort());
  const logFolderOf = (name: PartName) => join(folder, 'log', name.replace(' ', '-'));

  const cables = { redis: await cableTo('redis'), mysql: await cableTo('mysql'), emulator: await cableTo('emulator') };
  await Promise.all([
    add('redis', () => startRedis(redisServer, { folder: join(folder, 'redis'), port: ports.redis }), { cable: cables.redis }),
    add('mysql', () => startMysql(mysqlServer, { folder: join(folder, 'mysql'), port: ports.mysql }), { cable: cables.mysql }),
  ]);
  let upSinceMs = 0;
  const launchEmulator = async () => {
    // Without a data folder, so messages in its queues die with it.
    const { process } = await startEmulator({ port: ports.emulator, logFolder: logFolderOf('emulator') });
    upSinceMs = Date.now();
    return process;
  };
  await add('emulator', launchEmulator, { cable: cables.emulator });

  const urls = localStoreUrls(ports);
  const stores = await connectStores(urls, resources, connections);
  stores.redis.on('error', () => {});
  await migrateToLatest(stores.db);
  const cabled = {
    redisUrl: through(cables.redis, urls.redisUrl),
    redisReaderUrl: through(cables.redis, urls.redisUrl),
    isRedisCluster: false,
    databaseUrl: through(cables.mysql, urls.databaseUrl),
    databaseReaderUrl: through(cables.mysql, urls.databaseUrl),
  };
  const endpoint = `http://127.0.0.1:${cables.emulator.port}`;
  const urlOf = (name: PartName) => `http://127.0.0.1:${ports[name]}`;
  const addresses = {
    publicOrigin: 'http://localhost',
    accountsUrl: urlOf('accounts'),
    purchaseUrl: urlOf('purchase 1'),
    checkoutUrl: urlOf('checkout 1'),
  };
  const settings = { ...emulatorEnvironment(endpoint), ...serviceEnvironment(cabled, endpoint, addresses) };
  const secrets = secretsOf(folder);
  const env = { ...defaults, ...settings, ...secrets };
  const addService = (name: PartName, service: ServiceName, more: Record<string, string> = {}) => {
    const at = { port: ports[name], env: { ...env, ...more }, logFolder: logFolderOf(name), ...(root !== undefined && { root }) };
    return add(name, () => startService(service, at));
  };
  await addService('purchase 1', 'purchase');
  await addService('purchase 2', 'purchase');
  await addService('persistence', 'persistence');
  await addService('query', 'query');
  await addService('accounts', 'accounts');
  await addService('catalogue', 'catalogue');
  const paymentsUrl = urlOf('payments');
  const ofPayments = {
    ...{ PORT: String(ports.payments), DATA_DIR: join(folder, 'payments') },
    ...paymentsSettings({ checkoutUrl: urlOf('checkout 1'), pageUrl: paymentsUrl }),
    PAYPAL_WEBHOOK_URL: paymentsSettings({ checkoutUrl: urlOf('checkout 2'), pageUrl: paymentsUrl }).PAYPAL_WEBHOOK_URL,
  };
  const launchPayments = () =>
    startScript('payments', { env: ofPayments, readyUrl: `${paymentsUrl}/health`, logFolder: logFolderOf('payments') });
  await add('payments', launchPayments, { misbehaviour: misbehaviourAt(paymentsUrl) });
  const toProviders = { ...providerSettings(paymentsUrl), CHECKOUT_MINUTES: String(checkoutMinutes) };
  await addService('checkout 1', 'checkout', toProviders);
  await addService('checkout 2', 'checkout', { ...toProviders, PURCHASE_URL: urlOf('purchase 2') });

  const purchaseUrls = [urlOf('purchase 1'), urlOf('purchase 2')];
  const checkoutUrls = [urlOf('checkout 1'), urlOf('checkout 2')];
  return {
    ...stores,
    messaging: connectMessaging(ports, resources, {}),
    parts,
    purchaseUrls,
    queryUrl: urlOf('query'),
    catalogueUrl: urlOf('catalogue'),
    checkoutUrls,
    paymentsUrl,
    opsToken: secrets.OPS_TOKEN,
    issuer: createTokenIssuer({
      db: stores.db,
      keySecret: secrets.ACCOUNTS_KEY_SECRET,
      issuer: issuerOf(addresses.publicOrigin),
    }),
    healthUrls: [
      ...purchaseUrls.map((url) => `${url}${pathTable.purchase.prefix}/health`),
      ...checkoutUrls.map((url) => `${url}${pathTable.checkout.prefix}/health`),
      `${paymentsUrl}/health`,
      `${urlOf('persistence')}${pathTable.persistence.prefix}/health`,
      ...(['query', 'accounts', 'catalogue'] as const).map((service) => `${urlOf(service)}${pathTable[service].prefix}/health`),
    ],
    emulatorUpSinceMs: () => upSinceMs,
  };
}
