import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { asOperator, orderTokenSecret, testPurchaseApp } from '../../scripts/testing/apps.ts';
import { byOperator, cancel, confirm, giveUp, hold, letExpire, order, release, withKey } from '../../scripts/testing/requests.ts';
import { seats } from '../../scripts/testing/seats.ts';
import { openTestEvent, redis, seatedZone } from '../../scripts/testing/stores.ts';
import { asKey } from '../../scripts/testing/tokens.ts';
import { talliesKey } from '../shared/inventory/keys.ts';
import { createRequestLimits } from '../shared/limits/limit-requests.ts';
import { createClientLimits } from './client-limits.ts';

const standard = {
  CLIENT_LIMITS: true,
  TRUSTED_PROXIES: 1,
  REQUESTS_PER_SECOND: 0,
  REQUESTS_AT_ONCE: 60,
  API_KEY_PLANS: 'standard=20/60/200000',
  ORDER_TOKEN_SECRET: orderTokenSecret,
  LIVE_HOLDS_PER_CLIENT: 10,
  HELD_TICKETS_PER_CLIENT: 20,
  GIVE_BACKS_PER_HOUR: 0,
  IDEMPOTENCY_KEYS_PER_HOUR: 0,
};

/** A purchase app with these limits, and a function that sends its requests from an address; to most of them returns [status, code]. */
async function appWith(settings: Partial<typeof standard> = {}) {
  const requests = createRequestLimits({ ...standard, ...settings }, redis);
  const app = await testPurchaseApp({
    seats,
    limits: { requests, clients: createClientLimits({ ...standard, ...settings }, requests) },
  });
  const ask = (request: InjectOptions, address = '203.0.113.1') =>
    app.inject({ ...request, headers: { ...request.headers, 'x-forwarded-for': `198.51.100.9, ${address}` } });
  const codeOf = async (request: InjectOptions, address?: string) => {
    const answer = await ask(request, address);
    return answer.statusCode >= 400 ? answer.json().code : answer.statusCode;
  };
  return { app, requests, ask, codeOf };
}

const best = (quantity: number, zoneId = 1) => ({ zoneId, quantity });
const times = (count: number) => Array.from({ length: count }, (_, at) => at);
const hall = () => openTestEvent({ zones: [seatedZone(1, 10, 20)] });

