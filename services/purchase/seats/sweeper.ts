import { readActiveEvents } from '../../shared/active-events.ts';
import { deadlinesKey, openedEventsKey } from '../../shared/keys.ts';
import type { Logger } from '../../shared/logger.ts';
import type { RedisClient } from '../../shared/redis.ts';
import { createSampledLog } from '../../shared/sampled-log.ts';
import { startTour } from '../../shared/tour.ts';
import { expireHolds } from './holds.ts';

const sweepMs = 1_000;
/** How often to look when the next hold of an event ends; with many events it takes longer than that. */
const lookMs = 5_000;
/** Of more events that sold today, the latest are looked at so often. */
const maxActive = 500;

/**
 * Ends holds within a second of their deadline, so that counts and maps of seats show it; selling does not wait for it. It goes from
 * event to event to learn when the next hold of each ends, and does nothing about an event before then. Every purchase task does
 * so: the second one finds nothing to do. `stop` finishes the sweep in hand.
 */
export function startSweeper({ redis, logger }: { redis: RedisClient; logger: Logger }): { stop(): Promise<void> } {
  /** By event, when its next hold ends (ms). */
  const nextEndMs = new Map<string, number>();
  const warn = createSampledLog('warn', 'sweep interrupted; the next one is soon');
  const onError = (error: unknown) => warn(logger, { err: error });
  const look = async (eventId: string) => {
    const [, deadline] = await redis.zrange(deadlinesKey(eventId), '0', '0', 'WITHSCORES');
    if (deadline === undefined) nextEndMs.delete(eventId);
    else nextEndMs.set(eventId, Number(deadline));
  };
  const tours = [
    startTour({ list: () => readActiveEvents(redis, { most: maxActive }), visit: look, roundMs: lookMs, onError }),
    startTour({ list: () => redis.smembers(openedEventsKey), visit: look, roundMs: lookMs, onError }),
    startTour({ list: async () => dueEvents(), visit: sweep, roundMs: sweepMs, onError }),
  ];
  return {
    async stop() {
      await Promise.all(tours.map((tour) => tour.stop()));
    },
  };

  function dueEvents(): string[] {
    const now = Date.now();
    return [...nextEndMs].flatMap(([eventId, endMs]) => (endMs <= now ? [eventId] : []));
  }

  async function sweep(eventId: string): Promise<void> {
    while (await expireHolds(redis, eventId));
    await look(eventId);
  }
}
