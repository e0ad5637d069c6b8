import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectStores } from '../../scripts/local/connect.ts';
import { freePort } from '../../scripts/local/free-ports.ts';
import { startRedis } from '../../scripts/local/redis.ts';
import { findServers } from '../../scripts/local/servers.ts';
import { layCable, through } from '../../scripts/testing/cable.ts';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { buy, get, inParallel, post } from '../../scripts/testing/http.ts';
import { redeliverUnacknowledged } from '../../scripts/testing/redeliver.ts';
import { startTestService, testFolder } from '../../scripts/testing/services.ts';
import { createMessaging, db, openTestEvent, planOf, redis, seatedZone, unique, urls } from '../../scripts/testing/stores.ts';
import { readInventory } from '../shared/inventory/inventory.ts';
import { openEvent } from '../shared/inventory/open-event.ts';

let resources: AsyncDisposableStack;
beforeEach(async () => {
  await redis.flushdb();
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

const columns = (from: number, through: number) => Array.from({ length: through - from + 1 }, (_, at) => from + at);

const portOf = (url: string) => Number(new URL(url).port);

describe('a store that goes away', { timeout: 300_000 }, () => {
  it('Redis, stopped and killed (-9): 503 immediately; after its restart sales resume; sales, holds and replays are intact', async () => {
    const folder = testFolder(resources);
    const at = { folder: join(folder, 'redis'), port: await freePort() };
    const { redis: server } = await findServers(['redis'], () => {});
    const first = await startRedis(server, at);
    resources.defer(() => first.stop());
    const own = { ...urls, redisUrl: `redis://127.0.0.1:${at.port}` };
    const stores = await connectStores(own, resources);
    const { eventId, venueId, ...rest } = {
      eventId: unique('event'),
      venueId: unique('venue'),
      currency: 'USD',
      onSaleAtMs: 0,
      holdMs: 600_000,
    };
    await openEvent(
      stores.db,
      stores.redis,
      planOf({ eventId, venueId, ...rest, zones: [seatedZone(1, 1, 10), seatedZone(2, 1, 10)] }),
    );
    const messaging = await createMessaging();
    const env = { REDIS_URL: own.redisUrl };
    const { base } = await startTestService('purchase', messaging, { resources, env });
    const wish = { venueId, eventId };

    expect((await buy(base, wish)).status).toBe(201);
    const best = (quantity: number) => ({ eventId, zoneId: 2, quantity });
    const held = await post(`${base}/purchase/api/v1/holds`, best(2));
    const buyWithKey = () => post(`${base}/purchase/api/v1/orders`, best(1), { 'idempotency-key': 'the-key-of-a-lost-answer' });
    const answered = await buyWithKey();
    expect([held.status, answered.status]).toEqual([201, 201]);
    first.kill('SIGSTOP');
    expect(await buy(base, wish)).toMatchObject({ status: 503, body: { code: 'INVENTORY_UNAVAILABLE' } });
    first.kill('SIGCONT');
    await waitFor(async () => expect((await buy(base, wish)).status).toBe(409));

    first.kill('SIGKILL');
    await first.exited;
    const refused = await buy(base, { ...wish, column: 2 });
    expect(refused).toMatchObject({ status: 503, body: { code: 'INVENTORY_UNAVAILABLE' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await get(`${base}/purchase/health`)).toMatchObject({ status: 503, body: { checks: { redis: expect.any(String) } } });
    expect((await get(`${base}/purchase/live`)).status).toBe(200);

    const second = await startRedis(server, at);
    resources.defer(() => second.stop());
    await waitFor(async () => expect((await buy(base, { ...wish, column: 3 })).status).not.toBe(503));
    expect((await buy(base, wish)).status).toBe(409);
    expect((await buyWithKey()).body).toEqual(answered.body);
    expect((await post(`${base}/purchase/api/v1/holds/${held.body.holdId}/confirm`, {})).status).toBe(201);
    await waitFor(async () => expect((await get(`${base}/purchase/health`)).status).toBe(200));
    await startTestService('persistence', messaging, { resources });
    const query = await startTestService('query', messaging, { resources });
    await waitFor(async () => expect((await get(`${query.base}/query/api/v1/tickets/count/${eventId}`)).body.count).toBe(5));
    await waitFor(() => assertConserved(stores.redis, eventId, stores.db));
  });

  it('SNS and SQS, cut off: sales go on; the outbox fills, and drains automatically when they are back', async () => {
    const { eventId, venueId } = await openTestEvent();
    const messaging = await createMessaging();
    const cable = await layCable(portOf(urls.endpoint), resources);
    const endpoint = through(cable, urls.endpoint).replace(/\/$/, '');
    const purchase = await startTestService('purchase', messaging, { resources, endpoint });
    const persistence = await startTestService('persistence', messaging, { resources, endpoint });
    const query = await startTestService('query', messaging, { resources });
    const count = async () => (await get(`${query.base}/query/api/v1/tickets/count/${eventId}`)).body.count;
    const buyAll = async (seats: number[]) => {
      const answers = await inParallel(seats, 5, (column) => buy(purchase.base, { venueId, eventId, column }));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    };

    await buyAll(columns(1, 3));
    await waitFor(async () => expect(await count()).toBe(3));
    await cable.cut();
    await buyAll(columns(4, 10));
    expect((await get(`${purchase.base}/purchase/health`)).status).toBe(200);
    await waitFor(async () => expect((await get(`${persistence.base}/events/health`)).status).toBe(503));
    expect(await count()).toBe(3);
    await cable.mend();
    // The interrupted polls may receive messages.
    await waitFor(async () => {
      await redeliverUnacknowledged(messaging.queueUrl);
      expect(await count()).toBe(10);
    });
    await waitFor(async () => expect((await get(`${persistence.base}/events/health`)).status).toBe(200));
  });

  it('MySQL, cut off: sales go on; queries get 503 immediately; the figures are right when it is back', async () => {
    const { eventId, venueId } = await openTestEvent();
    const messaging = await createMessaging();
    const cable = await layCable(portOf(urls.databaseUrl), resources);
    const url = through(cable, urls.databaseUrl);
    const env = { DATABASE_URL: url, DATABASE_READER_URL: url };
    const purchase = await startTestService('purchase', messaging, { resources, env });
    const persistence = await startTestService('persistence', messaging, { resources, env });
    const query = await startTestService('query', messaging, { resources, env });
    const countUrl = `${query.base}/query/api/v1/tickets/count/${eventId}`;
    const buyAt = async (column: number) => expect((await buy(purchase.base, { venueId, eventId, column })).status).toBe(201);

    await buyAt(1);
    await waitFor(async () => expect((await get(countUrl)).body.count).toBe(1));
    await cable.cut();
    await buyAt(2);
    const refused = await get(countUrl);
    expect(refused).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    for (const health of [`${query.base}/query/health`, `${persistence.base}/events/health`]) {
      expect(await get(health)).toMatchObject({ status: 503, body: { checks: { database: expect.any(String) } } });
    }
    await cable.mend();
    await waitFor(async () => expect((await get(countUrl)).body.count).toBe(2));
  });
});

describe('SIGTERM', () => {
  it('lets purchase answer every sale that it makes, and loses no promised ticket', async () => {
    const { eventId, venueId } = await openTestEvent({ zones: [seatedZone(1, 1, 500)] });
    const messaging = await createMessaging();
    const purchase = await startTestService('purchase', messaging, { resources });
    const answers = inParallel(columns(1, 500), 50, async (column) => {
      const answer = await buy(purchase.base, { venueId, eventId, column }).catch((error: Error) => error);
      if (column === 100) void purchase.stop();
      return answer;
    });
    const outcomes = await answers;
    await purchase.exited;
    const sold = outcomes.filter((answer) => !(answer instanceof Error) && answer.status === 201);
    expect(sold.length).toBeGreaterThan(50);
    expect(sold.length).toBeLessThan(500);
    expect((await readInventory(redis, eventId))?.sequence).toBe(sold.length);

    await startTestService('purchase', messaging, { resources });
    await startTestService('persistence', messaging, { resources });
    const query = await startTestService('query', messaging, { resources });
    const countUrl = `${query.base}/query/api/v1/tickets/count/${eventId}`;
    await waitFor(async () => expect((await get(countUrl)).body.count).toBe(sold.length));
    await assertConserved(redis, eventId, db);
  });
});
