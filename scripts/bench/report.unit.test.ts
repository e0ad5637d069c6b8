import { expect, it } from 'vitest';
import { isHeld, tableOf } from './report.ts';

it.each([
  [0.85, { atLeast: 0.85 }, true],
  [0.849, { atLeast: 0.85 }, false],
  [0.05, { atMost: 0.05 }, true],
  [0.051, { atMost: 0.05 }, false],
  [Number.NaN, { atMost: 1 }, false],
  [Number.NaN, { atLeast: 1 }, false],
])('%d against the goal %j is met: %s', (value, bar, expected) => {
  expect(isHeld(value, bar)).toBe(expected);
});

it('shows each value, its goal, and the notes', () => {
  const rows = [
    { what: 'purchase / floor', value: 0.5, bar: { atLeast: 0.85 } },
    { what: 'purchase', value: 12_000, unit: 'sales/s' },
  ];
  const table = tableOf({
    a: { rows, notes: ['noted'], rounds: {} },
    d: { rows: [{ what: 'cost', value: 1 }], notes: [], rounds: {} },
  });
  expect(table.split('\n')).toEqual([
    'part  measured            value    goal  met',
    '────────────────────────────────────────────',
    'a     purchase / floor      0.5  ≥ 0.85  NO',
    '      purchase, sales/s  12,000',
    '────────────────────────────────────────────',
    'd     cost                    1',
    '',
    'a: noted',
  ]);
});
