/** A token bucket: so many at once, and then one more in each period. */
type Limit = { burst: number; everyMs: number };

/** Typing errors fit in; then one in ten seconds. */
const perAddress: Limit = { burst: 10, everyMs: 10_000 };
/** However many addresses guess. */
const overall: Limit = { burst: 100, everyMs: 1_000 };

/**
 * Counts wrong tokens, by address and in all. `add` returns for how many seconds the address should stay away, 0 while it is within
 * the limits. A right token is not counted and always accepted, so nobody can lock an operator out, be it from the same address: what
 * is bounded is the work and the noise of guessing, which does not succeed against 24 characters at any rate.
 */
export function createWrongTokens() {
  /** When each bucket will be full again; one that is full need not be known. */
  const fullAtMs = new Map<string, number>();
  let allFullAtMs = 0;

  return {
    add(address: string, nowMs = performance.now()): number {
      const waitMs = Math.max(waitFor(perAddress, fullAtMs.get(address) ?? 0, nowMs), waitFor(overall, allFullAtMs, nowMs));
      if (waitMs > 0) return Math.ceil(waitMs / 1_000);
      // No more addresses are known than `overall` lets in while a bucket fills.
      for (const [known, atMs] of fullAtMs) if (atMs <= nowMs) fullAtMs.delete(known);
      fullAtMs.set(address, taken(perAddress, fullAtMs.get(address) ?? 0, nowMs));
      allFullAtMs = taken(overall, allFullAtMs, nowMs);
      return 0;
    },
  };
}

/** How long until the bucket has a token. */
const waitFor = ({ burst, everyMs }: Limit, fullAtMs: number, nowMs: number) => fullAtMs - nowMs - (burst - 1) * everyMs;

/** When the bucket is full once a token is taken from it. */
const taken = ({ everyMs }: Limit, fullAtMs: number, nowMs: number) => Math.max(fullAtMs, nowMs) + everyMs;
