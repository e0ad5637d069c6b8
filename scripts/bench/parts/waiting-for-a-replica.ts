import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../../local/free-ports.ts';
import { startRedis } from '../../local/redis.ts';
import { findServers } from '../../local/servers.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, medianOf, medianRatio } from '../rounds.ts';
import { type Bench, createLonelyTopic, neverRewrite, type Server, startBenchService } from '../system.ts';
import { sellThroughPurchase } from './purchase-against-floor.ts';

const requests = 25_000;
const rounds = 5;
const warmUps = 3;

/** A replica syncs as soon as it joins, and a stopping master does not wait for one. */
const replicationSettings = { 'repl-diskless-sync-delay': '0', 'shutdown-timeout': '0' };

/** h: the cost of waiting until a replica has each sale before answering its buyer. Both sides run with the replica attached. */
export async function waitingForAReplica({ bench, resources, say }: PartContext): Promise<Report> {
  const url = await startPair(bench, resources);
  const topic = await createLonelyTopic(bench);
  // Each side has its own database, so that its relay does not publish the other side's sales.
  const start = async (database: number, replicas: number) => {
    const REDIS_URL = `${url}/${database}`;
    const redis = new Redis(REDIS_URL);
    resources.defer(() => redis.disconnect());
    const env = { SNS_TOPIC_ARN: topic, REDIS_URL, REDIS_REPLICAS_TO_WAIT_FOR: String(replicas) };
    return { bench: { ...bench, redis }, purchase: await startBenchService(bench, 'purchase', resources, env) };
  };
  const [at, waits] = [await start(1, 0), await start(2, 1)];
  const sell = (side: { bench: Bench; purchase: Server }) => () => sellThroughPurchase(side.bench, side.purchase, requests);
  const measured = await alternate({ 'not waiting': sell(at), waiting: sell(waits) }, rounds, say, warmUps);
  const [of, over] = [measured['not waiting'], measured.waiting];
  return {
    rows: [
      { what: 'purchase waiting for a replica / not waiting', value: medianRatio(over, of, 'perSecond') },
      { what: 'purchase waiting for a replica', value: medianOf(over, 'perSecond'), unit: 'sales/s' },
      { what: 'p99, waiting', value: medianOf(over, 'p99Ms'), unit: 'ms' },
      { what: 'p99, not waiting', value: medianOf(of, 'p99Ms'), unit: 'ms' },
    ],
    notes: ['the replica shares the two cores and the disk with its master; on AWS it would not'],
    rounds: measured,
  };
}

/** Starts a Redis and one replica, in sync. Returns the master's URL. */
async function startPair({ folder }: Bench, resources: AsyncDisposableStack): Promise<string> {
  const { redis: server } = await findServers(['redis'], () => {});
  const start = async (name: string) => {
    const port = await freePort();
    const process = await startRedis(server, { folder: join(folder, name), port }, replicationSettings);
    resources.defer(() => process.stop());
    const redis = new Redis(port);
    resources.defer(() => redis.disconnect());
    await neverRewrite(redis);
    return { port, redis };
  };
  const [master, replica] = [await start('master'), await start('replica')];
  await replica.redis.replicaof('127.0.0.1', master.port);
  while (!(await replica.redis.info('replication')).includes('master_link_status:up')) await pause(50);
  return `redis://127.0.0.1:${master.port}`;
}
