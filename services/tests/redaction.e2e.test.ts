import { readFileSync } from 'node:fs';
import { afterAll, expect, it, vi } from 'vitest';
import { startTestService } from '../../scripts/testing/services.ts';
import { createMessaging, openTestEvent, urls } from '../../scripts/testing/stores.ts';
import type { ServiceName } from '../shared/http/path-table.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const secret = (of: string) => `the-secret-of-${of}-0123456789`;
const ofSettings = ['redis', 'mysql', 'aws', 'ops', 'orders-tokens', 'services', 'accounts-keys'];
const secrets = [...ofSettings, 'authorization', 'cookie', 'guess'].map(secret);

it('no secret is in the logs, even at the trace level: neither from settings that the stores reject, nor from requests', async () => {
  const { eventId, venueId } = await openTestEvent();
  const messaging = await createMessaging();
  const withPassword = (url: string, of: string) => url.replace(/\/\/(.*@)?/, `//nobody:${secret(of)}@`);
  const env = {
    LOG_LEVEL: 'trace',
    OPS_TOKEN: secret('ops'),
    ORDER_TOKEN_SECRET: secret('orders-tokens'),
    SERVICE_SECRET: secret('services'),
    ACCOUNTS_KEY_SECRET: secret('accounts-keys'),
    AWS_SECRET_ACCESS_KEY: secret('aws'),
    REDIS_URL: withPassword(urls.redisUrl, 'redis'),
    REDIS_READER_URL: withPassword(urls.redisUrl, 'redis'),
    DATABASE_URL: withPassword(urls.databaseUrl, 'mysql'),
    DATABASE_READER_URL: withPassword(urls.databaseReaderUrl, 'mysql'),
  };
  const start = (service: ServiceName) => startTestService(service, messaging, { resources, env });
  const [purchase, query, persistence] = [await start('purchase'), await start('query'), await start('persistence')];
  const [accounts, catalogue] = [await start('accounts'), await start('catalogue')];
  const services = [purchase, query, persistence, accounts, catalogue];

  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${secret('ops')}`,
    cookie: `session=${secret('cookie')}`,
  };
  const stranger = { authorization: `Bearer ${secret('authorization')}` };
  const seat = JSON.stringify({ venueId, eventId, zoneId: 1, row: 'A', column: 1 });
  const answers = [
    await fetch(`${purchase.base}/purchase/api/v1/tickets`, { method: 'POST', headers, body: seat }),
    await fetch(`${purchase.base}/purchase/api/v1/tickets`, { method: 'POST', headers, body: '{' }),
    await fetch(`${query.base}/query/api/v1/tickets/count/${eventId}`, { headers }),
    await fetch(`${query.base}/query/api/v1/tickets/count/${eventId}`, { headers: stranger }),
    await fetch(`${query.base}/query/ops`, { headers: stranger }),
    await fetch(`${query.base}/query/ops/session`, {
      method: 'POST',
      headers: { origin: query.base },
      body: new URLSearchParams({ token: secret('guess') }),
    }),
    await fetch(`${persistence.base}/events/health`, { headers }),
    await fetch(`${accounts.base}/accounts/health`, { headers }),
    await fetch(`${catalogue.base}/catalogue/health`, { headers }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([503, 400, 503, 401, 401, 401, 503, 503, 503]);

  const logs = () => services.map(({ logFile }) => readFileSync(logFile, 'utf8')).join('');
  // Once the stores' rejections are in the logs, so would the secrets be.
  await vi.waitFor(() => expect(logs()).toMatch(/WRONGPASS/), 20_000);
  await vi.waitFor(() => expect(logs()).toMatch(/ER_ACCESS_DENIED_ERROR|Access denied/), 20_000);
  await Promise.all(services.map((service) => service.stop()));
  const text = logs();
  expect(secrets.filter((one) => text.includes(one))).toEqual([]);
});
