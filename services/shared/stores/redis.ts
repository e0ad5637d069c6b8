import { once } from 'node:events';
import { Cluster, Redis, ReplyError } from 'ioredis';
import { UnavailableError } from '../http/problems.ts';
import type { Logger } from '../telemetry/logger.ts';
import { connectCluster } from './redis-cluster.ts';

/** A single Redis or a cluster. Every command that the services use works on both. */
export type RedisClient = Redis | Cluster;

/** A buyer waits at most this long for Redis; a healthy one answers within milliseconds. */
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
 * A connection whose commands fail immediately while Redis is unreachable, and which reconnects automatically. A command whose reply
 * was lost is never sent again: the script may have run, and a second run would report the buyer's own seat as taken.
 */
export function connectRedis(url: string, enableAutoPipelining = true): Redis {
  return new Redis(url, {
    ...connection,
    enableAutoPipelining,
    enableOfflineQueue: false,
    retryStrategy: reconnectPauseMs,
  });
}

/** connectRedis for a Redis Cluster; the URL names one of its nodes. The same guarantees hold for each master separately. */
export const connectRedisCluster = (url: string, enableAutoPipelining = true): Cluster =>
  connectCluster(url, { connection, reconnectPauseMs, enableAutoPipelining });

/** How long a service waits for its first connection before it starts without one and answers 503. */
const firstConnectionMs = 2_000;

/** Opens a connection (connectRedis or connectRedisCluster) that closes with `resources`. Connection errors are logged. */
export async function openRedis(
  url: string,
  options: { isCluster: boolean; enableAutoPipelining?: boolean; logger: Logger; resources: AsyncDisposableStack },
): Promise<RedisClient> {
  const { isCluster, enableAutoPipelining, logger, resources } = options;
  const redis = isCluster ? connectRedisCluster(url, enableAutoPipelining) : connectRedis(url, enableAutoPipelining);
  resources.defer(() => redis.disconnect());
  redis.on('error', (error) => logger.warn({ err: error }, 'redis'));
  redis.on('node error', (error, node) => logger.warn({ err: error, node }, 'redis'));
  await untilConnected(redis, AbortSignal.timeout(firstConnectionMs)).catch(() => {});
  return redis;
}

/** Resolves once every master answers commands; rejects if `signal` aborts first. */
export async function untilConnected(redis: RedisClient, signal?: AbortSignal): Promise<void> {
  if (redis.status !== 'ready') await once(redis, 'ready', { signal });
  await ping(redis);
}

/** Returns a health check: it resolves if Redis, or every master of a cluster, answers; else it rejects with the reason. */
export function createRedisCheck(redis: RedisClient): () => Promise<void> {
  /** Explains why the connection is not ready. */
  let lastError: unknown;
  redis.on('error', (error) => {
    lastError = error;
  });
  return async () => {
    if (redis.status !== 'ready') throw new Error(`The connection is ${redis.status}`, { cause: lastError });
    await ping(redis);
  };
}

/** A cluster client's own ping would ask only one of its nodes. */
async function ping(redis: RedisClient): Promise<void> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  await Promise.all(nodes.map((node) => node.ping()));
}

/**
 * Replies that mean "not now": loading, no longer the master, out of memory, cannot write to disk, cluster down, or a slot being moved,
 * because ioredis does not follow every redirection (https://github.com/redis/ioredis/issues/2075).
 */
const notNow = /^(LOADING|READONLY|MASTERDOWN|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY|MOVED|ASK) /;

/** Returns the reply to `command`. Throws an UnavailableError if Redis is unavailable; replies that show a bug are thrown unchanged. */
export async function orUnavailable<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    if (error instanceof ReplyError && !notNow.test((error as Error).message)) throw error;
    throw new UnavailableError('INVENTORY_UNAVAILABLE', error);
  }
}

/** Whether an error of a Redis client means that Redis was unreachable or unavailable, rather than that the command was wrong. */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof ReplyError) return notNow.test(error.message);
  return (
    ['MaxRetriesPerRequestError', 'ClusterAllFailedError'].includes(error.name) ||
    /^(Connection is closed|Command timed out|Stream isn't writeable)/.test(error.message)
  );
}
