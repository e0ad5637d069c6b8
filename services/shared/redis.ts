import { once } from 'node:events';
import { Cluster, Redis, ReplyError } from 'ioredis';
import type { Logger } from './logger.ts';
import { UnavailableError } from './problems.ts';
import { connectCluster } from './redis-cluster.ts';

/** One Redis, or a cluster of them: every command of the services works on both. */
export type RedisClient = Redis | Cluster;

/** A buyer waits no longer than this for Redis; a healthy one answers within milliseconds. */
const commandMs = 1_000;
const longestReconnectPauseMs = 1_000;

const connection = {
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: commandMs,
  connectTimeout: commandMs,
};

const reconnectPauseMs = (attempt: number) => Math.min(attempt * 50, longestReconnectPauseMs);

/**
 * A connection that fails at once while Redis is away and comes back by itself. A command whose answer was lost is never
 * sent again: the script may have run, and the second run would call the buyer's own seat taken.
 */
export function connectRedis(url: string, enableAutoPipelining = true): Redis {
  return new Redis(url, {
    ...connection,
    enableAutoPipelining,
    enableOfflineQueue: false,
    retryStrategy: reconnectPauseMs,
  });
}

/** connectRedis for a Redis Cluster, of which the URL names a node: the same promises, for each of its masters by itself. */
export const connectRedisCluster = (url: string, enableAutoPipelining = true): Cluster =>
  connectCluster(url, { connection, reconnectPauseMs, enableAutoPipelining });

/** How long a service waits for its first connection before it starts all the same, and answers 503. */
const firstConnectionMs = 2_000;

/** connectRedis or connectRedisCluster, for as long as a service runs; what goes wrong with connections is in its log. */
export async function openRedis(
  url: string,
  options: { isCluster: boolean; enableAutoPipelining?: boolean; logger: Logger; resources: AsyncDisposableStack },
): Promise<RedisClient> {
  const { isCluster, enableAutoPipelining, logger, resources } = options;
  const redis = isCluster ? connectRedisCluster(url, enableAutoPipelining) : connectRedis(url, enableAutoPipelining);
  resources.defer(() => redis.disconnect());
  redis.on('error', (error) => {
    lastErrors.set(redis, error);
    logger.warn({ err: error }, 'redis');
  });
  redis.on('node error', (error, node) => logger.warn({ err: error, node }, 'redis'));
  await untilConnected(redis, AbortSignal.timeout(firstConnectionMs)).catch(() => {});
  return redis;
}

/** Resolves once commands are answered, by every master; rejects when it was given up. */
export async function untilConnected(redis: RedisClient, signal?: AbortSignal): Promise<void> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal });
  await pingRedis(redis);
}

/** Why a connection is not ready. */
const lastErrors = new WeakMap<RedisClient, Error>();

/** Resolves when Redis answers and, of a cluster, every master; rejects with what is wrong. */
export async function pingRedis(redis: RedisClient): Promise<void> {
  // A cluster's own ping asks any one of its nodes.
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  if (redis.status !== 'ready') throw new Error(`The connection is ${redis.status}`, { cause: lastErrors.get(redis) });
  await Promise.all(nodes.map((node) => node.ping()));
}

/**
 * Replies that say "not now": loading, no longer the master, out of memory, no disk, cluster down, or a slot on the move, of
 * which ioredis does not follow every redirection (https://github.com/redis/ioredis/issues/2075).
 */
const notNow = /^(LOADING|READONLY|MASTERDOWN|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY|MOVED|ASK) /;

/** What `command` gives, or an UnavailableError where Redis is away; replies that tell of a bug pass through. */
export async function orUnavailable<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    if (error instanceof ReplyError && !notNow.test((error as Error).message)) throw error;
    throw new UnavailableError('INVENTORY_UNAVAILABLE', error);
  }
}
