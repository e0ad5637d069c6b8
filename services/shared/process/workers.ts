import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.ts';

const drainMessage = 'drain';

const shortestPauseMs = 100;
const longestPauseMs = 30_000;
/** A worker that ran for longer was healthy: its end is not a repeated crash at start. */
const steadyMs = 60_000;

/**
 * Runs `count` copies of this process that share its port. A worker that ends unexpectedly is replaced, after a pause that doubles if
 * it keeps ending soon after its start. `stop` drains all workers and resolves when they are gone. If this process dies, Node ends
 * the workers (https://nodejs.org/api/cluster.html#event-disconnect).
 */
export function startWorkers({ count, logger }: { count: number; logger: Logger }): { stop(): Promise<void> } {
  // Each worker accepts connections itself. A connection that this process handed over would hang if its worker were killed just then.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // JSON would turn a metric that is NaN into null.
  cluster.setupPrimary({ serialization: 'advanced' });
  const stopping = new AbortController();
  const running = new Set<Worker>();
  const finished = Promise.all(Array.from({ length: count }, keepRunning));
  return {
    async stop() {
      stopping.abort();
      // The empty callback ignores the error if a worker is already gone.
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
      logger.error({ ...ending, pauseMs }, 'worker ended unexpectedly; another starts after a pause');
      await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  /** Resolves when the worker is gone, with the way it ended. */
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

/** In a worker: calls `drain` when the process that started it asks for that. */
export function onDrain(drain: () => void): void {
  process.on('message', (message) => {
    if (message === drainMessage) drain();
  });
}
