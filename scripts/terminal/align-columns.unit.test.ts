import { expect, it } from 'vitest';
import { alignColumns } from './align-columns.ts';

it('aligns columns, numbers to the right', () => {
  expect(
    alignColumns(
      [
        ['step', 'after', ''],
        ['sold', '+5 ms', 'x'],
        ['a', '+15 ms', ''],
      ],
      [1],
    ),
  ).toEqual(['step   after', 'sold   +5 ms  x', 'a     +15 ms']);
});
