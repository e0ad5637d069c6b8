/** A rate, and how much may come together: `burst` at one time, then one every `everyMs`. */
export type Limit = { burst: number; everyMs: number };

/**
 * The generic cell rate algorithm, in its virtual scheduling form (ITU-T Recommendation I.371, annex A). It is a token bucket whose
 * state is one number: the time (ms, of any clock) at which the bucket will be full again. 0, or any time in the past, is a full bucket.
 */

/** Milliseconds until the bucket has `count` tokens; 0 or less if it has them now. It never has more than `burst`. */
export const waitFor = ({ burst, everyMs }: Limit, fullAtMs: number, nowMs: number, count = 1): number =>
  Math.max(fullAtMs - nowMs, 0) - (burst - count) * everyMs;

/** When the bucket will be full again after `count` tokens are taken from it now; negative counts put tokens back. */
export const taken = ({ everyMs }: Limit, fullAtMs: number, nowMs: number, count = 1): number =>
  Math.max(fullAtMs, nowMs) + count * everyMs;

/** How many whole tokens the bucket has now. */
export const leftIn = ({ burst, everyMs }: Limit, fullAtMs: number, nowMs: number): number =>
  Math.max(0, Math.floor(burst - Math.max(fullAtMs - nowMs, 0) / everyMs + rounding));

/** Sums of fractions of milliseconds are not exact. */
const rounding = 1e-6;
