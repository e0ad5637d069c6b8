import { startTour } from '../../shared/basics/tour.ts';
import { readActiveEvents } from '../../shared/inventory/active-events.ts';
import { deadlinesKey, openedEventsKey } from '../../shared/inventory/keys.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import type { Seats } from './create-seats.ts';

const sweepMs = 1_000;
/** How often to look up when an event's next hold ends; with many events it takes longer. */
const lookMs = 5_000;
/** How many of the events that sold today are looked at that often: the latest ones. */
const maxActive = 500;

/**
 * Ends holds within a second of their deadline, so that counts and seat maps show it; selling does not depend on it. It visits each
 * event to learn when its next hold ends, and leaves the event alone until then. Every purchase task does this; all but the first
 * find nothing to do. `stop` finishes the current sweep.
 */
export function startSweeper({
  redis,
  seats,
  logger,
}: {
  redis: RedisClient;
  seats: Pick<Seats, 'expireHolds'>;
  logger: Logger;
}): { stop(): Promise<void> } {
  /** When each event's next hold ends (ms). */
  const nextEndMs = new Map<string, number>();
  const warn = createSampledLog('warn', 'sweep failed; the next one starts soon');
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
    while (await seats.expireHolds(eventId));
    await look(eventId);
  }
}
