import { expect, it } from 'vitest';
import { createRate } from './rate.ts';

it('a rate covers the last two seconds, so that jumping counts show as a steady figure', () => {
  const rate = createRate();
  expect(rate.perSecond()).toBe(0);
  const seen: number[] = [];
  for (let at = 1; at <= 100; at++) {
    rate.add(at * 100, at % 2 === 0 ? 2_000 : 0);
    if (at >= 20) seen.push(rate.perSecond());
  }
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(9_000);
  expect(Math.max(...seen)).toBeLessThanOrEqual(11_000);
});

it('a rate follows a shorter sale, and falls to zero within two seconds of its end', () => {
  const rate = createRate();
  rate.add(100, 500);
  expect(rate.perSecond()).toBe(5_000);
  rate.add(200, 1_500);
  expect(rate.perSecond()).toBe(10_000);
  for (let at = 3; at <= 22; at++) rate.add(at * 100, 0);
  expect(rate.perSecond()).toBe(0);
});
