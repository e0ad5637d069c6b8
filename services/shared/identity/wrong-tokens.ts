import { type Limit, taken, waitFor } from '../basics/gcra.ts';

/** Enough for typing errors. */
const perAddress: Limit = { burst: 10, everyMs: 10_000 };
/** For all addresses together. */
const overall: Limit = { burst: 100, everyMs: 1_000 };

/**
 * Counts wrong tokens, by address and in total. `add` returns how many seconds the address must wait, or 0 while it is within the
 * limits. A correct token is not counted and always accepted, so nobody can lock an operator out, even from the same address. The
 * limits bound the work and the noise of guessing; guessing 24 characters would not succeed at any rate.
 */
export function createWrongTokens() {
  /** When each bucket will be full again; full buckets are dropped. */
  const fullAtMs = new Map<string, number>();
  let allFullAtMs = 0;

  return {
    add(address: string, nowMs = performance.now()): number {
      const waitMs = Math.max(waitFor(perAddress, fullAtMs.get(address) ?? 0, nowMs), waitFor(overall, allFullAtMs, nowMs));
      if (waitMs > 0) return Math.ceil(waitMs / 1_000);
      // The map stays small: `overall` limits how many addresses are added while a bucket refills.
      for (const [known, atMs] of fullAtMs) if (atMs <= nowMs) fullAtMs.delete(known);
      fullAtMs.set(address, taken(perAddress, fullAtMs.get(address) ?? 0, nowMs));
      allFullAtMs = taken(overall, allFullAtMs, nowMs);
      return 0;
    },
  };
}
