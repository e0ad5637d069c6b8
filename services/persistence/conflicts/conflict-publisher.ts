import { type Rounds, startRounds } from '../../shared/basics/rounds.ts';
import type { Publish } from '../../shared/events/publish.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { publishConflicts } from './publish-conflicts.ts';

/** The pause between rounds if nobody calls `wake`: a conflict may become certain in another task's batch, or a store be away. */
const defaultPauseMs = 5_000;

/**
 * Publishes each seat conflict in MySQL as a domain event: round after round while there are more, then after each pause, and when
 * woken. Retries until MySQL and SNS are available. After a stop, another task, or the next start, publishes the remaining conflicts.
 */
export function startConflictPublisher(options: { db: Database; publish: Publish; logger: Logger; pauseMs?: number }): Rounds {
  const { db, publish, logger, pauseMs = defaultPauseMs } = options;
  return startRounds({
    async round() {
      const published = await publishConflicts(db, publish);
      if (published > 0) logger.warn({ conflicts: published }, 'published conflicts: seats were sold twice');
      return published > 0;
    },
    pauseMs,
    onError: (error) => logger.warn({ err: error }, 'conflicts not published; trying again'),
  });
}
