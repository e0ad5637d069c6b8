import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Redis } from 'ioredis';
import { migrateToLatest } from '../../migrations/migrate.ts';
import { pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { connectDatabase, type Database } from '../../services/shared/stores/database.ts';
import { paymentsSettings } from '../local/counterpart-settings.ts';
import { emulatorEnvironment, queueArn } from '../local/emulator.ts';
import { freePort } from '../local/free-ports.ts';
import { answers, type LocalProcess, startProcess } from '../local/process.ts';
import { startScript, startService } from '../local/services.ts';
import { localStoreUrls, type StoreUrls } from '../local/store-urls.ts';
import { startEmulator, startStores } from '../local/stores.ts';
import { serviceEnvironment } from '../local/system.ts';

/** The bench's own stores and emulator, with connections to the stores. */
export type Bench = {
  folder: string;
  urls: StoreUrls;
  endpoint: string;
  /** The settings of all services. */
  env: Record<string, string>;
  db: Database;
  redis: Redis;
};

export type Server = LocalProcess & { url: string };

/** Starts the stores and the emulator on free ports, in a folder that is emptied first. `resources` stops them. */
export async function startBench(folder: string, resources: AsyncDisposableStack, say: (line: string) => void): Promise<Bench> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const ports = { redis: await freePort(), mysql: await freePort() };
  const urls = localStoreUrls(ports);
  await startStores({ folder, ports, urls, resources, say });
  const emulator = await startEmulator({ port: await freePort(), logFolder: folder });
  resources.defer(() => emulator.process.stop());
  const db = connectDatabase(urls.databaseUrl, 2);
  resources.defer(() => db.destroy());
  await migrateToLatest(db);
  const redis = new Redis(urls.redisUrl);
  resources.defer(() => redis.disconnect());
  await neverRewrite(redis);
  const { endpoint } = emulator;
  return { folder, urls, endpoint, env: settingsAt(urls, endpoint), db, redis };
}

/** Turns off automatic AOF rewrites, which would slow down an arbitrary round. */
export async function neverRewrite(redis: Redis): Promise<void> {
  await redis.config('SET', 'auto-aof-rewrite-percentage', '0');
}

/** Starts a service as a separate process on a free port. `more` overrides the bench's settings. `resources` stops it. */
export async function startBenchService(
  { folder, env }: Bench,
  service: ServiceName,
  resources: AsyncDisposableStack,
  more: Record<string, string> = {},
  port?: number,
): Promise<Server> {
  port ??= await freePort();
  const started = await startService(service, { port, env: { ...env, ...more }, logFolder: folder });
  await keep(started, resources);
  return { ...started, url: `http://127.0.0.1:${port}${pathTable[service].prefix}/api/v1` };
}

/**
 * Empty means unset, so the services run with their own defaults, whatever the bench's environment has. Clients are not limited: all
 * of them have one address.
 */
const defaults = { LOG_LEVEL: '', WEB_CONCURRENCY: '', REDIS_CLUSTER: '', CLIENT_LIMITS: 'false' };

/** The settings of all services, with SNS and SQS at `endpoint`. */
export const settingsAt = (urls: StoreUrls, endpoint: string): Record<string, string> => ({
  ...defaults,
  ...emulatorEnvironment(endpoint),
  ...serviceEnvironment(urls, endpoint, { publicOrigin: 'http://localhost', accountsUrl: '', purchaseUrl: '', checkoutUrl: '' }),
  ORDER_TOKEN_SECRET: 'the secret of the bench, 32 characters',
  SERVICE_SECRET: 'the secret of the bench, 32 characters',
});

/** Starts one of the bench's own servers in the same way; `script` is import.meta.resolve of its file. */
export async function startBenchServer(
  { folder, env }: Bench,
  script: string,
  resources: AsyncDisposableStack,
  more: Record<string, string> = {},
): Promise<Server> {
  const port = await freePort();
  const file = fileURLToPath(script);
  const name = file.replace(/^.*\/|\.ts$/g, '');
  const started = await startProcess({
    name,
    command: process.execPath,
    args: [file],
    env: { ...env, ...more, PORT: String(port) },
    logFile: join(folder, `${name}.log`),
    isReady: answers(`http://127.0.0.1:${port}/live`),
  });
  await keep(started, resources);
  return { ...started, url: `http://127.0.0.1:${port}` };
}

/** Starts the local payment provider, which sends its webhooks to `checkoutUrl`; without it, nowhere. */
export async function startBenchPayments(
  { folder }: Bench,
  resources: AsyncDisposableStack,
  { checkoutUrl }: { checkoutUrl?: string } = {},
): Promise<Server> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const toCheckout = checkoutUrl === undefined ? {} : paymentsSettings({ checkoutUrl, pageUrl: url });
  const env = { PORT: String(port), DATA_DIR: join(folder, `payments-${port}`), ...toCheckout };
  const started = await startScript('payments', { env, readyUrl: `${url}/health`, logFolder: folder });
  await keep(started, resources);
  return { ...started, url };
}

/** Registers the process with `resources`, or stops it and throws if the run was interrupted while it started. */
async function keep(started: LocalProcess, resources: AsyncDisposableStack): Promise<void> {
  if (resources.disposed) {
    await started.stop();
    throw new Error('the run was interrupted');
  }
  resources.defer(() => started.stop());
}

/**
 * A topic without subscribers. On AWS, delivery to queues takes no CPU of this machine, and messages must not pile up in a
 * queue that nobody reads.
 */
export const createLonelyTopic = ({ endpoint }: Bench): Promise<string> => createTopic(clientOptions(endpoint));

/** A topic whose messages the emulator delivers to a queue, as SNS does for the worker. Nobody reads that queue. */
export async function createDeliveringTopic({ endpoint }: Bench): Promise<string> {
  const options = clientOptions(endpoint);
  const TopicArn = await createTopic(options);
  const [sns, sqs] = [new SNSClient(options), new SQSClient(options)];
  try {
    const QueueName = `bench-${randomUUID()}`;
    await sqs.send(new CreateQueueCommand({ QueueName }));
    const Attributes = { RawMessageDelivery: 'true' };
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queueArn(QueueName), Attributes }));
    return TopicArn;
  } finally {
    sns.destroy();
    sqs.destroy();
  }
}

const clientOptions = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
});

async function createTopic(options: ReturnType<typeof clientOptions>): Promise<string> {
  const sns = new SNSClient(options);
  try {
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `bench-${randomUUID()}` }));
    if (TopicArn === undefined) throw new Error('the emulator created no topic');
    return TopicArn;
  } finally {
    sns.destroy();
  }
}
