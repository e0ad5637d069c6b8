import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Server } from './binaries.ts';
import type { LocalProcess } from './process.ts';
import { startRedis } from './redis.ts';

const host = '127.0.0.1';
const slots = 16_384;

/** Longer than a busy machine's hiccup; Redis' own 15 s would have a test wait that long for a node to be missed. */
const nodeTimeoutMs = 5_000;
const formedMs = 30_000;

/** Nodes talk to each other 10,000 ports above the one for clients or, where there are none, below. */
const busPort = (port: number) => (port > 55_535 ? port - 10_000 : port + 10_000);

/**
 * A Redis Cluster of a master a port, each with as many slots and no replica, that syncs every write as startRedis does. One
 * that is away takes only its own slots with it. Its data is in `folder`, a folder a port; a second start finds it again.
 */
export async function startRedisCluster(
  server: Server,
  { folder, ports }: { folder: string; ports: number[] },
): Promise<LocalProcess[]> {
  const starting = ports.map((port) => startRedisNode(server, { folder, port }));
  const nodes = (await Promise.allSettled(starting)).flatMap((node) => (node.status === 'fulfilled' ? [node.value] : []));
  try {
    await Promise.all(starting);
    await formCluster(ports);
    return nodes;
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()));
    throw error;
  }
}

/** One node of such a cluster: to start it again, after its process ended. */
export async function startRedisNode(server: Server, { folder, port }: { folder: string; port: number }): Promise<LocalProcess> {
  if (server.docker !== undefined) throw new Error('A local cluster needs redis-server on the PATH: containers cannot meet.');
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': String(nodeTimeoutMs),
    'cluster-require-full-coverage': 'no',
    'cluster-announce-ip': host,
    'cluster-port': String(busPort(port)),
  };
  return await startRedis(server, { folder: join(folder, String(port)), port }, settings);
}

/** Gives every node its slots, where it has none yet, introduces them to each other, and waits until all are content. */
async function formCluster(ports: number[]): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const nodes = ports.map((port) => {
    const node = new Redis({ host, port });
    resources.defer(() => node.disconnect());
    return node;
  });
  const firstOf = (at: number) => Math.floor((slots * at) / ports.length);
  for (const [at, node] of nodes.entries()) {
    const { cluster_slots_assigned: assigned } = await clusterInfo(node);
    if (assigned === '0') await node.cluster('ADDSLOTSRANGE', firstOf(at), firstOf(at + 1) - 1);
  }
  for (const port of ports) await nodes[0]?.call('CLUSTER', 'MEET', host, port, busPort(port));

  const isContent = async (node: Redis) => {
    const info = await clusterInfo(node);
    return info.cluster_state === 'ok' && info.cluster_slots_ok === String(slots);
  };
  const deadline = Date.now() + formedMs;
  while (!(await Promise.all(nodes.map(isContent))).every(Boolean)) {
    if (Date.now() > deadline) throw new Error(`The cluster at ${ports.join(', ')} was not formed within ${formedMs / 1_000} s`);
    await pause(50);
  }
}

async function clusterInfo(node: Redis): Promise<Record<string, string>> {
  const info = String(await node.cluster('INFO'));
  return Object.fromEntries(info.split('\r\n').map((line) => line.split(':')));
}
