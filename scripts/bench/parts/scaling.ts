import { join } from 'node:path';
import { Redis } from 'ioredis';
import { connectRedisCluster, untilConnected } from '../../../services/shared/stores/redis.ts';
import { freePort } from '../../local/free-ports.ts';
import { startRedisCluster } from '../../local/redis-cluster.ts';
import { findServers } from '../../local/servers.ts';
import { assertSold, emptyRedis, newEvent, openBenchEvent, purchasesOf, type Stores, untilPublished } from '../event.ts';
import { runPurchases } from '../load.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, medianOf, medianRatio } from '../rounds.ts';
import { type Bench, createLonelyTopic, neverRewrite, type Server, startBenchService } from '../system.ts';
import { hall } from './purchase-against-floor.ts';

const rounds = 5;
const events = 3;
const salesPerEvent = 8_000;
const masters = 3;
const slots = 16_384;

/** One side: a running purchase, the stores that it uses, and a function that names its events. */
type Side = { purchase: Server; stores: Stores; name: (at: number) => Promise<{ venueId: string; eventId: string }> };

/** f: one process against two that share a port, and one Redis against a cluster of three masters; each sells three events at once. */
export async function scaling({ bench, resources, say }: PartContext): Promise<Report> {
  const topic = { SNS_TOPIC_ARN: await createLonelyTopic(bench) };
  const one: Side = { purchase: await startBenchService(bench, 'purchase', resources, topic), stores: bench, name: anyEvent };
  const two = await startTwoProcesses(bench, resources, topic);
  const cluster = await startOnCluster(bench, resources, topic);
  const measured = await alternate({ one: () => sell(one), two: () => sell(two), cluster: () => sell(cluster) }, rounds, say);
  const rate = (side: keyof typeof measured) => medianOf(measured[side], 'perSecond');
  return {
    rows: [
      { what: 'two processes / one', value: medianRatio(measured.two, measured.one, 'perSecond') },
      { what: 'three Redis masters / one Redis', value: medianRatio(measured.cluster, measured.one, 'perSecond') },
      { what: 'one process, one Redis', value: rate('one'), unit: 'sales/s' },
      { what: 'two processes (WEB_CONCURRENCY=2), one Redis', value: rate('two'), unit: 'sales/s' },
      { what: 'one process, three Redis masters', value: rate('cluster'), unit: 'sales/s' },
    ],
    notes: [
      'two cores shared with the generator and the emulator leave nothing to gain: this shows that the setups work, and their overhead',
    ],
    rounds: measured,
  };
}

async function sell({ purchase, stores, name }: Side): Promise<Figures> {
  await emptyRedis(stores.redis);
  const opened = await Promise.all(
    Array.from({ length: events }, async (_, at) => await openBenchEvent(stores, { ...(await name(at)), hall })),
  );
  const bodies = opened.map((event) => purchasesOf(event, salesPerEvent));
  const mixed = Array.from({ length: salesPerEvent }, (_, at) => bodies.map((ofEvent) => ofEvent[at] as string)).flat();
  const { figures } = await runPurchases({ url: `${purchase.url}/tickets`, bodies: mixed });
  for (const event of opened) {
    await untilPublished(stores.redis, event.eventId);
    await assertSold(stores.redis, event, salesPerEvent);
  }
  return figures;
}

const anyEvent = async () => newEvent(hall);

/** Uses another database of the same Redis, so that an idle relay of one side does not publish the other side's sales. */
async function startTwoProcesses(bench: Bench, resources: AsyncDisposableStack, env: Record<string, string>): Promise<Side> {
  const url = `${bench.urls.redisUrl}/1`;
  const redis = new Redis(url);
  resources.defer(() => redis.disconnect());
  const settings = { ...env, REDIS_URL: url, WEB_CONCURRENCY: '2' };
  const purchase = await startBenchService(bench, 'purchase', resources, settings);
  return { purchase, stores: { db: bench.db, redis }, name: anyEvent };
}

/** Names event `at` so that its slot is on master `at`. */
async function startOnCluster(bench: Bench, resources: AsyncDisposableStack, env: Record<string, string>): Promise<Side> {
  const { redis: server } = await findServers(['redis'], () => {});
  const ports = await Promise.all(Array.from({ length: masters }, freePort));
  for (const node of await startRedisCluster(server, { folder: join(bench.folder, 'cluster'), ports })) {
    resources.defer(() => node.stop());
  }
  const url = `redis://127.0.0.1:${ports[0]}`;
  const redis = connectRedisCluster(url);
  resources.defer(() => redis.disconnect());
  await untilConnected(redis);
  await Promise.all(redis.nodes('master').map(neverRewrite));
  const settings = { ...env, REDIS_URL: url, REDIS_CLUSTER: 'true' };
  const purchase = await startBenchService(bench, 'purchase', resources, settings);
  const name = async (at: number) => {
    for (;;) {
      const event = newEvent(hall);
      const slot = await redis.cluster('KEYSLOT', event.eventId);
      if (Math.floor((slot * masters) / slots) === at) return event;
    }
  };
  return { purchase, stores: { db: bench.db, redis }, name };
}
