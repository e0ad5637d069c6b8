import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactLabels } from './compact-labels.ts';
import { parseLabels } from './label-list.ts';

const read = (text: string) => parseLabels(text, { most: 10_000, length: 8, hasGaps: true });

describe('compactLabels', () => {
  it.each([
    ['1-7 _ 8-14', ['1', '2', '3', '4', '5', '6', '7', null, '8', '9', '10', '11', '12', '13', '14']],
    ['7-1/2 _2 2-8/2', ['7', '5', '3', '1', null, null, '2', '4', '6', '8']],
    ['_ 12 12A W1-W3 A-C 3-1', [null, '12', '12A', 'W1', 'W2', 'W3', 'A', 'B', 'C', '3', '2', '1']],
    ['1-5/2 6-8', ['1', '3', '5', '6', '7', '8']],
    ['1 1-3', ['1', '1', '2', '3']],
    ['01 02', ['01', '02']],
    ['A 66', ['A', '66']],
  ])('writes %s', (text, labels) => {
    expect(compactLabels(labels)).toBe(text);
  });

  it.each(['a b', '1-2', '1/2', '_', '_3', '🎭', ' ', ''])('leaves a list with %j to an array', (label) => {
    expect(compactLabels(['1', label])).toBeUndefined();
  });

  it('writes lists that read as the same labels', () => {
    const number = fc.integer({ min: 1, max: 9_999 }).map(String);
    const run = fc
      .tuple(
        fc.constantFrom('', 'W', 'ab'),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: 1, max: 12 }),
      )
      .map(([prefix, first, step, count]) => Array.from({ length: count }, (_, at) => `${prefix}${Math.abs(first + at * step)}`));
    const letters = fc.array(fc.constantFrom(...'ABCDEFabcdeÄß'), { maxLength: 6 });
    const gaps = fc.array(fc.constant(null), { minLength: 1, maxLength: 5 });
    const text = fc.string({ minLength: 1, maxLength: 4 }).map((label) => [label]);
    const parts = fc.array(
      fc.oneof(
        run,
        letters,
        gaps,
        number.map((label) => [label]),
        text,
      ),
      { minLength: 1, maxLength: 8 },
    );
    let compacted = 0;
    fc.assert(
      fc.property(parts, (lists) => {
        const labels = lists.flat();
        const list = compactLabels(labels);
        if (list === undefined || list === '') return;
        compacted++;
        expect(read(list)).toEqual({ labels: labels.map((label) => label ?? '') });
      }),
      { numRuns: 2_000 },
    );
    expect(compacted).toBeGreaterThan(500);
  });
});
