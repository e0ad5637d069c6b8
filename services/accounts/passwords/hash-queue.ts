import { overloaded } from '../../shared/http/problems.ts';

export type HashQueue = ReturnType<typeof createHashQueue>;

/** The limits of a queue: how much runs at a time, how much may wait and for how long, and how much of that is for one client. */
export type QueueLimits = { running: number; waiting: number; waitMs: number; perClient: number };

/** The limits of a process. Ten places are for one address, be it a whole office's. */
export const hashLimits = (running: number): QueueLimits => ({ running, waiting: 40, waitMs: 2_000, perClient: 10 });

/** How long a run takes, before it is known: about what argon2id costs. */
const usualMs = 50;
/** How much each run changes what is known. */
const weight = 0.1;

/**
 * Runs costly work, a few pieces at a time, in order of arrival. What could not start soon is refused immediately: the promise rejects with
 * `overloaded`, a 503. On a busy machine, where the work takes longer, less may wait, and what has waited for too long is refused when its
 * turn comes. One client cannot fill the queue: its work beyond `perClient` pieces is refused too.
 */
export function createHashQueue(limits: QueueLimits) {
  const waiting: { sinceMs: number; start: () => void; refuse: (reason: Error) => void }[] = [];
  const byClient = new Map<string, number>();
  let running = 0;
  let refused = 0;
  let averageMs = usualMs;

  return {
    async run<T>(client: string, work: () => Promise<T>): Promise<T> {
      const own = byClient.get(client) ?? 0;
      if (own >= limits.perClient || isFull()) {
        refused++;
        throw overloaded;
      }
      byClient.set(client, own + 1);
      try {
        if (running < limits.running) running++;
        else await turn();
        return await timed(work).finally(endOne);
      } finally {
        const left = (byClient.get(client) ?? 1) - 1;
        if (left === 0) byClient.delete(client);
        else byClient.set(client, left);
      }
    },

    /** How much runs and waits now, and how much was refused since the start. */
    use: () => ({ running, waiting: waiting.length, refused }),
  };

  function turn(): Promise<void> {
    const { promise, resolve: start, reject: refuse } = Promise.withResolvers<void>();
    waiting.push({ sinceMs: performance.now(), start, refuse });
    return promise;
  }

  function isFull(): boolean {
    if (running < limits.running) return false;
    const expectedMs = ((waiting.length + 1) * averageMs) / limits.running;
    return waiting.length >= limits.waiting || expectedMs > limits.waitMs;
  }

  async function timed<T>(work: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    try {
      return await work();
    } finally {
      averageMs += weight * (performance.now() - startedMs - averageMs);
    }
  }

  /** Passes the place to the first that waits and did not wait for too long. */
  function endOne(): void {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (performance.now() - next.sinceMs <= limits.waitMs) {
        next.start();
        return;
      }
      refused++;
      next.refuse(overloaded);
    }
    running--;
  }
}
