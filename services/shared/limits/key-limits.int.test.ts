import { expect, it } from 'vitest';
import { redis, unique } from '../../../scripts/testing/stores.ts';
import type { RedisClient } from '../stores/redis.ts';
import { createKeyLimits, type KeyLimits } from './key-limits.ts';
import type { Plan } from './plans.ts';

const slow: Plan = { perSecond: 1, burst: 5, perDay: 1_000 };
const ofFew: Plan = { perSecond: 1_000, burst: 1_000, perDay: 3 };
const rare: Plan = { perSecond: 0.001, burst: 5, perDay: 1_000 };
const plans = new Map([
  ['slow', slow],
  ['rare', rare],
  ['few', ofFew],
]);

const send = (processes: KeyLimits[], keyId: string, plan: string, requests: number) =>
  Promise.all(Array.from({ length: requests }, (_, at) => (processes[at % processes.length] as KeyLimits).take(keyId, plan)));

const granted = (verdicts: { waitMs: number }[]) => verdicts.filter(({ waitMs }) => waitMs === 0).length;

/** As many processes, each with limits of its own over the same Redis, which may be slow on a busy machine. */
const processes = (count: number, store?: RedisClient, patienceMs = 60_000) =>
  Array.from({ length: count }, () => createKeyLimits({ plans, redis: store, patienceMs }));

it('a key gets what its plan allows from all processes together, not from each', async () => {
  const keyId = unique('key');
  const verdicts = await send(processes(4, redis), keyId, 'slow', 40);
  expect(granted(verdicts)).toBe(5);
  for (const { waitMs, limitedBy } of verdicts.filter((verdict) => verdict.waitMs > 0)) {
    expect(limitedBy).toBe('rate');
    expect(waitMs).toBeLessThanOrEqual(1_000);
  }
  expect(verdicts.at(-1)?.standings[0]).toMatchObject({ name: 'burst', quota: 5, windowSeconds: 5, left: 0 });
});

it('other keys are not slowed by a flood of one', async () => {
  const all = processes(2, redis);
  await send(all, unique('key'), 'slow', 500);
  expect(granted(await send(all, unique('key'), 'slow', 5))).toBe(5);
});

it('a flood costs Redis no more calls than the plan has requests', async () => {
  let calls = 0;
  const counting = new Proxy(redis, {
    get(target, name) {
      if (name === 'evalsha') calls++;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const [limits] = processes(1, counting);
  const keyId = unique('key');
  for (let at = 0; at < 300; at++) await limits?.take(keyId, 'slow');
  expect(calls).toBeLessThanOrEqual(slow.burst + 2);
});

it("a day's quota is for all processes, and the key waits for the next day", async () => {
  const keyId = unique('key');
  const all = processes(2, redis);
  const verdicts = await send(all, keyId, 'few', 10);
  expect(granted(verdicts)).toBe(3);
  const [refused] = await send(all, keyId, 'few', 1);
  expect(refused).toMatchObject({ limitedBy: 'quota', standings: [{ name: 'burst' }, { name: 'day', quota: 3, left: 0 }] });
  expect(refused?.waitMs).toBeGreaterThan(0);
  expect(refused?.waitMs).toBeLessThanOrEqual(86_400_000);
});

it('a plan that is not set counts as the smallest', async () => {
  expect(granted(await send(processes(1, redis), unique('key'), 'forgotten', 10))).toBe(5);
});

it.each([
  ['refuses connections', () => Promise.reject(new Error('Connection is closed.'))],
  ['hangs', () => new Promise(() => {})],
])('while Redis %s, each process limits by itself, and no request waits for it twice', async (_what, evalsha) => {
  let asked = 0;
  const answer = () => {
    asked++;
    return evalsha();
  };
  const away = new Proxy(redis, { get: (target, name) => (name === 'evalsha' ? answer : Reflect.get(target, name)) });
  const all = processes(2, away, 100);
  const keyId = unique('key');
  const startedAt = performance.now();
  const verdicts = await send(all, keyId, 'rare', 40);
  for (let at = 0; at < 20; at++) verdicts.push(...(await send(all, keyId, 'rare', 2)));
  expect(granted(verdicts)).toBe(2 * rare.burst);
  // Each process asks once, and again only after a second.
  expect(asked).toBeLessThanOrEqual(2 + (2 * (performance.now() - startedAt)) / 1_000);
  // So does a quota, for requests of one moment too.
  expect(granted(await send(all, unique('key'), 'few', 20))).toBe(2 * ofFew.perDay);
});

it('a key that nobody uses leaves nothing behind', async () => {
  const keyId = unique('key');
  await send(processes(1, redis), keyId, 'slow', 1);
  const [key = ''] = await redis.keys(`*${keyId}*`);
  const seconds = await redis.ttl(key);
  expect(seconds).toBeGreaterThan(86_400);
  expect(seconds).toBeLessThanOrEqual(2 * 86_400);
});
