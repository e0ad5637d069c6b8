import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSampledLog } from './sampled-log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a sampled log writes the first line immediately, then once a second the last one with the number of occurrences', () => {
  const said: object[] = [];
  const log = { warn: (details: object, message = '') => void said.push({ ...details, message }) };
  const warn = createSampledLog('warn', 'away');
  const [first, last] = [new Error('first'), new Error('last')];
  warn(log, { err: first });
  expect(said.splice(0)).toEqual([{ err: first, times: 1, message: 'away' }]);
  for (let time = 0; time < 50_000; time++) warn(log, { err: last });
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(said.splice(0)).toEqual([{ err: last, times: 50_000, message: 'away' }]);
  warn(log);
  vi.advanceTimersByTime(1_000);
  expect(said.splice(0)).toEqual([{ times: 1, message: 'away' }]);

  vi.advanceTimersByTime(10_000);
  expect(said).toEqual([]);
  warn(log, { err: first });
  expect(said).toHaveLength(1);
});
