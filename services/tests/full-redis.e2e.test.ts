import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, expect, it, vi } from 'vitest';
import { connectStores } from '../../scripts/local/connect.ts';
import { freePort } from '../../scripts/local/free-ports.ts';
import { startRedis } from '../../scripts/local/redis.ts';
import { findServers } from '../../scripts/local/servers.ts';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { buy, get, post } from '../../scripts/testing/http.ts';
import { startTestService, testFolder } from '../../scripts/testing/services.ts';
import { createMessaging, planOf, seatedZone, unique, urls } from '../../scripts/testing/stores.ts';
import { openEvent } from '../shared/inventory/open-event.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

it('a full Redis: nothing is sold, held, confirmed or half written, but reads and health work; with room, sales resume', async () => {
  const folder = testFolder(resources);
  const at = { folder: join(folder, 'redis'), port: await freePort() };
  const { redis: server } = await findServers(['redis'], () => {});
  const own = await startRedis(server, at);
  resources.defer(() => own.stop());
  const redisUrl = `redis://127.0.0.1:${at.port}`;
  const stores = await connectStores({ ...urls, redisUrl }, resources);
  const redis = stores.redis as Redis;
  const wish = { eventId: unique('event'), venueId: unique('venue') };
  const { eventId } = wish;
  const zones = [seatedZone(1, 1, 10), seatedZone(2, 1, 10)];
  await openEvent(stores.db, redis, planOf({ ...wish, currency: 'USD', onSaleAtMs: 0, holdMs: 600_000, zones }));
  const messaging = await createMessaging();
  const env = { REDIS_URL: redisUrl, REDIS_READER_URL: redisUrl };
  const { base } = await startTestService('purchase', messaging, { resources, env });
  const query = await startTestService('query', messaging, { resources, env });
  const hold = (quantity: number) => post(`${base}/purchase/api/v1/holds`, { eventId, zoneId: 2, quantity });
  const order = (headers = {}) => post(`${base}/purchase/api/v1/orders`, { eventId, zoneId: 2, quantity: 1 }, headers);

  expect((await buy(base, wish)).status).toBe(201);
  const held = await hold(2);
  const act = (what: string) => post(`${base}/purchase/api/v1/holds/${held.body.holdId}/${what}`, {});
  const read = async () => {
    const [seats, counts] = [`zones/2/seats`, `availability`].map((what) =>
      get(`${query.base}/query/api/v1/events/${eventId}/${what}`),
    );
    return [(await seats)?.body, (await counts)?.body];
  };
  const before = await read();
  expect(before).toMatchObject([{ version: expect.any(Number) }, { zones: [{ sold: 1 }, { held: 2 }] }]);

  await redis.config('SET', 'maxmemory', '1');
  const key = { 'idempotency-key': unique('key') };
  const attempts = [
    () => buy(base, { ...wish, column: 2 }),
    () => hold(1),
    () => order(key),
    () => act('confirm'),
    () => act('extend'),
  ];
  for (const attempt of attempts) {
    const refused = await attempt();
    expect(refused).toMatchObject({ status: 503, body: { code: 'INVENTORY_UNAVAILABLE' } });
    expect(refused.headers.get('retry-after')).toBe('1');
  }
  await assertConserved(redis, eventId);
  expect(await read()).toEqual(before);
  expect((await buy(base, wish)).body).toMatchObject({ code: 'SEAT_TAKEN' });
  expect((await get(`${base}/purchase/health`)).status).toBe(200);
  expect((await get(`${query.base}/query/health`)).status).toBe(200);

  await redis.config('SET', 'maxmemory', '0');
  await waitFor(async () => expect((await buy(base, { ...wish, column: 2 })).status).toBe(201));
  expect([(await act('confirm')).status, (await order(key)).status, (await hold(1)).status]).toEqual([201, 201, 201]);
  await assertConserved(redis, eventId);
  await startTestService('persistence', messaging, { resources });
  await waitFor(async () => expect((await get(`${query.base}/query/api/v1/tickets/count/${eventId}`)).body.count).toBe(5));
  await assertConserved(redis, eventId, stores.db);
});
