import { styleText } from 'node:util';
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

it('aligns styled cells by what a person sees', () => {
  const red = styleText('red', 'no', { validateStream: false });
  expect(
    alignColumns([
      [red, 'x'],
      ['maybe', 'y'],
    ]),
  ).toEqual([`${red}     x`, 'maybe  y']);
});
