import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Server } from './docker.ts';
import type { LocalProcess } from './process.ts';
import { startRedis } from './redis.ts';

const host = '127.0.0.1';
const slots = 16_384;

/** Longer than the hiccups of a busy machine. With Redis' default, 15 s, a test would wait that long until a dead node is noticed. */
const defaultNodeTimeoutMs = 5_000;
const formedMs = 30_000;

/** Nodes talk to each other 10,000 ports above the one for clients or, if that is too high for a port, below it. */
const busPort = (port: number) => (port > 55_535 ? port - 10_000 : port + 10_000);

/**
 * Starts a Redis Cluster with a master on each of `ports`, each with an equal share of the slots, that syncs every write as startRedis
 * does. The n-th of `replicaPorts` is a replica of the n-th master, and takes over about `nodeTimeoutMs` after that is gone; a master
 * without a replica takes only its own slots with it. The data is in `folder`, in one folder per port, and a second start finds it again.
 * Returns the masters, then the replicas.
 */
export async function startRedisCluster(
  server: Server,
  at: { folder: string; ports: number[]; replicaPorts?: number[]; nodeTimeoutMs?: number },
): Promise<LocalProcess[]> {
  const { ports, replicaPorts = [], ...settings } = at;
  const starting = [...ports, ...replicaPorts].map((port) => startRedisNode(server, { ...settings, port }));
  const nodes = (await Promise.allSettled(starting)).flatMap((node) => (node.status === 'fulfilled' ? [node.value] : []));
  try {
    await Promise.all(starting);
    await formCluster(ports, replicaPorts);
    return nodes;
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()));
    throw error;
  }
}

/** Starts one node of such a cluster; also to start it again after its process ended. */
export async function startRedisNode(
  server: Server,
  at: { folder: string; port: number; nodeTimeoutMs?: number },
): Promise<LocalProcess> {
  if (server.docker !== undefined)
    throw new Error('A local cluster needs redis-server on the PATH: nodes in containers cannot reach each other.');
  const { folder, port, nodeTimeoutMs = defaultNodeTimeoutMs } = at;
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': String(nodeTimeoutMs),
    'cluster-require-full-coverage': 'no',
    'cluster-announce-ip': host,
    'cluster-port': String(busPort(port)),
    // A replica may take over however long it has been cut off from its master, and starts to copy it immediately.
    'cluster-replica-validity-factor': '0',
    'repl-diskless-sync-delay': '0',
  };
  return await startRedis(server, { folder: join(folder, String(port)), port }, settings);
}

/**
 * Assigns slots to masters that have none yet, introduces the nodes to each other, and waits until each knows the owner of every slot
 * and the replicas are up to date.
 */
async function formCluster(ports: number[], replicaPorts: number[]): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const connect = (port: number) => {
    const node = new Redis({ host, port });
    resources.defer(() => node.disconnect());
    return node;
  };
  const masters = ports.map(connect);
  const replicas = replicaPorts.map(connect);
  const nodes = [...masters, ...replicas];
  const isNew = await Promise.all(nodes.map(async (node) => (await clusterInfo(node)).cluster_slots_assigned === '0'));
  const firstOf = (at: number) => Math.floor((slots * at) / masters.length);
  for (const [at, node] of masters.entries()) {
    if (isNew[at]) await node.cluster('ADDSLOTSRANGE', firstOf(at), firstOf(at + 1) - 1);
  }
  for (const port of [...ports, ...replicaPorts]) await masters[0]?.call('CLUSTER', 'MEET', host, port, busPort(port));
  await until(async () => {
    const infos = await Promise.all(nodes.map(clusterInfo));
    return infos.every((info) => info.cluster_state === 'ok' && info.cluster_slots_ok === String(slots));
  });
  for (const [at, node] of replicas.entries()) {
    if (isNew[masters.length + at]) await node.cluster('REPLICATE', String(await masters[at]?.cluster('MYID')));
  }
  await until(async () => {
    const infos = await Promise.all(nodes.map((node) => node.info('replication')));
    return infos.every((info) => !info.includes('master_link_status:down'));
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + formedMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`The cluster was not formed within ${formedMs / 1_000} s`);
    await pause(50);
  }
}

async function clusterInfo(node: Redis): Promise<Record<string, string>> {
  const info = String(await node.cluster('INFO'));
  return Object.fromEntries(info.split('\r\n').map((line) => line.split(':')));
}
