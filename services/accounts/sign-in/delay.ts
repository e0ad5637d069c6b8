/**
 * How a subject is slowed down: its first `free` failures cost nothing, then each doubles the wait, from a second up to `longestMs`. One
 * failure is forgotten every `forgetMs`.
 */
export type Slowing = { free: number; longestMs: number; forgetMs: number };

/** Failures, and when the last one was. */
export type Failures = { failures: number; failedOnMs: number };

const none: Failures = { failures: 0, failedOnMs: 0 };

/** How many milliseconds a subject must still wait; 0 if its next try is allowed now. */
export function waitOf({ failures, failedOnMs }: Failures, { free, longestMs }: Slowing, nowMs: number): number {
  if (failures < free) return 0;
  const delayMs = Math.min(longestMs, 1_000 * 2 ** (failures - free));
  return Math.max(0, failedOnMs + delayMs - nowMs);
}

/** The failures after another one, now. */
export function afterFailure({ failures, failedOnMs }: Failures = none, { forgetMs }: Slowing, nowMs: number): Failures {
  const forgotten = Math.floor(Math.max(0, nowMs - failedOnMs) / forgetMs);
  return { failures: Math.max(0, failures - forgotten) + 1, failedOnMs: nowMs };
}
