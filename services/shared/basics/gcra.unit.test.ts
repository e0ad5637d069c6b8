import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Limit, leftIn, taken, waitFor } from './gcra.ts';

const limit: Limit = { burst: 3, everyMs: 100 };

it('lets a burst through together, and then one at a time, at the rate', () => {
  let fullAtMs = 0;
  const waits = [1_000, 1_000, 1_000, 1_000, 1_050, 1_100, 1_100].map((nowMs) => {
    const waitMs = waitFor(limit, fullAtMs, nowMs);
    if (waitMs <= 0) fullAtMs = taken(limit, fullAtMs, nowMs);
    return Math.max(0, waitMs);
  });
  expect(waits).toEqual([0, 0, 0, 100, 50, 0, 100]);
});

it('is full again after a rest, and never fuller', () => {
  const fullAtMs = taken(limit, 0, 1_000, 3);
  expect([1_000, 1_099, 1_100, 1_250, 1_300, 99_999].map((nowMs) => leftIn(limit, fullAtMs, nowMs))).toEqual([0, 0, 1, 2, 3, 3]);
  expect(waitFor(limit, fullAtMs, 99_999, 3)).toBe(0);
  expect(waitFor(limit, fullAtMs, 99_999, 4)).toBeGreaterThan(0);
});

it('has what is put back', () => {
  const fullAtMs = taken(limit, taken(limit, 0, 1_000, 3), 1_000, -2);
  expect(leftIn(limit, fullAtMs, 1_000)).toBe(2);
});

it('never lets through more in any period than the burst and what the rate adds, whatever the times and counts', () => {
  const steps = fc.array(fc.record({ afterMs: fc.nat({ max: 300 }), count: fc.integer({ min: 1, max: 4 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 200 }), steps, (burst, everyMs, list) => {
      const drawn: Limit = { burst, everyMs };
      let [nowMs, fullAtMs] = [1_000, 0];
      const passed: { atMs: number; count: number }[] = [];
      for (const { afterMs, count } of list) {
        nowMs += afterMs;
        const isAllowed = waitFor(drawn, fullAtMs, nowMs, count) <= 0;
        expect(isAllowed).toBe(count <= leftIn(drawn, fullAtMs, nowMs));
        if (!isAllowed) continue;
        fullAtMs = taken(drawn, fullAtMs, nowMs, count);
        passed.push({ atMs: nowMs, count });
      }
      for (const [from, { atMs }] of passed.entries()) {
        const sum = passed.slice(from).reduce((total, { count }) => total + count, 0);
        const spanMs = (passed.at(-1)?.atMs ?? 0) - atMs;
        expect(sum).toBeLessThanOrEqual(burst + spanMs / everyMs);
      }
    }),
  );
});
