import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectStores } from '../../scripts/local/connect.ts';
import { freePort } from '../../scripts/local/free-ports.ts';
import type { LocalProcess } from '../../scripts/local/process.ts';
import { startRedisCluster, startRedisNode } from '../../scripts/local/redis-cluster.ts';
import { findServers } from '../../scripts/local/servers.ts';
import { testPurchaseApp } from '../../scripts/testing/apps.ts';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { testFolder } from '../../scripts/testing/services.ts';
import { silentLogger } from '../../scripts/testing/silent-logger.ts';
import { planOf, seatedZone, unique, urls } from '../../scripts/testing/stores.ts';
import { createSeats } from '../purchase/seats/create-seats.ts';
import { countsKey } from '../shared/inventory/keys.ts';
import { openEvent } from '../shared/inventory/open-event.ts';
import type { ReplicaPolicy } from '../shared/inventory/replicas.ts';
import { createRedisCheck } from '../shared/stores/redis.ts';

/** The policy of a purchase service with one replica, whose sales wait for it (1) or do not (0). */
const waitingFor = (waitsFor: number) => ({ waitsFor, replicas: 1, isDurable: false });

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const folder = testFolder(resources);
const { redis: server } = await findServers(['redis'], () => {});
const [ports, replicaPorts] = [await threePorts(), await threePorts()];
const nodeTimeoutMs = 1_000;

async function threePorts(): Promise<[number, number, number]> {
  return [await freePort(), await freePort(), await freePort()];
}

/** A master and its replica (both named by `host:port`), and an event whose keys they have. */
type Shard = { name: string; replicaName: string; port: number; process: LocalProcess; eventId: string };
const shards: Shard[] = [];
let cluster: Cluster;
let app: Awaited<ReturnType<typeof testPurchaseApp>>;

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });

/** The master that has the event's keys, according to the client. */
const masterOf = async ({ eventId }: Pick<Shard, 'eventId'>) =>
  cluster.slots[await cluster.cluster('KEYSLOT', countsKey(eventId))]?.[0];

type Answer = { column: number; statusCode: number; code: string | undefined };

async function buy({ eventId }: Shard, row: string, column: number): Promise<Answer> {
  const payload = { eventId, seats: [{ zoneId: 1, row, column }] };
  const answer = await app.inject({ method: 'POST', url: '/purchase/api/v1/orders', payload });
  return { column, statusCode: answer.statusCode, code: (answer.json() as { code?: string }).code };
}

const outcomesOf = (answers: Answer[]) => new Set(answers.map(({ statusCode, code }) => [statusCode, code].join(' ').trim()));

/** Buys the seats of a row, one after another, until `stop` is called. Each is tried once. */
function startBuyers(shard: Shard, row: string) {
  const answers: Answer[] = [];
  let isStopping = false;
  const finished = (async () => {
    while (!isStopping) {
      answers.push(await buy(shard, row, answers.length + 1));
      // Refusals are fast, and each uses up a seat: without a pause, the row would not be long enough.
      await pause(5);
    }
  })();
  const stop = async () => {
    isStopping = true;
    await finished;
    return answers;
  };
  resources.defer(async () => void (await stop()));
  return { answers, stop };
}

/** Kills the shard's master, and resolves once the client knows that its replica has taken over. */
async function failOver(shard: Shard): Promise<void> {
  shard.process.kill('SIGKILL');
  await shard.process.exited;
  await waitFor(async () => expect(await masterOf(shard)).toBe(shard.replicaName));
}

/** Restarts the killed master, and resolves once it is a replica of the node that took over from it. */
async function comeBack(shard: Shard): Promise<void> {
  shard.process = await startRedisNode(server, { folder, port: shard.port, nodeTimeoutMs });
  resources.defer(() => shard.process.stop());
  const master = cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === shard.replicaName);
  await waitFor(async () => expect(await master?.wait(1, 100)).toBe(1));
}

async function startApp(replicas?: ReplicaPolicy) {
  const seats = createSeats({ redis: cluster, ...(replicas && { replicas }) });
  const started = await testPurchaseApp({ seats, checks: { redis: createRedisCheck(cluster) }, logger: silentLogger });
  resources.defer(() => started.close());
  return started;
}

