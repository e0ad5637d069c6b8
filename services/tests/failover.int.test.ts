import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectStores } from '../../scripts/local/connect.ts';
import { freePort } from '../../scripts/local/free-ports.ts';
import type { LocalProcess } from '../../scripts/local/process.ts';
import { startRedis } from '../../scripts/local/redis.ts';
import { findServers } from '../../scripts/local/servers.ts';
import { rebuildEvent } from '../../scripts/onsale/rebuild-event.ts';
import { type Cable, layCable } from '../../scripts/testing/cable.ts';
import { purchaseAppOn } from '../../scripts/testing/purchase-app.ts';
import { testFolder } from '../../scripts/testing/services.ts';
import { silentLogger } from '../../scripts/testing/silent-logger.ts';
import { createMessaging, planOf, seatedZone, sns, sqs, unique, urls } from '../../scripts/testing/stores.ts';
import { verifyEvent } from '../catalogue/verify/verify-event.ts';
import { projectDomainEvents } from '../persistence/projections/project.ts';
import { startWorker } from '../persistence/worker.ts';
import { createOutbox } from '../purchase/outbox/outbox.ts';
import { startRelay } from '../purchase/outbox/relay.ts';
import { createSeats } from '../purchase/seats/create-seats.ts';
import { createPublish } from '../shared/events/publish.ts';
import type { Inventory } from '../shared/inventory/inventory.ts';
import { openEvent } from '../shared/inventory/open-event.ts';
import { type ReplicaPolicy, waitForNoReplica } from '../shared/inventory/replicas.ts';

/** The policy of a purchase service with one replica, whose sales wait for it (1) or do not (0). */
const waitingFor = (waitsFor: number) => ({ waitsFor, replicas: 1, isDurable: false });

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const folder = testFolder(resources);
const { redis: server } = await findServers(['redis'], () => {});

const waitFor = <T>(condition: () => Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });

/** Syncs a new replica without delay, and stops a master without waiting for its replicas. */
const replicationSettings = { 'repl-diskless-sync-delay': '0', 'shutdown-timeout': '0' };

/** `replicas`: the policy of the purchase tasks on this node. */
type Node = { process: LocalProcess; redis: Redis; port: number; replicas: ReplicaPolicy; restart(): Promise<void> };

async function startNode(name: string): Promise<Node & { db: Awaited<ReturnType<typeof connectStores>>['db'] }> {
  const port = await freePort();
  const start = () => startRedis(server, { folder: join(folder, name), port }, replicationSettings);
  const first = await start();
  const { redis, db } = await connectStores(
    { ...urls, redisUrl: `redis://127.0.0.1:${port}`, isRedisCluster: false },
    resources,
    3,
  );
  redis.on('error', () => {});
  const node: Node & { db: typeof db } = {
    port,
    redis: redis as Redis,
    db,
    replicas: waitForNoReplica,
    process: first,
    async restart() {
      await node.process.stop();
      node.process = await start();
      await waitFor(async () => expect(await node.redis.ping()).toBe('PONG'));
    },
  };
  resources.defer(async () => {
    // A replica that has not finished its first append-only file refuses to stop.
    node.process.kill('SIGKILL');
    await node.process.exited;
  });
  return node;
}

let master: Awaited<ReturnType<typeof startNode>>;
let replica: Awaited<ReturnType<typeof startNode>>;
let cable: Cable;
let event: Inventory;
let ofTest: AsyncDisposableStack;
let messaging: Awaited<ReturnType<typeof createMessaging>>;

/** Relays the outboxes of this node until the test ends, as a purchase task does. */
function relayFrom(node: Awaited<ReturnType<typeof startNode>>): void {
  const relay = startRelay({
    outbox: createOutbox(node.redis, unique('task'), node),
    publish: createPublish(sns, messaging.topicArn),
    logger: silentLogger,
    retentionMs: 3_600_000,
    sweepMs: 50,
  });
  ofTest.defer(() => relay.stop());
}

async function buy(on: Node, column: number) {
  const app = await purchaseAppOn(on.redis, createSeats(on));
  const { eventId, venueId } = event;
  const payload = { venueId, eventId, zoneId: 1, row: 'A', column };
  const { statusCode, body } = await app.inject({ method: 'POST', url: '/purchase/api/v1/tickets', payload });
  return { statusCode, code: (JSON.parse(body) as { code?: string }).code };
}

const sold = { statusCode: 201, code: undefined };
const taken = { statusCode: 409, code: 'SEAT_TAKEN' };
const unavailable = { statusCode: 503, code: 'INVENTORY_UNAVAILABLE' };

beforeAll(async () => {
  messaging = await createMessaging();
  master = await startNode('master');
  const worker = startWorker({
    sqs,
    queueUrl: messaging.queueUrl,
    project: (events) => projectDomainEvents(master.db, events),
    reject: async (rejected) => {
      expect(rejected).toEqual([]);
      return [];
    },
    logger: silentLogger,
  });
  resources.defer(() => worker.stop());
});

