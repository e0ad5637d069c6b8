import { Cluster } from 'ioredis';
import { connectRedis, connectRedisCluster, type RedisClient, untilConnected } from '../../services/shared/stores/redis.ts';
import { type Cable, layCable, through } from './cable.ts';
import { redis as near, urls } from './stores.ts';

export type FarRedis = { redis: RedisClient; cut(): Promise<void>; mend(): Promise<void> };

/** A connection to this run's Redis, or to each node of its cluster, that a test can cut and mend; closed with `resources`. */
export async function connectFarRedis(resources: AsyncDisposableStack): Promise<FarRedis> {
  const { redis, cables } = near instanceof Cluster ? await connectNodes(near, resources) : await connectOne(resources);
  resources.defer(() => redis.disconnect());
  redis.on('error', () => {});
  await untilConnected(redis);
  return {
    redis,
    async cut() {
      await Promise.all(cables.map((cable) => cable.cut()));
    },
    async mend() {
      await Promise.all(cables.map((cable) => cable.mend()));
    },
  };
}

async function connectOne(resources: AsyncDisposableStack) {
  const cable = await layCable(Number(new URL(urls.redisUrl).port), resources);
  return { redis: connectRedis(through(cable, urls.redisUrl)), cables: [cable] };
}

async function connectNodes(cluster: Cluster, resources: AsyncDisposableStack) {
  const ports = cluster.nodes('master').map(({ options }) => Number(options.port));
  const cables = await Promise.all(ports.map((port) => layCable(port, resources)));
  const redis = connectRedisCluster(through(cables[0] as Cable, urls.redisUrl));
  // The nodes announce their own ports; this maps each to its cable.
  redis.options.natMap = Object.fromEntries(
    ports.map((port, at) => [`127.0.0.1:${port}`, { host: '127.0.0.1', port: (cables[at] as Cable).port }]),
  );
  return { redis, cables };
}
