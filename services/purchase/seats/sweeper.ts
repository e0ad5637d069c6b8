import { setTimeout as pause } from 'node:timers/promises';
import { openedEventsKey } from '../../shared/keys.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RedisClient } from '../../shared/redis.ts';
import { expireHolds } from './holds.ts';

const sweepMs = 1_000;

/**
 * Ends overdue holds every second, so that counts and maps of seats show it; selling does not wait for it. Every purchase task
 * does so: who comes second finds nothing to do. `stop` finishes the round in hand.
 */
export function startSweeper({ redis, logger }: { redis: RedisClient; logger: Logger }): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const finished = run();
  return {
    async stop() {
      stopping.abort();
      await finished;
    },
  };

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        // At once, and so in one pipeline.
        await Promise.all((await redis.smembers(openedEventsKey)).map(sweep));
      } catch (error) {
        logger.warn({ err: error }, 'sweep interrupted; the next one is soon');
      }
      await pause(sweepMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  async function sweep(eventId: string): Promise<void> {
    while (!stopping.signal.aborted && (await expireHolds(redis, eventId)));
  }
}
