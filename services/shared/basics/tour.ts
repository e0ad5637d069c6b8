import { setTimeout as pause } from 'node:timers/promises';

/** How many are visited together; the pause after each lot leaves the store time for other work. */
const lotSize = 50;
const lotMs = 500;

/**
 * Visits everything that `list` returns, in lots of 50 every half second, round after round; a round takes at least `roundMs`. Errors
 * go to `onError`, and the tour continues. `stop` resolves once no visit is in progress.
 */
export function startTour(options: {
  list: () => Promise<string[]>;
  visit: (name: string) => Promise<unknown>;
  roundMs: number;
  onError: (error: unknown) => void;
}): { stop(): Promise<void> } {
  const { list, visit, roundMs, onError } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const rest = (ms: number) => pause(ms, undefined, { signal }).catch(() => {});
  const finished = run();
  return {
    async stop() {
      stopping.abort();
      await finished;
    },
  };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const startedAt = performance.now();
      const names = await list().catch(failed);
      for (let at = 0; at < names.length && !signal.aborted; at += lotSize) {
        if (at > 0) await rest(lotMs);
        await Promise.all(names.slice(at, at + lotSize).map((name) => visit(name).catch(failed)));
      }
      await rest(Math.max(0, roundMs - (performance.now() - startedAt)));
    }
  }

  function failed(error: unknown): [] {
    if (!signal.aborted) onError(error);
    return [];
  }
}
