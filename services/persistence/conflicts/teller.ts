import type { Logger } from '../../shared/telemetry/logger.ts';

export type ConflictTeller = {
  /** Starts a round soon, because there may be new conflicts. */
  wake(): void;
  /** Finishes the current round and stops; another task, or the next start, publishes the remaining conflicts. */
  stop(): Promise<void>;
};

/** The pause between rounds if nobody calls `wake`: a conflict may become certain in another task's batch, or a store be away. */
const defaultPauseMs = 5_000;

/** Publishes conflicts, round after round while there are more; then after each pause, and whenever it is woken. */
export function startConflictTeller(options: {
  /** tellConflicts; resolves to how many were published. */
  tell: () => Promise<number>;
  logger: Logger;
  pauseMs?: number;
}): ConflictTeller {
  const { tell, logger, pauseMs = defaultPauseMs } = options;
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
      const told = await round();
      if (told === 0 && !isWoken) await pause();
    }
  }

  async function round(): Promise<number> {
    try {
      const told = await tell();
      if (told > 0) logger.warn({ conflicts: told }, 'published conflicts: seats were sold twice');
      return told;
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