describe.skipIf(server.docker)('a replica', () => {
  beforeEach(async () => {
    ofTest = new AsyncDisposableStack();
    replica = await startNode(unique('replica'));
    cable = await layCable(master.port, resources);
    await replica.redis.replicaof('127.0.0.1', cable.port);
    const inventory = { eventId: unique('event'), venueId: unique('venue'), currency: 'USD', onSaleAtMs: 0, holdMs: 600_000 };
    event = { ...inventory, zones: [seatedZone(1, 1, 20)] };
    expect(await openEvent(master.db, master.redis, planOf(event))).toEqual({ kind: 'opened' });
    master.replicas = waitingFor(0);
    await waitFor(async () => expect(await master.redis.wait(1, 100)).toBe(1));
  });

  afterEach(() => ofTest.disposeAsync());

  const promote = () => replica.redis.replicaof('NO', 'ONE');

  it('that lacks a promised sale sells nothing once promoted, even if restarted, until it is rebuilt; no seat is sold twice', async () => {
    expect(await buy(master, 1)).toEqual(sold);
    await waitFor(async () => expect(await master.redis.wait(1, 100)).toBe(1));
    await cable.cut();
    relayFrom(master);
    expect(await buy(master, 2)).toEqual(sold);
    await waitFor(async () => {
      const rows = await master.db.selectFrom('tickets').select('ticket_id').where('event_id', '=', event.eventId).execute();
      expect(rows).toHaveLength(2);
    });

    await promote();
    expect(await buy(replica, 2)).toEqual(unavailable);
    expect(await buy(replica, 3)).toEqual(unavailable);
    await replica.restart();
    expect(await buy(replica, 3)).toEqual(unavailable);
    expect(await openEvent(replica.db, replica.redis, planOf(event))).toMatchObject({ kind: 'refused' });

    const system = { db: replica.db, redis: replica.redis, messaging: { sns, sqs, ...messaging } };
    expect((await verifyEvent(system, event.eventId)).differences.join()).toContain('rebuild');
    await rebuildEvent(system, event.eventId, () => {});
    expect([await buy(replica, 1), await buy(replica, 2), await buy(replica, 3)]).toEqual([taken, taken, sold]);
    relayFrom(replica);
    await waitFor(async () => expect(await verifyEvent(system, event.eventId)).toMatchObject({ differences: [], inFlight: 0 }));
  });

  it('has every sale that waited for it, and sells automatically once promoted', async () => {
    master.replicas = waitingFor(1);
    expect(await buy(master, 1)).toEqual(sold);
    await cable.cut();
    expect(await buy(master, 2)).toEqual(unavailable);
    await promote();
    replica.replicas = waitingFor(1);
    // It needs a replica of its own, or it would promise nothing either.
    const second = await startNode(unique('replica'));
    await second.redis.replicaof('127.0.0.1', replica.port);
    await waitFor(async () => expect(await replica.redis.wait(1, 100)).toBe(1));
    await waitFor(async () => expect(await buy(replica, 1)).toEqual(taken));
    // On a busy machine its replica may be late once; then the sale is made, but not promised.
    await waitFor(async () => expect([sold, taken]).toContainEqual(await buy(replica, 2)));
    expect(await buy(replica, 2)).toEqual(taken);
    // It keeps selling under a weaker policy, because it has every promise.
    replica.replicas = waitingFor(0);
    expect(await buy(replica, 4)).toEqual(sold);
    expect(await openEvent(replica.db, replica.redis, planOf(event))).toEqual({ kind: 'unchanged' });
  });

  it('sells nothing once promoted if sales waited for only some of the replicas: it may be one of the others', async () => {
    const oneOfTwo = { waitsFor: 1, replicas: 2, isDurable: false };
    master.replicas = oneOfTwo;
    expect(await buy(master, 1)).toEqual(sold);
    await promote();
    replica.replicas = { ...oneOfTwo, waitsFor: 0 };
    expect(await buy(replica, 2)).toEqual(unavailable);
  });

  it('sells nothing once promoted if there were more replicas than sales waited for, whatever the settings say', async () => {
    const second = await startNode(unique('replica'));
    await second.redis.replicaof('127.0.0.1', master.port);
    await waitFor(async () => expect(await master.redis.wait(2, 100)).toBe(2));
    master.replicas = waitingFor(1);
    expect(await buy(master, 1)).toEqual(sold);
    await second.redis.replicaof('NO', 'ONE');
    await waitFor(async () => expect(await master.redis.wait(1, 100)).toBe(1));
    await promote();
    replica.replicas = waitForNoReplica;
    const third = await startNode(unique('replica'));
    await third.redis.replicaof('127.0.0.1', replica.port);
    await waitFor(async () => expect(await replica.redis.wait(1, 100)).toBe(1));
    replica.replicas = waitingFor(1);
    expect(await buy(replica, 2)).toEqual(unavailable);
  });

  it('sells immediately once promoted if the settings say that Redis acknowledges only writes that survive a failover', async () => {
    replica.replicas = { ...waitingFor(0), isDurable: true };
    expect(await buy(master, 1)).toEqual(sold);
    await waitFor(async () => expect(await master.redis.wait(1, 100)).toBe(1));
    await promote();
    expect([await buy(replica, 1), await buy(replica, 2)]).toEqual([taken, sold]);
  });

  it('that is cut off keeps the relay from publishing sales that only its master has', async () => {
    master.replicas = waitingFor(1);
    await cable.cut();
    expect(await buy(master, 5)).toEqual(unavailable);
    const outbox = createOutbox(master.redis, unique('task'), master);
    const isolated = await outbox.readNew(event.eventId, 10);
    expect(isolated.domainEvents).toHaveLength(1);
    await expect(outbox.untilSafe(event.eventId)).rejects.toThrow('0 of 1 replicas');
  });

  it('that is cut off makes its master unavailable if that may not write without it (min-replicas-to-write)', async () => {
    await master.redis.config('SET', 'min-replicas-to-write', '1');
    await cable.cut();
    await waitFor(async () => expect(await buy(master, 7)).toEqual(unavailable));
    await master.redis.config('SET', 'min-replicas-to-write', '0');
    expect(await buy(master, 7)).toEqual(sold);
  });
});
