import { expect, it, vi } from 'vitest';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { redis } from '../../../scripts/testing/stores.ts';
import { salesSecondsKey } from '../../shared/inventory/keys.ts';
import { type SalesSecond, secondsKeptMs } from '../../shared/inventory/sales-seconds.ts';
import { connectRedis } from '../../shared/stores/redis.ts';
import { createSalesCounters } from './sales-counters.ts';
import { startWritingCounters } from './write-counters.ts';

const written = async () =>
  (await redis.xrange(salesSecondsKey, '-', '+')).map(([, [, json = '']]) => JSON.parse(json) as SalesSecond);

it('writes each second with activity when it ends, the last one on stop, and no second without activity', async () => {
  const counters = createSalesCounters();
  const writing = startWritingCounters({ redis, counters, logger: silentLogger });
  counters.countUnavailable('SERVICE_UNAVAILABLE');
  const toldAt = Date.now();
  await vi.waitFor(async () => expect(await written()).toHaveLength(1), 5_000);
  const [first] = await written();
  expect(first).toMatchObject({ unavailable: { SERVICE_UNAVAILABLE: 1 }, events: {}, latency: [] });
  expect(first?.at).toSatisfy((at: number) => at % 1_000 === 0 && Math.abs(at - toldAt) < 2_000);

  counters.countResponse(5);
  await writing.stop();
  await startWritingCounters({ redis, counters, logger: silentLogger }).stop();
  expect((await written()).slice(1)).toMatchObject([{ unavailable: {}, latency: [[expect.any(Number), 1]] }]);
});

it('deletes seconds that are too old to be shown', async () => {
  await redis.del(salesSecondsKey);
  const old = Date.now() - 2 * secondsKeptMs;
  // Redis trims whole nodes of a stream, each of a hundred entries.
  for (let at = 0; at < 250; at++) await redis.xadd(salesSecondsKey, `${old + at}-0`, 'second', '{}');
  const counters = createSalesCounters();
  counters.countResponse(5);
  await startWritingCounters({ redis, counters, logger: silentLogger }).stop();
  expect(await redis.xlen(salesSecondsKey)).toBeLessThan(100);
});

it('while Redis is unreachable, only the second of that second is lost', async () => {
  const nowhere = connectRedis('redis://127.0.0.1:1');
  nowhere.on('error', () => {});
  const counters = createSalesCounters();
  counters.countResponse(5);
  await startWritingCounters({ redis: nowhere, counters, logger: silentLogger }).stop();
  nowhere.disconnect();
  expect(counters.takeSecond()).toBeUndefined();
});