describe('what one client holds', () => {
  it('is a small part of the hall, however fast it asks; without limits it got nearly all of it', async () => {
    const heldBy = async (settings: Partial<typeof standard>) => {
      const event = await hall();
      const { ask } = await appWith(settings);
      const answers = await Promise.all(times(95).map(() => ask(hold(event, best(2)))));
      const held = answers.filter(({ statusCode }) => statusCode === 201);
      const others = answers.filter(({ statusCode }) => statusCode !== 201).map((answer) => answer.json());
      for (const other of others) expect(other).toMatchObject({ status: 409, code: 'HOLD_LIMIT_REACHED' });
      return held.length * 2;
    };
    expect(await heldBy({ CLIENT_LIMITS: false })).toBe(190);
    expect(await heldBy({})).toBe(20);
    expect(await heldBy({ LIVE_HOLDS_PER_CLIENT: 3 })).toBe(6);
    expect(await heldBy({ LIVE_HOLDS_PER_CLIENT: 0, HELD_TICKETS_PER_CLIENT: 7 })).toBe(6);
    expect(await heldBy({ LIVE_HOLDS_PER_CLIENT: 4, HELD_TICKETS_PER_CLIENT: 0 })).toBe(8);
  });

  it('is limited for the API keys of other organisers too, all of one organiser together', async () => {
    const event = await hall();
    const { ask } = await appWith({ LIVE_HOLDS_PER_CLIENT: 2 });
    const [door, sell, own] = [asKey('rival', ['door']), asKey('rival', ['sell']), asKey('main', ['sell'])];
    const statusOf = async (credentials: typeof door) => {
      const request = hold(event, best(1));
      return (await ask({ ...request, headers: { ...request.headers, ...credentials } })).statusCode;
    };
    const statuses = [];
    for (const key of [door, door, door, sell, own, own, own]) statuses.push(await statusOf(key));
    expect(statuses).toEqual([201, 201, 409, 409, 201, 201, 201]);
  });

  it('does not depend on the buyer that it names, nor on its address within a network', async () => {
    const event = await hall();
    const { codeOf } = await appWith({ LIVE_HOLDS_PER_CLIENT: 2 });
    const codes = [];
    for (const at of times(4))
      codes.push(await codeOf(hold(event, { ...best(1), buyerId: `buyer-${at}` }), `2001:db8:1:2:${at}::${at}`));
    expect(codes).toEqual([201, 201, 'HOLD_LIMIT_REACHED', 'HOLD_LIMIT_REACHED']);
    expect(await codeOf(hold(event, best(1)), '2001:db8:1:3::1')).toBe(201);
    expect(await codeOf(hold(event, best(1)), '203.0.113.2')).toBe(201);
    expect(await codeOf(hold(await hall(), best(1)), '2001:db8:1:2::1')).toBe(201);
  });

  it.each<
    [string, (held: { eventId: string; holdId: string; seats: { ticketId: string }[] }) => Promise<InjectOptions | undefined>]
  >([
    ['released', async (held) => release(held)],
    ['confirmed', async (held) => confirm(held)],
    ['expired', async (held) => letExpire(held).then(() => undefined)],
    ['given up', async (held) => giveUp(held, held.seats[0]?.ticketId ?? '')],
  ])('does not count once it is %s', async (_how, end) => {
    const event = await hall();
    const { ask, codeOf } = await appWith({ LIVE_HOLDS_PER_CLIENT: 1 });
    const held = (await ask(hold(event, best(1)))).json();
    expect(await codeOf(hold(event, best(1)))).toBe('HOLD_LIMIT_REACHED');
    const request = await end(held);
    if (request) expect((await ask(request)).statusCode).toBeLessThan(300);
    expect(await codeOf(hold(event, best(1)))).toBe(201);
    expect(await codeOf(hold(event, best(1)))).toBe('HOLD_LIMIT_REACHED');
  });

  it('does not limit what it buys, nor what the operator holds', async () => {
    const event = await hall();
    const { codeOf } = await appWith({ LIVE_HOLDS_PER_CLIENT: 1, HELD_TICKETS_PER_CLIENT: 2 });
    expect(await codeOf(hold(event, best(2)))).toBe(201);
    for (let at = 0; at < 5; at++) {
      expect(await codeOf(order(event, best(2)))).toBe(201);
      expect(await codeOf(byOperator(hold(event, best(2))))).toBe(201);
    }
  });

  it('is not kept for an Idempotency-Key if it is refused: the same request succeeds later', async () => {
    const event = await hall();
    const { ask, codeOf } = await appWith({ LIVE_HOLDS_PER_CLIENT: 1 });
    const held = (await ask(hold(event, best(1)))).json();
    const again = withKey(hold(event, best(1)), crypto.randomUUID());
    expect(await codeOf(again)).toBe('HOLD_LIMIT_REACHED');
    await ask(release(held));
    expect(await codeOf(again)).toBe(201);
    expect(await codeOf(again)).toBe(201);
  });

  it('is stored under a name from which nobody can learn an address', async () => {
    const event = await hall();
    const { ask } = await appWith();
    await ask(hold(event, best(1)), '203.0.113.77');
    const stored = JSON.stringify(await redis.hgetall(talliesKey(event.eventId)));
    expect(stored).toMatch(/"client:[\w-]{16}":"1000001"/);
    expect(stored).not.toContain('203.0.113');
  });
});

