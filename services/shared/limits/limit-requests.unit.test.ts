import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { createHttpServer } from '../http/http-server.ts';
import type { Principal } from '../identity/principal.ts';
import { createRequestLimits, limitRequests } from './limit-requests.ts';

// No bucket refills while a slow machine is between two requests.
beforeAll(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterAll(() => void vi.useRealTimers());

const settings = {
  CLIENT_LIMITS: true,
  TRUSTED_PROXIES: 1,
  REQUESTS_PER_SECOND: 1,
  REQUESTS_AT_ONCE: 2,
  API_KEY_PLANS: 'standard=1/3/1000, vip=1000/1000/5',
};

/** Sends so many requests as a principal to an app with limits; returns the responses. */
function appWith(changes: Partial<typeof settings> = {}) {
  const app = createHttpServer({ logger: silentLogger });
  let sender = { kind: 'stranger' } as Principal;
  app.decorateRequest('principal', null as never);
  app.addHook('onRequest', (request, _reply, done) => {
    request.principal = sender;
    done();
  });
  const limits = createRequestLimits({ ...settings, ...changes });
  limitRequests(app, limits);
  app.get('/x/api/v1/things', () => ({}));
  app.get('/x/live', () => ({}));
  const send = async (principal: object, count: number, { url = '/x/api/v1/things', address = '203.0.113.1' } = {}) => {
    const answers = [];
    for (let at = 0; at < count; at++) {
      sender = principal as Principal;
      answers.push(await app.inject({ url, headers: { 'x-forwarded-for': address } }));
    }
    return answers;
  };
  const statuses = async (...given: Parameters<typeof send>) => (await send(...given)).map(({ statusCode }) => statusCode);
  return { send, statuses, limits };
}

const stranger = { kind: 'stranger' };
const account = (accountId: string) => ({ kind: 'account', accountId, sessionId: 's', roles: {} });
const key = (keyId: string, plan: string) => ({ kind: 'key', keyId, organiserId: 'main', scopes: [], plan });

it('strangers share the bucket of their network, and see how it stands only beyond the limit', async () => {
  const { send, statuses, limits } = appWith();
  const [first, second, third] = await send(stranger, 3, { address: '2001:db8::1' });
  expect([first, second, third].map((answer) => answer?.statusCode)).toEqual([200, 200, 429]);
  expect(first?.headers['ratelimit']).toBeUndefined();
  expect(third?.headers).toMatchObject({
    'retry-after': '1',
    'ratelimit-policy': '"address";q=2;w=2',
    ratelimit: '"address";r=0;t=2',
  });
  expect(third?.json()).toMatchObject({
    code: 'RATE_LIMITED',
    detail: 'An address without credentials may send 1 requests a second, and 2 together',
  });
  expect(await statuses(stranger, 1, { address: '2001:db8::ffff' })).toEqual([429]);
  expect(await statuses(stranger, 1, { address: '2001:db8:0:1::1' })).toEqual([200]);
  expect([...limits.counts].filter(([, count]) => count > 0)).toEqual([['address', 2]]);
});

it('accounts at one address have a bucket each, and always see how it stands', async () => {
  const { send, statuses } = appWith();
  expect(await statuses(stranger, 3)).toEqual([200, 200, 429]);
  const [first, second, third] = await send(account('ann'), 3);
  expect([first, second, third].map((answer) => answer?.statusCode)).toEqual([200, 200, 429]);
  expect(first?.headers).toMatchObject({ 'ratelimit-policy': '"account";q=2;w=2', ratelimit: '"account";r=1;t=1' });
  expect(await statuses(account('bob'), 2)).toEqual([200, 200]);
  expect(await statuses(account('ann'), 1, { address: '203.0.113.9' })).toEqual([429]);
});

it('API keys have their plan, whatever their address, even if clients are not limited', async () => {
  const { send, statuses, limits } = appWith({ CLIENT_LIMITS: false });
  expect(await statuses(stranger, 10)).not.toContain(429);
  expect(await statuses(key('a', 'standard'), 4)).toEqual([200, 200, 200, 429]);
  expect(await statuses(key('b', 'standard'), 1)).toEqual([200]);
  const answers = await send(key('c', 'vip'), 6);
  expect(answers[0]?.headers).toMatchObject({ 'ratelimit-policy': '"burst";q=1000;w=1, "day";q=5;w=86400' });
  expect(answers[4]?.headers['ratelimit']).toMatch(/^"burst";r=\d+;t=\d, "day";r=0;t=\d+$/);
  expect(answers[5]?.statusCode).toBe(429);
  expect(answers[5]?.json()).toMatchObject({ code: 'RATE_LIMITED', detail: "The key's plan (vip) has no requests left today" });
  expect([...limits.counts].filter(([, count]) => count > 0)).toEqual([
    ['key', 1],
    ['quota', 1],
  ]);
});

it('the operator and other services are not limited, and neither is what is no API', async () => {
  const { statuses } = appWith();
  for (const principal of [{ kind: 'operator' }, { kind: 'service', service: 'catalogue' }])
    expect(await statuses(principal, 5)).not.toContain(429);
  expect(await statuses(stranger, 5, { url: '/x/live' })).not.toContain(429);
});

it('Retry-After never names a time before which there is nothing to get', async () => {
  const { send } = appWith({ REQUESTS_PER_SECOND: 100, REQUESTS_AT_ONCE: 1 });
  const [, refused] = await send(account('ann'), 2);
  const [, t = ''] = /t=(\d+)/.exec(String(refused?.headers['ratelimit'])) ?? [];
  expect(refused?.statusCode).toBe(429);
  expect(Number(t)).toBeGreaterThanOrEqual(Number(refused?.headers['retry-after']));
});
