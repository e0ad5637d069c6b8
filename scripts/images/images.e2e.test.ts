import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { emulatorEnvironment } from '../local/emulator.ts';
import { freePort } from '../local/free-ports.ts';
import { defaultPorts } from '../local/ports.ts';
import { answers, startProcess } from '../local/process.ts';
import { accountsKeySecret, orderTokenSecret } from '../testing/apps.ts';
import { buy, get } from '../testing/http.ts';
import { checkoutSettings, testFolder } from '../testing/services.ts';
import { createCheckoutMessaging, createMessaging, unique, urls } from '../testing/stores.ts';
import { serviceSecret } from '../testing/tokens.ts';
import { describeImage, layOut, layOutPackages } from './image.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const folder = testFolder(resources);
const images = {
  purchase: describeImage('service', { SERVICE: 'purchase' }),
  query: describeImage('service', { SERVICE: 'query' }),
  persistence: describeImage('service', { SERVICE: 'persistence' }),
  accounts: describeImage('service', { SERVICE: 'accounts' }),
  catalogue: describeImage('service', { SERVICE: 'catalogue' }),
  checkout: describeImage('service', { SERVICE: 'checkout' }),
  operations: describeImage('operations'),
  'load-balancer-config': describeImage('load-balancer-config'),
};
type Name = keyof typeof images;

const eventId = unique('event');
const venueId = unique('venue');
const eventFile = join(folder, 'event.json');

beforeAll(() => {
  // Once for all images: Node also looks for packages in parent folders.
  layOutPackages(folder);
  for (const [name, image] of Object.entries(images)) {
    mkdirSync(join(folder, name));
    layOut(image, join(folder, name));
  }
  const event = { eventId, name: 'An event', onSaleAt: '2026-01-01T00:00:00Z', currency: 'USD' };
  const zones = [{ zoneId: 1, rows: 2, columns: 2, price: '100.00' }];
  writeFileSync(eventFile, JSON.stringify({ venue: { venueId, name: 'A venue' }, event, zones }));
});

const messaging = await createMessaging();
const environment = {
  ...emulatorEnvironment(urls.endpoint),
  REDIS_URL: urls.redisUrl,
  REDIS_READER_URL: urls.redisReaderUrl,
  DATABASE_URL: urls.databaseUrl,
  DATABASE_READER_URL: urls.databaseReaderUrl,
  SNS_TOPIC_ARN: messaging.topicArn,
  SQS_QUEUE_URL: messaging.queueUrl,
  SQS_DEAD_LETTER_QUEUE_URL: messaging.deadLetterQueueUrl,
  ...checkoutSettings(await createCheckoutMessaging()),
  CLIENT_LIMITS: 'false',
  ORDER_TOKEN_SECRET: orderTokenSecret,
  SERVICE_SECRET: serviceSecret,
  ACCOUNTS_KEY_SECRET: accountsKeySecret,
  PUBLIC_ORIGIN: 'http://localhost',
  PURCHASE_URL: 'http://127.0.0.1:1',
  MAIL_FROM: 'tickets@onsale.example',
};

/** Node's options for a program in an image. It may read only the image, the packages and the event file, and write nothing. */
const inImage = (name: Name) => ({
  cwd: join(folder, name, images[name].workdir),
  flags: [
    '--permission',
    '--allow-worker',
    ...[join(folder, name), join(folder, 'node_modules'), eventFile].map((path) => `--allow-fs-read=${path}`),
  ],
});

async function operate(...args: string[]): Promise<string> {
  return await runIn('operations', ...args);
}

async function runIn(name: Name, ...args: string[]): Promise<string> {
  const { cwd, flags } = inImage(name);
  const { stdout } = await execa(process.execPath, [...flags, ...args], { cwd, env: environment });
  return stdout;
}

async function startImage(name: ServiceName) {
  const { cwd, flags } = inImage(name);
  const port = await freePort();
  const env = { ...environment, PORT: String(port), METRICS_PORT: '0', HOST: '127.0.0.1', ...images[name].env };
  const { command } = images[name];
  const started = await startProcess({
    name,
    command: process.execPath,
    args: [...flags, ...command.slice(1, -1), join(cwd, command.at(-1) ?? '')],
    env,
    logFile: join(folder, `${name}.log`),
    isReady: answers(`http://127.0.0.1:${port}${pathTable[name].prefix}/live`),
  });
  resources.defer(() => started.stop());
  const [, probe = ''] = images[name].healthcheck;
  /** Resolves to the exit code of the container's health check. */
  const checkHealth = async () => (await execa(process.execPath, [...flags, probe], { cwd, env, reject: false })).exitCode;
  return { ...started, base: `http://127.0.0.1:${port}`, checkHealth };
}

it('the images open an event, sell, count and verify a ticket and exit with 0, reading only themselves and writing nothing', async () => {
  expect(await operate('scripts/migrate.ts')).toBe('The schema is up to date');
  expect(await operate('scripts/onsale/main.ts', 'open', eventFile)).toMatch(/: 1 zone, 4 seats\n(.*\n)+.* opened$/);
  const [purchase, query, persistence, accounts, catalogue, checkout] = [
    await startImage('purchase'),
    await startImage('query'),
    await startImage('persistence'),
    await startImage('accounts'),
    await startImage('catalogue'),
    await startImage('checkout'),
  ];
  const services = [purchase, query, persistence, accounts, catalogue, checkout];

  expect(await buy(purchase.base, { venueId, eventId })).toMatchObject({ status: 201 });
  const count = async () => (await get(`${query.base}/query/api/v1/tickets/count/${eventId}`)).body.count;
  await vi.waitFor(async () => expect(await count()).toBe(1), { timeout: 100_000, interval: 50 });
  expect((await get(`${purchase.base}/purchase/health`)).status).toBe(200);
  expect((await get(`${query.base}/query/health`)).status).toBe(200);
  expect((await get(`${persistence.base}/events/health`)).status).toBe(200);
  expect((await get(`${accounts.base}/accounts/health`)).status).toBe(200);
  expect((await get(`${catalogue.base}/catalogue/health`)).status).toBe(200);
  expect((await get(`${checkout.base}/checkout/health`)).status).toBe(200);
  expect((await fetch(`${query.base}/query/docs/`)).status).toBe(200);
  expect(await operate('scripts/onsale/main.ts', 'verify', eventId)).toContain('1 ticket for 100.00 USD');

  expect(await Promise.all(services.map(({ checkHealth }) => checkHealth()))).toEqual(services.map(() => 0));
  for (const service of services) service.kill('SIGTERM');
  expect(await Promise.all(services.map(({ exited }) => exited))).toEqual(services.map(() => [0, null]));
  expect(await Promise.all(services.map(({ checkHealth }) => checkHealth()))).toEqual(services.map(() => 1));
});

it("the load balancer's image generates its configuration from its own files, with each service at the container of its name", async () => {
  const config = await runIn('load-balancer-config', 'scripts/local/print-nginx-config.ts');
  for (const [service, { port }] of Object.entries(pathTable)) expect(config).toContain(`server ${service}:${port} resolve;`);
  expect(config).toContain(`listen ${defaultPorts['load-balancer']} `);
  const [page = ''] = describeImage('load-balancer').files.keys();
  expect(config).toContain(`alias ${page};`);
});
