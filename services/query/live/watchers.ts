import { UnavailableError } from '../../shared/http/problems.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { SeatReader } from './seat-reader.ts';
import { startWatcher, type Watcher } from './watch.ts';

export type Watchers = {
  /**
   * Returns the one watcher of the event, shared by all callers, or undefined if there is no such event. Throws an UnavailableError
   * if the event's inventory cannot be read.
   */
  find(eventId: string): Promise<Watcher | undefined>;
  stop(): void;
};

/** Keeps one watcher per followed event in this process. */
export function createWatchers({ readSeats, logger }: { readSeats: SeatReader; logger: Logger }): Watchers {
  const running = new Map<string, Watcher>();
  const starting = new Map<string, Promise<Watcher | undefined>>();

  return {
    async find(eventId) {
      const watcher = running.get(eventId);
      if (watcher && !watcher.isAvailable()) throw new UnavailableError('INVENTORY_UNAVAILABLE', `${eventId} cannot be read`);
      if (watcher) return watcher;
      const begun = starting.get(eventId) ?? start(eventId).finally(() => starting.delete(eventId));
      starting.set(eventId, begun);
      return await begun;
    },
    stop() {
      for (const watcher of running.values()) watcher.stop();
    },
  };

  async function start(eventId: string): Promise<Watcher | undefined> {
    const first = await readSeats(eventId);
    if (!first) return undefined;
    const watcher = startWatcher({
      eventId,
      first,
      read: () => readSeats(eventId),
      onIdle: () => running.delete(eventId),
      logger,
    });
    running.set(eventId, watcher);
    return watcher;
  }
}
