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

/** At once, where a replica joins; and not waiting for one, where a master is stopped. */
const replicationSettings = { 'repl-diskless-sync-delay': '0', 'shutdown-timeout': '0' };

/** h: what it costs that a replica has each sale before its buyer hears of it, with one replica that is there anyway. */
export async function waitingForAReplica({ bench, resources, say }: PartContext): Promise<Report> {
  const url = await startPair(bench, resources);
  const topic = await createLonelyTopic(bench);
  // Each in a database of its own: a relay must not publish what the other side sold.
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
      { what: 'purchase that waits for a replica / that does not', value: medianRatio(over, of, 'perSecond') },
      { what: 'purchase that waits for a replica', value: medianOf(over, 'perSecond'), unit: 'sales/s' },
      { what: 'p99, waiting', value: medianOf(over, 'p99Ms'), unit: 'ms' },
      { what: 'p99, not waiting', value: medianOf(of, 'p99Ms'), unit: 'ms' },
    ],
    notes: ['the replica shares the two cores and the disk with its master, which on AWS it does not'],
    rounds: measured,
  };
}

/** A Redis with one replica that has all of it; gives the master's URL. */
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
