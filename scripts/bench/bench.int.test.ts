import { Redis } from 'ioredis';
import { afterAll, expect, it } from 'vitest';
import { testFolder } from '../testing/services.ts';
import { db, urls } from '../testing/stores.ts';
import { purchaseAgainstFloor } from './parts/purchase-against-floor.ts';
import { settingsAt } from './system.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

it.skipIf(urls.isRedisCluster)('measures purchase and the bare floor in turns, and accounts for every sale', async () => {
  const redis = new Redis(urls.redisUrl);
  resources.defer(() => redis.disconnect());
  const { endpoint } = urls;
  const bench = { folder: testFolder(resources), urls, endpoint, env: settingsAt(urls, endpoint), db, redis };
  const said: string[] = [];
  const context = { bench, resources, say: (line: string) => said.push(line), earlier: {} };
  const { rounds, rows } = await purchaseAgainstFloor(context, { requests: 200, rounds: 1, warmUps: 1 });
  expect(rounds).toEqual({
    purchase: [expect.objectContaining({ perSecond: expect.any(Number), publishedPerSecond: expect.any(Number) })],
    floor: [expect.objectContaining({ perSecond: expect.any(Number) })],
  });
  expect(rows.map(({ value }) => Number.isFinite(value))).toEqual(rows.map(() => true));
  expect(said).toHaveLength(4);
});
