import type { Logger } from '../../shared/logger.ts';

export type ConflictTeller = {
  /** Says that there may be something to tell. */
  wake(): void;
  /** Finishes the round in hand and stops; what is not told is for another task, or the next start. */
  stop(): Promise<void>;
};

/** How long a conflict waits where it became certain by another task's batch, or MySQL or SNS is away. */
const defaultPauseMs = 5_000;

/** Tells conflicts, round after round, for as long as there are more; then now and then, and when it is woken. */
export function startConflictTeller(options: {
  /** tellConflicts: gives how many were told. */
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
      if (told > 0) logger.warn({ conflicts: told }, 'told that seats were sold twice');
      return told;
    } catch (error) {
      logger.warn({ err: error }, 'conflicts not told; trying again');
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
