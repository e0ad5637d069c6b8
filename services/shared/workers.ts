import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from './logger.ts';

const drainMessage = 'drain';

const shortestPauseMs = 100;
const longestPauseMs = 30_000;
/** A worker that ran for longer was well: what ended it is not the same again. */
const steadyMs = 60_000;

/**
 * Runs `count` copies of this process that share its port. One that ends unasked is replaced, after a pause that doubles while
 * it ends at once each time. `stop` has all of them drain, and resolves when they are gone. Where this process dies, Node ends
 * them (https://nodejs.org/api/cluster.html#event-disconnect).
 */
export function startWorkers({ count, logger }: { count: number; logger: Logger }): { stop(): Promise<void> } {
  // Each takes its connections from the port itself. One that this process hands over hangs where the worker is killed just then.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // As JSON, a metric that is not a number would come as null.
  cluster.setupPrimary({ serialization: 'advanced' });
  const stopping = new AbortController();
  const running = new Set<Worker>();
  const finished = Promise.all(Array.from({ length: count }, keepRunning));
  return {
    async stop() {
      stopping.abort();
      // One that is gone already cannot be told, and need not be.
      for (const worker of running) worker.send(drainMessage, () => {});
      await finished;
    },
  };

  async function keepRunning(): Promise<void> {
    let pauseMs = shortestPauseMs;
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      const ending = await runOne();
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAt > steadyMs) pauseMs = shortestPauseMs;
      logger.error({ ...ending, pauseMs }, 'worker ended unasked; another is started after a pause');
      await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  /** Resolves when the worker is gone, with how it went. */
  async function runOne() {
    const worker = cluster.fork();
    running.add(worker);
    logger.info({ worker: worker.id, pid: worker.process.pid }, 'worker started');
    try {
      const [exitCode, signal] = await once(worker, 'exit');
      return { worker: worker.id, exitCode, signal };
    } catch (error) {
      return { worker: worker.id, err: error };
    } finally {
      running.delete(worker);
    }
  }
}

/** In a worker: `drain` is called when the one who started it says so. */
export function onDrain(drain: () => void): void {
  process.on('message', (message) => {
    if (message === drainMessage) drain();
  });
}
