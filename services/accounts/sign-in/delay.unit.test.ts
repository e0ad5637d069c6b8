import { expect, it } from 'vitest';
import { afterFailure, type Failures, waitOf } from './delay.ts';

const slowing = { free: 3, longestMs: 60_000, forgetMs: 10_000 };

/** The waits before each of several failures, tried as soon as they may be. */
function waits(times: number): number[] {
  let state: Failures = { failures: 0, failedOnMs: 0 };
  let nowMs = 1_000_000;
  return Array.from({ length: times }, () => {
    const waitMs = waitOf(state, { ...slowing, forgetMs: 1e12 }, nowMs);
    nowMs += waitMs;
    state = afterFailure(state, { ...slowing, forgetMs: 1e12 }, nowMs);
    return waitMs;
  });
}

it('the first failures cost nothing; then each doubles the wait, up to the longest', () => {
  expect(waits(12)).toEqual([0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

it('a wait passes with time', () => {
  const state = { failures: 5, failedOnMs: 1_000 };
  expect(waitOf(state, slowing, 1_000)).toBe(4_000);
  expect(waitOf(state, slowing, 4_999)).toBe(1);
  expect(waitOf(state, slowing, 5_000)).toBe(0);
});

it('one failure is forgotten in each interval', () => {
  const state = { failures: 5, failedOnMs: 0 };
  expect(afterFailure(state, slowing, 9_999).failures).toBe(6);
  expect(afterFailure(state, slowing, 10_000).failures).toBe(5);
  expect(afterFailure(state, slowing, 30_000).failures).toBe(3);
  expect(afterFailure(state, slowing, 1e9).failures).toBe(1);
});

it('a clock that went back makes nobody wait for longer than the longest wait and the difference', () => {
  expect(afterFailure({ failures: 2, failedOnMs: 5_000 }, slowing, 1_000)).toEqual({ failures: 3, failedOnMs: 1_000 });
});
