import { describe, expect, it } from 'vitest';
import { includes, listRanges, rangesOf, split } from './ranges.ts';

describe('ranges of sequences', () => {
  it('are made of numbers in any order, repeated or not', () => {
    expect(rangesOf([5, 1, 2, 2, 9, 3])).toEqual([
      { first: 1, last: 3 },
      { first: 5, last: 5 },
      { first: 9, last: 9 },
    ]);
  });

  it('contain exactly their numbers, and are split exactly by other ranges', () => {
    const numbers = [1, 2, 3, 5, 6, 7, 8, 12, 20, 21];
    const others = [2, 6, 7, 8, 9, 10, 11, 12, 13, 21, 30];
    const ranges = rangesOf(numbers);
    for (let sequence = 0; sequence < 32; sequence++) expect(includes(ranges, sequence)).toBe(numbers.includes(sequence));
    expect(split(ranges, rangesOf(others))).toEqual({
      inside: [
        { first: 2, last: 2 },
        { first: 6, last: 8 },
        { first: 12, last: 12 },
        { first: 21, last: 21 },
      ],
      outside: [
        { first: 1, last: 1 },
        { first: 3, last: 3 },
        { first: 5, last: 5 },
        { first: 20, last: 20 },
      ],
    });
    expect(split([{ first: 1, last: 9 }], rangesOf([3, 5]))).toEqual({
      inside: rangesOf([3, 5]),
      outside: rangesOf([1, 2, 4, 6, 7, 8, 9]),
    });
    expect(split(rangesOf([1, 3]), [{ first: 0, last: 9 }])).toEqual({ inside: rangesOf([1, 3]), outside: [] });
  });

  it('are listed up to the twentieth', () => {
    expect(listRanges(rangesOf([3, 7, 8, 9]))).toBe('3, 7-9');
    expect(listRanges(rangesOf(Array.from({ length: 30 }, (_, at) => at * 2)))).toMatch(/, 38 and 10 more$/);
  });
});
