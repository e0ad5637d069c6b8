import { expect, it, vi } from 'vitest';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { redis } from '../../../scripts/testing/stores.ts';
import { pulsesKey } from '../../shared/inventory/keys.ts';
import { type Pulse, pulsesKeptMs } from '../../shared/inventory/sales-counters.ts';
import { connectRedis } from '../../shared/stores/redis.ts';
import { createTally } from './sales-counters.ts';
import { startBeat } from './write-counters.ts';

const written = async () => (await redis.xrange(pulsesKey, '-', '+')).map(([, [, json = '']]) => JSON.parse(json) as Pulse);

it('writes each second with activity when it ends, the last one on stop, and no second without activity', async () => {
  const tally = createTally();
  const beat = startBeat({ redis, tally, logger: silentLogger });
  tally.fail('SERVICE_UNAVAILABLE');
  const toldAt = Date.now();
  await vi.waitFor(async () => expect(await written()).toHaveLength(1), 5_000);
  const [first] = await written();
  expect(first).toMatchObject({ unavailable: { SERVICE_UNAVAILABLE: 1 }, events: {}, latency: [] });
  expect(first?.at).toSatisfy((at: number) => at % 1_000 === 0 && Math.abs(at - toldAt) < 2_000);

  tally.answer(5);
  await beat.stop();
  await startBeat({ redis, tally, logger: silentLogger }).stop();
  expect((await written()).slice(1)).toMatchObject([{ unavailable: {}, latency: [[expect.any(Number), 1]] }]);
});

it('deletes pulses that are too old to be shown', async () => {
  await redis.del(pulsesKey);
  const old = Date.now() - 2 * pulsesKeptMs;
  // Redis trims whole nodes of a stream, each of a hundred entries.
  for (let at = 0; at < 250; at++) await redis.xadd(pulsesKey, `${old + at}-0`, 'pulse', '{}');
  const tally = createTally();
  tally.answer(5);
  await startBeat({ redis, tally, logger: silentLogger }).stop();
  expect(await redis.xlen(pulsesKey)).toBeLessThan(100);
});

it('while Redis is unreachable, only the pulse of that second is lost', async () => {
  const nowhere = connectRedis('redis://127.0.0.1:1');
  nowhere.on('error', () => {});
  const tally = createTally();
  tally.answer(5);
  await startBeat({ redis: nowhere, tally, logger: silentLogger }).stop();
  nowhere.disconnect();
  expect(tally.take()).toBeUndefined();
});
