import { type AddressInfo, createServer } from 'node:net';
import type { InjectOptions } from 'fastify';
import type { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectStores } from '../../scripts/local/connect.ts';
import { freePort } from '../../scripts/local/free-ports.ts';
import type { LocalProcess } from '../../scripts/local/process.ts';
import { startRedisCluster, startRedisNode } from '../../scripts/local/redis-cluster.ts';
import { findServers } from '../../scripts/local/servers.ts';
import { asBuyerOf, testPurchaseApp } from '../../scripts/testing/apps.ts';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { testFolder } from '../../scripts/testing/services.ts';
import { silentLogger } from '../../scripts/testing/silent-logger.ts';
import { planOf, seatedZone, unique, urls } from '../../scripts/testing/stores.ts';
import { reportEvent } from '../catalogue/reads/report-event.ts';
import { createOutbox } from '../purchase/outbox/outbox.ts';
import { startRelay } from '../purchase/outbox/relay.ts';
import { createSeats } from '../purchase/seats/create-seats.ts';
import { UnavailableError } from '../shared/http/problems.ts';
import { countsKey } from '../shared/inventory/keys.ts';
import { openEvent } from '../shared/inventory/open-event.ts';
import { readSeatMap } from '../shared/inventory/read-seats.ts';
import { connectRedisCluster, createRedisCheck, orUnavailable } from '../shared/stores/redis.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const ports = [await freePort(), await freePort(), await freePort()];
const folder = testFolder(resources);
const { redis: server } = await findServers(['redis'], () => {});

type Shard = { name: string; process: LocalProcess; eventId: string };
const shards: Shard[] = [];
let cluster: Cluster;
let db: Awaited<ReturnType<typeof connectStores>>['db'];
let app: Awaited<ReturnType<typeof testPurchaseApp>>;

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });

/** Sends JSON to the purchase service. */
const send = (method: 'POST' | 'DELETE', path: string, payload: object = {}, headers: Record<string, string> = {}) =>
  app.inject({ method, url: `/purchase${path}`, payload, headers } satisfies InjectOptions);

const buyBest = (eventId: string, quantity = 1) => send('POST', '/api/v1/orders', { eventId, zoneId: 1, quantity });

/** The node that has the event's keys, as `host:port`. */
const nodeOf = async (eventId: string) => cluster.slots[await cluster.cluster('KEYSLOT', countsKey(eventId))]?.[0];

const connectionTo = ({ name }: Shard) =>
  cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === name) as Redis;

beforeAll(async () => {
  const processes = await startRedisCluster(server, { folder, ports });
  for (const process of processes) resources.defer(() => process.stop());
  const stores = { ...urls, redisUrl: `redis://127.0.0.1:${ports[0]}`, isRedisCluster: true };
  const connected = await connectStores(stores, resources);
  db = connected.db;
  cluster = connected.redis as Cluster;
  cluster.on('error', () => {});
  app = await testPurchaseApp({
    seats: createSeats({ redis: cluster }),
    checks: { redis: createRedisCheck(cluster) },
    logger: silentLogger,
  });
  resources.defer(() => app.close());

  for (const [at, process] of processes.entries()) {
    const name = `127.0.0.1:${ports[at]}`;
    let eventId = unique('event');
    while ((await nodeOf(eventId)) !== name) eventId = unique('event');
    const zones = [seatedZone(1, 20, 20), { zoneId: 2, capacity: 50, priceMinor: 75 }];
    const inventory = { eventId, venueId: unique('venue'), currency: 'USD', onSaleAtMs: 0, holdMs: 600_000, zones };
    expect(await openEvent(db, cluster, planOf(inventory))).toEqual({ kind: 'opened' });
    shards.push({ name, process, eventId });
  }
});

