import { Redis, ReplyError } from 'ioredis';
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
