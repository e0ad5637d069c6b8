import type { Publish } from '../../shared/events/publish.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { publishConflicts } from './publish-conflicts.ts';

export type ConflictPublisher = {
  /** Starts a round soon, because there may be new conflicts. */
  wake(): void;
  /** Finishes the current round and stops; another task, or the next start, publishes the remaining conflicts. */
  stop(): Promise<void>;
};

/** The pause between rounds if nobody calls `wake`: a conflict may become certain in another task's batch, or a store be away. */
const defaultPauseMs = 5_000;

/**
 * Publishes each seat conflict in MySQL as a domain event: round after round while there are more, then after each pause, and when
 * woken. Retries until MySQL and SNS are available.
 */
export function startConflictPublisher(options: {
  db: Database;
  publish: Publish;
  logger: Logger;
  pauseMs?: number;
}): ConflictPublisher {
  const { db, publish, logger, pauseMs = defaultPauseMs } = options;
  let isStopping = false;
  let isWoken = false;
  let endPause = () => {};
  const finished = run();
  return {
    wake,
    async stop() {
      isStopping = true;
      wake();
      await finished;
    },
  };

  function wake(): void {
    isWoken = true;
    endPause();
  }

  async function run(): Promise<void> {
    while (!isStopping) {
      isWoken = false;
      const published = await round();
      if (published === 0 && !isWoken) await pause();
    }
  }

  async function round(): Promise<number> {
    try {
      const published = await publishConflicts(db, publish);
      if (published > 0) logger.warn({ conflicts: published }, 'published conflicts: seats were sold twice');
      return published;
    } catch (error) {
      logger.warn({ err: error }, 'conflicts not published; trying again');
      return 0;
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