describe('a client that gives back what it takes', () => {
  it.each<[string, (taken: { eventId: string; holdId: string; orderId: string }) => InjectOptions, typeof hold]>([
    ['releases its holds', release, hold],
    ['cancels its orders', cancel, order],
  ])('again and again, and %s, must wait before it can take more of the event', async (_how, giveBack, take) => {
    const event = await hall();
    const { ask, codeOf } = await appWith({ GIVE_BACKS_PER_HOUR: 5 });
    for (let round = 0; round < 5; round++) {
      const taken = (await ask(take(event, best(1)))).json();
      expect((await ask(giveBack(taken))).statusCode).toBeLessThan(300);
    }
    const refused = await ask(take(event, best(1)));
    expect(refused.json()).toMatchObject({ status: 429, code: 'CHURN_LIMIT_REACHED' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(600);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(720);
    expect(refused.headers['ratelimit-policy']).toBe('"give-backs";q=5;w=3600');
    expect(await codeOf(take(await hall(), best(1)))).toBe(201);
    expect(await codeOf(take(event, best(1)), '203.0.113.2')).toBe(201);
  });

  it('can always give back', async () => {
    const event = await hall();
    const { ask } = await appWith({ GIVE_BACKS_PER_HOUR: 2 });
    const holds = await Promise.all(times(8).map(async () => (await ask(hold(event, best(1)))).json()));
    for (const held of holds) expect((await ask(release(held))).statusCode).toBe(204);
  });
});

it('a client can use so many Idempotency-Keys an hour, because Redis keeps their responses; without one it still buys', async () => {
  const event = await hall();
  const { codeOf } = await appWith({ IDEMPOTENCY_KEYS_PER_HOUR: 3 });
  const keyed = () => withKey(order(event, best(1)), crypto.randomUUID());
  const codes = [];
  for (let at = 0; at < 4; at++) codes.push(await codeOf(keyed()));
  expect(codes).toEqual([201, 201, 201, 'KEPT_REPLIES_LIMIT_REACHED']);
  expect(await codeOf(order(event, best(1)))).toBe(201);
  expect(await codeOf(keyed(), '203.0.113.2')).toBe(201);
  const byTheOperator = keyed();
  expect(await codeOf({ ...byTheOperator, headers: { ...byTheOperator.headers, ...asOperator } })).toBe(201);
});

describe('the requests of one address', () => {
  /** What a flood of one address, and 50 requests of others after it, for the same event, get. */
  async function flooded(settings: Partial<typeof standard>) {
    const event = await openTestEvent({ zones: [{ zoneId: 1, capacity: 1_000, priceMinor: 100 }] });
    const { ask, requests } = await appWith(settings);
    const flooding = times(2_000).map(() => ask(order(event, best(1)), '203.0.113.66'));
    const asking = times(50).map((at) => ask(order(event, best(1)), `203.0.113.${at}`));
    const [flood, others] = await Promise.all([Promise.all(flooding), Promise.all(asking)]);
    return { flood, others, refused: requests.counts.get('address') ?? 0 };
  }

  it('are refused beyond its limit, so that a flood takes nothing from others; without limits, it does', async () => {
    const { flood, others, refused } = await flooded({ REQUESTS_PER_SECOND: 1 });
    for (const answer of others) expect(answer.statusCode).toBe(201);
    const sold = flood.filter(({ statusCode }) => statusCode === 201);
    expect(sold.length).toBeGreaterThanOrEqual(60);
    expect(sold.length).toBeLessThan(80);
    expect(refused).toBe(2_000 - sold.length);
    const last = flood.at(-1);
    expect(last?.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(last?.headers).toMatchObject({
      'retry-after': '1',
      'ratelimit-policy': '"address";q=60;w=60',
      ratelimit: expect.stringMatching(/^"address";r=0;t=\d+$/),
    });
    const unlimited = await flooded({ CLIENT_LIMITS: false });
    expect(unlimited.others.some(({ statusCode }) => statusCode === 503)).toBe(true);
  });

  it('count for the network whatever the client itself claims in X-Forwarded-For', async () => {
    const { app } = await appWith({ REQUESTS_PER_SECOND: 1, REQUESTS_AT_ONCE: 3 });
    const statuses = [];
    for (let at = 0; at < 5; at++) {
      const headers = { 'x-forwarded-for': `192.0.2.${at}, 203.0.113.5` };
      statuses.push((await app.inject({ method: 'POST', url: '/purchase/api/v1/orders', headers })).statusCode);
    }
    expect(statuses).toEqual([400, 400, 400, 429, 429]);
  });

  it('do not count if they are for health and documents, or by the operator', async () => {
    const { ask, codeOf } = await appWith({ REQUESTS_PER_SECOND: 1, REQUESTS_AT_ONCE: 1 });
    for (const url of ['/purchase/live', '/purchase/health', '/purchase/openapi.json']) {
      for (let at = 0; at < 3; at++) expect((await ask({ method: 'GET', url })).statusCode).toBe(200);
    }
    const event = await hall();
    for (let at = 0; at < 3; at++) expect(await codeOf(byOperator(order(event, best(1))))).toBe(201);
    expect(await codeOf(order(event, best(1)))).toBe(201);
    expect(await codeOf(order(event, best(1)))).toBe('RATE_LIMITED');
  });
});
