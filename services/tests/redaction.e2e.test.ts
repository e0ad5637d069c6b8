import { readFileSync } from 'node:fs';
import { afterAll, expect, it, vi } from 'vitest';
import { startTestService } from '../../scripts/testing/services.ts';
import { createMessaging, openTestEvent, urls } from '../../scripts/testing/stores.ts';
import type { ServiceName } from '../shared/http/path-table.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const secret = (of: string) => `the-secret-of-${of}-0123456789`;
const ofSettings = [
  'redis',
  'mysql',
  'aws',
  'ops',
  'orders-tokens',
  'services',
  'accounts-keys',
  'stripe',
  'stripe-webhooks',
  'paypal',
];
const secrets = [...ofSettings, 'authorization', 'cookie', 'guess', 'checkout-token', 'email'].map(secret);

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
    STRIPE_SECRET_KEY: secret('stripe'),
    STRIPE_WEBHOOK_SECRET: secret('stripe-webhooks'),
    PAYPAL_CLIENT_ID: 'onsale',
    PAYPAL_CLIENT_SECRET: secret('paypal'),
    STRIPE_URL: 'http://127.0.0.1:1',
    PAYPAL_URL: 'http://127.0.0.1:1',
    REDIS_URL: withPassword(urls.redisUrl, 'redis'),
    REDIS_READER_URL: withPassword(urls.redisUrl, 'redis'),
    DATABASE_URL: withPassword(urls.databaseUrl, 'mysql'),
    DATABASE_READER_URL: withPassword(urls.databaseReaderUrl, 'mysql'),
  };
  const start = (service: ServiceName) => startTestService(service, messaging, { resources, env });
  const [purchase, query, persistence] = [await start('purchase'), await start('query'), await start('persistence')];
  const [accounts, catalogue] = [await start('accounts'), await start('catalogue')];
  const checkout = await start('checkout');
  const services = [purchase, query, persistence, accounts, catalogue, checkout];

  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${secret('ops')}`,
    cookie: `session=${secret('cookie')}`,
  };
  const stranger = { authorization: `Bearer ${secret('authorization')}` };
  const seat = JSON.stringify({ venueId, eventId, zoneId: 1, row: 'A', column: 1 });
  const checkoutId = '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b';
  const wish = JSON.stringify({ holdId: `${eventId}~AAAAAAAAAAAAAAAAAAAAAA`, email: `${secret('email')}@example.com` });
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
    await fetch(`${checkout.base}/checkout/health`, { headers }),
    await fetch(`${checkout.base}/checkout/return/${checkoutId}?checkoutToken=${secret('checkout-token')}`, {
      redirect: 'manual',
    }),
    await fetch(`${checkout.base}/checkout/api/v1/checkouts`, { method: 'POST', headers, body: wish }),
    await fetch(`${checkout.base}/checkout/webhooks/stripe`, { method: 'POST', headers, body: '{}' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([503, 400, 503, 401, 401, 401, 503, 503, 503, 503, 303, 503, 400]);

  const logs = () => services.map(({ logFile }) => readFileSync(logFile, 'utf8')).join('');
  // Once the stores' rejections are in the logs, so would the secrets be.
  await vi.waitFor(() => expect(logs()).toMatch(/WRONGPASS/), 20_000);
  await vi.waitFor(() => expect(logs()).toMatch(/ER_ACCESS_DENIED_ERROR|Access denied/), 20_000);
  await Promise.all(services.map((service) => service.stop()));
  const text = logs();
  expect(secrets.filter((one) => text.includes(one))).toEqual([]);
});
