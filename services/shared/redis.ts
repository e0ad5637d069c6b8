import { once } from 'node:events';
import { Redis, ReplyError } from 'ioredis';
import type { Logger } from './logger.ts';
import { UnavailableError } from './problems.ts';

/** A buyer waits no longer than this for Redis; a healthy one answers within milliseconds. */
const commandMs = 1_000;
const longestReconnectPauseMs = 1_000;

/**
 * A connection that fails at once while Redis is away and comes back by itself. A command whose answer was lost is never
 * sent again: the script may have run, and the second run would call the buyer's own seat taken.
 */
export function connectRedis(url: string): Redis {
  return new Redis(url, {
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandMs,
    connectTimeout: commandMs,
    retryStrategy: (attempt) => Math.min(attempt * 50, longestReconnectPauseMs),
  });
}

/** How long a service waits for its first connection before it starts all the same, and answers 503. */
const firstConnectionMs = 2_000;

/** connectRedis, for as long as a service runs; what goes wrong with the connection is in its log. */
export async function openRedis(
  url: string,
  { logger, resources }: { logger: Logger; resources: AsyncDisposableStack },
): Promise<Redis> {
  const redis = connectRedis(url);
  resources.defer(() => redis.disconnect());
  redis.on('error', (error) => logger.warn({ err: error }, 'redis'));
  await once(redis, 'ready', { signal: AbortSignal.timeout(firstConnectionMs) }).catch(() => {});
  return redis;
}

/** Replies that say "not now": loading, no longer the master, out of memory, no disk, cluster down. */
const notNow = /^(LOADING|READONLY|MASTERDOWN|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY) /;

/** What `command` gives, or an UnavailableError where Redis is away; replies that tell of a bug pass through. */
export async function orUnavailable<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    if (error instanceof ReplyError && !notNow.test((error as Error).message)) throw error;
    throw new UnavailableError('INVENTORY_UNAVAILABLE', error);
  }
}
