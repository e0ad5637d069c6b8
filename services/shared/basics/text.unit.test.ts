import { expect, it } from 'vitest';
import { delayText, timeText } from './text.ts';

it('formats a time in UTC, to the millisecond', () => {
  expect(timeText(Date.UTC(2026, 10, 28, 20, 6, 30, 5))).toBe('2026-11-28 20:06:30.005');
});

it.each([
  [0, '+0 ms'],
  [9_999, '+9999 ms'],
  [12_340, '+12.3 s'],
  [-3, '-3 ms'],
  [86_400_000, '+1440 min'],
])('formats a delay of %i ms as %s', (ms, text) => {
  expect(delayText(ms)).toBe(text);
});
