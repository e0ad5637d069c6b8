import { describe, expect, it } from 'vitest';
import { maxRows } from './identifiers.ts';
import { rowLabel, rowNumber } from './row-label.ts';

describe('a row', () => {
  it.each([
    ['A', 1],
    ['Z', 26],
    ['AA', 27],
    ['AZ', 52],
    ['BA', 53],
    ['ZZ', 702],
    ['AAA', 703],
    ['ZZZ', 18_278],
  ])('%s has the number %i, in either case', (label, number) => {
    expect(rowNumber(label)).toBe(number);
    expect(rowNumber(label.toLowerCase())).toBe(number);
    expect(rowLabel(number)).toBe(label);
  });

  it('has a number and a label of its own, up to the largest possible venue', () => {
    const labels = Array.from({ length: maxRows }, (_, at) => rowLabel(at + 1));
    expect(new Set(labels).size).toBe(maxRows);
    expect(labels.map(rowNumber)).toEqual(labels.map((_, at) => at + 1));
  });
});
