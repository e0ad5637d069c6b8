export type Rounds = {
  /** Starts a round soon: there may be work. */
  wake(): void;
  /** Finishes the current round and stops. */
  stop(): Promise<void>;
};

/**
 * Works in rounds: one after another while `round` finds work, and otherwise after `pauseMs` or when woken, whichever is sooner. Errors go
 * to `onError`, and count as a round without work. `round` is told how to learn that this is the last round.
 */
export function startRounds(options: {
  round: (isStopping: () => boolean) => Promise<boolean>;
  pauseMs: number;
  onError: (error: unknown) => void;
}): Rounds {
  const { round, pauseMs, onError } = options;
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
      const didWork = await round(() => isStopping).catch(failed);
      if (!didWork && !isWoken) await pause();
    }
  }

  function failed(error: unknown): false {
    onError(error);
    return false;
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
