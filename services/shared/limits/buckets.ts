import { LRUCache } from 'lru-cache';
import { type Limit, leftIn, taken, waitFor } from '../basics/gcra.ts';
import type { Standing } from './headers.ts';

/** Bounds the memory: some 20 MB. The bucket that was used longest ago is forgotten, which makes it a full one. */
const mostBuckets = 100_000;

/** A bucket for each name, in this process only. `nowMs` is of a clock that never goes back. */
export function createBuckets(limit: Limit, most = mostBuckets) {
  const fullAtMs = new LRUCache<string, number>({ max: most });
  const of = (name: string) => fullAtMs.get(name) ?? 0;
  return {
    limit,

    /** Takes `count` tokens. Returns 0 or, if there are fewer and nothing was taken, how many milliseconds it takes until there are enough. */
    take(name: string, count = 1, nowMs = performance.now()): number {
      const full = of(name);
      const waitMs = waitFor(limit, full, nowMs, count);
      if (waitMs > 0) return waitMs;
      fullAtMs.set(name, taken(limit, full, nowMs, count));
      return 0;
    },

    /** Takes `count` tokens, even if there are fewer; but never so many that the next one comes later than after a whole refill. */
    force(name: string, count: number, nowMs = performance.now()): void {
      const latest = nowMs + 2 * limit.burst * limit.everyMs;
      fullAtMs.set(name, Math.min(latest, taken(limit, of(name), nowMs, count)));
    },

    /** Milliseconds until there is a token; 0 if there is one now. */
    waitMs: (name: string, nowMs = performance.now()): number => Math.max(0, waitFor(limit, of(name), nowMs)),

    putBack(name: string, count = 1, nowMs = performance.now()): void {
      fullAtMs.set(name, taken(limit, of(name), nowMs, -count));
    },

    /** A bucket as its client sees it, under the `label`. */
    standing(name: string, label: string, nowMs = performance.now()): Standing {
      const { burst, everyMs } = limit;
      const full = of(name);
      const windowSeconds = Math.max(1, Math.round((burst * everyMs) / 1_000));
      return { name: label, quota: burst, windowSeconds, left: leftIn(limit, full, nowMs), fullInMs: Math.max(0, full - nowMs) };
    },
  };
}