describe.skipIf(server.docker)('on a Redis Cluster', () => {
  it('purchase sells, holds, confirms, cancels and finds the best seats of events on every shard, concurrently', async () => {
    const all = await Promise.all(
      shards.map(async ({ eventId }) => {
        const seats = [
          { zoneId: 1, row: 'B', column: 1 },
          { zoneId: 1, row: 'B', column: 2 },
        ];
        const chosen = await send('POST', '/api/v1/orders', { eventId, seats });
        const again = await send('POST', '/api/v1/orders', { eventId, seats });
        const best = await buyBest(eventId, 4);
        const held = await send('POST', '/api/v1/holds', { eventId, zoneId: 2, quantity: 2 });
        const released = await send('POST', '/api/v1/holds', { eventId, zoneId: 1, quantity: 3 });
        const extended = await send('POST', `/api/v1/holds/${held.json().holdId}/extend`);
        const confirmed = await send('POST', `/api/v1/holds/${held.json().holdId}/confirm`);
        const gone = await app.inject({ method: 'DELETE', url: `/purchase/api/v1/holds/${released.json().holdId}` });
        const { orderId } = chosen.json();
        const cancelled = await send('POST', `/api/v1/orders/${orderId}/cancel`, { eventId }, asBuyerOf(orderId));
        const key = { 'idempotency-key': 'the-same-for-both' };
        const once = await send('POST', '/api/v1/orders', { eventId, zoneId: 2, quantity: 1 }, key);
        const twice = await send('POST', '/api/v1/orders', { eventId, zoneId: 2, quantity: 1 }, key);
        expect(twice.json()).toEqual(once.json());
        return [chosen, again, best, held, released, extended, confirmed, gone, cancelled, once, twice].map(
          ({ statusCode }) => statusCode,
        );
      }),
    );
    expect(all).toEqual(shards.map(() => [201, 409, 201, 201, 201, 200, 201, 204, 200, 201, 201]));
    for (const { eventId } of shards) await assertConserved(cluster, eventId);
    expect((await buyBest(unique('event'))).statusCode).toBe(404);
  });

  it('the relay publishes the domain events of every shard, each once', async () => {
    const published: string[] = [];
    const relay = startRelay({
      outbox: createOutbox(cluster, unique('task')),
      publish: async ({ json }) => {
        for (const { source, id } of JSON.parse(json) as { source: string; id: string }[]) published.push(`${source} ${id}`);
        return '';
      },
      logger: silentLogger,
      retentionMs: 3_600_000,
    });
    const expected = await Promise.all(
      shards.map(async ({ eventId }) => {
        const sequence = Number(await cluster.hget(countsKey(eventId), 'sequence'));
        return Array.from({ length: sequence }, (_, at) => `/onsale/events/${eventId} ${at + 1}`);
      }),
    );
    await waitFor(async () => expect(published.toSorted()).toEqual(expected.flat().toSorted()));
    await relay.stop();
  });

  it('the live map and the figures show events on every shard', async () => {
    for (const { eventId } of shards) {
      const map = await readSeatMap(cluster, eventId);
      expect([...(map?.zones.values() ?? [])]).toMatchObject([
        { zoneId: 1, sold: 4, held: 0 },
        { zoneId: 2, sold: 3, held: 0 },
      ]);
      expect(await reportEvent(db, cluster, eventId)).toMatchObject({ eventId, state: 'on-sale' });
    }
    expect(await readSeatMap(cluster, unique('event'))).toBeUndefined();
  });

  it('commands sent in the same turn of the event loop go as one pipeline to each node', async () => {
    const answers = Promise.all(shards.map(({ eventId }) => cluster.exists(countsKey(eventId))));
    expect(cluster.autoPipelineQueueSize).toBe(shards.length);
    expect(await answers).toEqual([1, 1, 1]);
  });

  it('a command whose reply was lost is never sent again', async () => {
    const shard = shards[0] as Shard;
    const key = `{${shard.eventId}}:test`;
    const connection = connectionTo(shard);
    shard.process.kill('SIGSTOP');
    const before = connection.stream.bytesWritten;
    const answer = cluster.incr(key).then(
      () => 'answered',
      () => 'lost',
    );
    await waitFor(async () => expect(connection.stream.bytesWritten).toBeGreaterThan(before));
    connection.stream.destroy();
    shard.process.kill('SIGCONT');
    expect(await answer).toBe('lost');
    await waitFor(async () => expect(await cluster.get(key)).toBe('1'));
    // If it had been sent again, Redis would have executed it before this one: a connection keeps the order of its commands.
    expect(await cluster.incr(key)).toBe(2);
  });

  it.each(['SIGSTOP', 'SIGKILL'] as const)('one master away (%s): only its events get 503, until it is back', async (signal) => {
    const [away, ...others] = shards as [Shard, ...Shard[]];
    away.process.kill(signal);
    if (signal === 'SIGKILL') await away.process.exited;
    const twenty = (eventId: string) => Promise.all(Array.from({ length: 20 }, () => buyBest(eventId)));
    const [refused, ...sold] = await Promise.all([away, ...others].map(({ eventId }) => twenty(eventId)));
    for (const answer of refused ?? []) {
      expect(answer.json()).toMatchObject({ status: 503, code: 'INVENTORY_UNAVAILABLE' });
    }
    expect(new Set(sold.flat().map(({ statusCode }) => statusCode))).toEqual(new Set([201]));
    const health = await app.inject('/purchase/health');
    expect(health.json()).toMatchObject({ status: 503, checks: { redis: expect.any(String) } });

    if (signal === 'SIGSTOP') away.process.kill('SIGCONT');
    else {
      away.process = await startRedisNode(server, { folder, port: Number(away.name.split(':')[1]) });
      resources.defer(() => away.process.stop());
    }
    await waitFor(async () => expect((await buyBest(away.eventId)).statusCode).toBe(201));
    await waitFor(async () => expect((await app.inject('/purchase/health')).statusCode).toBe(200));
    for (const { eventId } of shards) await assertConserved(cluster, eventId);
  });

  it('whose first node accepts the connection but never answers, requests fail immediately, before the client gives up', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    resources.defer(() => void mute.close());
    const far = connectRedisCluster(`redis://127.0.0.1:${(mute.address() as AddressInfo).port}`);
    resources.defer(() => far.disconnect());
    let isGivenUp = false;
    far.on('error', () => {
      isGivenUp = true;
    });
    await expect(orUnavailable(far.get('any'))).rejects.toThrow(UnavailableError);
    await expect(createRedisCheck(far)()).rejects.toThrow('The connection is connecting');
    expect(isGivenUp).toBe(false);
  });

  it('all masters away: 503 immediately; sales resume automatically when they are back', async () => {
    for (const { process } of shards) process.kill('SIGKILL');
    await Promise.all(shards.map(({ process }) => process.exited));
    for (const { eventId } of shards) expect((await buyBest(eventId)).statusCode).toBe(503);
    await waitFor(async () => expect(cluster.nodes()).toEqual([]));
    for (const { eventId } of shards) expect((await buyBest(eventId)).statusCode).toBe(503);

    const processes = await startRedisCluster(server, { folder, ports });
    for (const process of processes) resources.defer(() => process.stop());
    for (const { eventId } of shards) {
      await waitFor(async () => expect((await buyBest(eventId)).statusCode).toBe(201));
      await assertConserved(cluster, eventId);
    }
  });
});
