import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { connectStores } from '../../scripts/local/connect.ts';
import { emulatorEnvironment } from '../../scripts/local/emulator.ts';
import { freePort } from '../../scripts/local/free-ports.ts';
import { startRedis } from '../../scripts/local/redis.ts';
import { findServers } from '../../scripts/local/servers.ts';
import { asBuyerOf } from '../../scripts/testing/apps.ts';
import { buy, get, post } from '../../scripts/testing/http.ts';
import { startTestService, testFolder } from '../../scripts/testing/services.ts';
import { createMessaging, planOf, seatedZone, unique, urls } from '../../scripts/testing/stores.ts';
import { outboxKey } from '../shared/inventory/keys.ts';
import { openEvent } from '../shared/inventory/open-event.ts';
import { readConsumerGroup } from '../shared/stores/consumer-group.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

describe('a Redis that loses its data', { timeout: 300_000 }, () => {
  it('sells nothing until it is rebuilt, while services run; then it has every ticket, and no seat is sold twice', async () => {
    const folder = testFolder(resources);
    const { redis: server } = await findServers(['redis'], () => {});
    const port = await freePort();
    const process = await startRedis(server, { folder: join(folder, 'redis'), port });
    resources.defer(() => process.stop());
    const own = { ...urls, redisUrl: `redis://127.0.0.1:${port}`, redisReaderUrl: `redis://127.0.0.1:${port}` };
    const stores = await connectStores(own, resources);
    const event = { eventId: unique('event'), venueId: unique('venue') };
    const inventory = { ...event, currency: 'USD', onSaleAtMs: 0, holdMs: 600_000, zones: [seatedZone(1, 2, 20)] };
    await openEvent(stores.db, stores.redis, planOf(inventory));
    const other = { ...inventory, eventId: unique('event') };
    await openEvent(stores.db, stores.redis, planOf(other));

    const messaging = await createMessaging();
    const env = { REDIS_URL: own.redisUrl, REDIS_READER_URL: own.redisUrl };
    const { base } = await startTestService('purchase', messaging, { resources, env });
    const query = await startTestService('query', messaging, { resources, env });
    const persistence = await startTestService('persistence', messaging, { resources, env });
    const onsale = async (...words: string[]) => {
      const settings = {
        ...globalThis.process.env,
        ...emulatorEnvironment(urls.endpoint),
        ...env,
        DATABASE_URL: urls.databaseUrl,
        SNS_TOPIC_ARN: messaging.topicArn,
        SQS_QUEUE_URL: messaging.queueUrl,
        SQS_DEAD_LETTER_QUEUE_URL: messaging.deadLetterQueueUrl,
      };
      const args = [join(import.meta.dirname, '../../scripts/onsale/main.ts'), ...words];
      return await execa(globalThis.process.execPath, args, { env: settings });
    };
    const buyAt = async (column: number) => (await buy(base, { ...event, column })).body.code ?? 'SOLD';
    const count = async () => (await get(`${query.base}/query/api/v1/tickets/count/${event.eventId}`)).body.count;

    expect([await buyAt(1), await buyAt(2), await buyAt(3)]).toEqual(['SOLD', 'SOLD', 'SOLD']);
    await waitFor(async () => expect(await count()).toBe(3));
    // The rebuild must also know the messages that are still in the queue when Redis loses its data.
    persistence.kill('SIGSTOP');
    const last = await buy(base, { ...event, column: 4 });
    expect(last.status).toBe(201);
    await waitFor(async () => {
      expect(await readConsumerGroup(stores.redis, outboxKey(event.eventId))).toMatchObject({ pending: 0, lag: 0 });
    });
    await stores.redis.flushall();

    expect([await buyAt(1), await buyAt(5)]).toEqual(['INVENTORY_UNAVAILABLE', 'INVENTORY_UNAVAILABLE']);
    const hold = await post(`${base}/purchase/api/v1/holds`, { eventId: event.eventId, zoneId: 1, quantity: 1 });
    expect(hold).toMatchObject({ status: 503, body: { code: 'INVENTORY_UNAVAILABLE' } });
    const map = `${query.base}/query/api/v1/events/${event.eventId}/availability`;
    expect(await get(map)).toMatchObject({ status: 503, body: { code: 'INVENTORY_UNAVAILABLE' } });
    expect(await count()).toBe(3);

    persistence.kill('SIGCONT');
    const { stdout } = await onsale('rebuild', event.eventId);
    expect(stdout).toContain('on sale again, in epoch 1');
    expect([await buyAt(1), await buyAt(4), await buyAt(5)]).toEqual(['SEAT_TAKEN', 'SEAT_TAKEN', 'SOLD']);
    // Another event that Redis lost is reported as unavailable, not as unknown.
    expect((await buy(base, { ...event, eventId: other.eventId })).body.code).toBe('INVENTORY_UNAVAILABLE');
    const lastId = String(last.body.orderId);
    const cancelled = await post(
      `${base}/purchase/api/v1/orders/${lastId}/cancel`,
      { eventId: event.eventId },
      asBuyerOf(lastId),
    );
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
    expect(await buyAt(4)).toBe('SOLD');
    await waitFor(async () => expect(await count()).toBe(5));
    await waitFor(async () => expect((await onsale('verify', event.eventId)).stdout).toContain('nothing missing'));
  });
});