beforeAll(async () => {
  if (server.docker !== undefined) return;
  const processes = await startRedisCluster(server, { folder, ports, replicaPorts, nodeTimeoutMs });
  for (const process of processes) resources.defer(() => process.stop());
  const stores = { ...urls, redisUrl: `redis://127.0.0.1:${ports[0]}`, isRedisCluster: true };
  const { db, redis } = await connectStores(stores, resources);
  cluster = redis as Cluster;
  cluster.on('error', () => {});
  app = await startApp();
  for (const [at, port] of ports.entries()) {
    const name = `127.0.0.1:${port}`;
    let eventId = unique('event');
    while ((await masterOf({ eventId })) !== name) eventId = unique('event');
    const inventory = { eventId, venueId: unique('venue'), currency: 'USD', onSaleAtMs: 0, holdMs: 600_000 };
    expect(await openEvent(db, cluster, planOf({ ...inventory, zones: [seatedZone(1, 2, 9_999)] }))).toEqual({ kind: 'opened' });
    shards.push({ name, replicaName: `127.0.0.1:${replicaPorts[at]}`, port, process: processes[at] as LocalProcess, eventId });
  }
});

describe.skipIf(server.docker)('a master that dies', () => {
  it('is replaced by its replica: other events sell throughout; its own are unavailable, because the replica may lack sales', async () => {
    const [dying, ...others] = shards as [Shard, ...Shard[]];
    const buyers = shards.map((shard) => startBuyers(shard, 'A'));
    await waitFor(async () => expect(Math.min(...buyers.map(({ answers }) => answers.length))).toBeGreaterThan(10));
    await failOver(dying);
    const since = buyers.map(({ answers }) => answers.length);
    await waitFor(async () => {
      for (const [at, { answers }] of buyers.entries()) expect(answers.length).toBeGreaterThan((since[at] ?? 0) + 20);
    });
    const [ofDying = [], ...ofOthers] = await Promise.all(buyers.map(({ stop }) => stop()));

    expect(outcomesOf(ofOthers.flat())).toEqual(new Set(['201']));
    expect(outcomesOf(ofDying)).toEqual(new Set(['201', '503 INVENTORY_UNAVAILABLE']));
    // Until the event is rebuilt (failover.int.test.ts).
    expect(outcomesOf(ofDying.slice(since[0]))).toEqual(new Set(['503 INVENTORY_UNAVAILABLE']));
    const sold = ofDying.filter(({ statusCode }) => statusCode === 201);
    const again = await Promise.all(sold.map(({ column }) => buy(dying, 'A', column)));
    expect(outcomesOf(again)).toEqual(new Set(['503 INVENTORY_UNAVAILABLE']));
    for (const { eventId } of others) await assertConserved(cluster, eventId);
    await comeBack(dying);
  });

  it('is replaced by its replica, which sells automatically and has every promised sale, if each sale waits for it', async () => {
    app = await startApp(waitingFor(1));
    const dying = shards[1] as Shard;
    const other = shards[2] as Shard;
    const buyers = [dying, other].map((shard) => startBuyers(shard, 'B'));
    await waitFor(async () => expect(Math.min(...buyers.map(({ answers }) => answers.length))).toBeGreaterThan(10));
    await failOver(dying);
    await comeBack(dying);
    const sinceCount = buyers[0]?.answers.length ?? 0;
    const salesSince = () => buyers[0]?.answers.slice(sinceCount).filter(({ statusCode }) => statusCode === 201).length;
    await waitFor(async () => expect(salesSince()).toBeGreaterThan(20));
    const [ofDying = [], ofOther = []] = await Promise.all(buyers.map(({ stop }) => stop()));

    expect(outcomesOf(ofOther)).toEqual(new Set(['201']));
    expect(outcomesOf(ofDying)).toEqual(new Set(['201', '503 INVENTORY_UNAVAILABLE']));
    const promised = ofDying.filter(({ statusCode }) => statusCode === 201);
    const again = await Promise.all(promised.map(({ column }) => buy(dying, 'B', column)));
    expect(outcomesOf(again)).toEqual(new Set(['409 SEAT_TAKEN']));
    for (const { eventId } of [dying, other]) await assertConserved(cluster, eventId);
  });
});
