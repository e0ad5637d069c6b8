import { describe, expect, it } from 'vitest';
import { alternate, formatNumber, median, medianOf, medianRatio, turns } from './rounds.ts';

describe('a median', () => {
  it.each([
    [[3], 3],
    [[10, 1, 2], 2],
    [[4, 1, 100, 2], 3],
    [[9, 10, 1], 9],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('of nothing is NaN, which meets no goal', () => {
    expect(median([])).toBeNaN();
    expect(medianOf([{ other: 1 }], 'perSecond')).toBeNaN();
  });

  it('of ratios compares within each round, so a slow phase changes nothing', () => {
    const over = [{ perSecond: 20 }, { perSecond: 2 }, { perSecond: 6 }];
    const under = [{ perSecond: 10 }, { perSecond: 1 }, { perSecond: 2 }];
    expect(medianRatio(over, under, 'perSecond')).toBe(2);
  });
});

describe('taking turns', () => {
  it('is AB BA AB', () => {
    expect(turns(['A', 'B'], 3)).toEqual(['A', 'B', 'B', 'A', 'A', 'B']);
  });

  it('runs uncounted warm-ups of each side first', async () => {
    const ran: string[] = [];
    const side = (name: string) => async () => {
      ran.push(name);
      return { run: ran.length };
    };
    const said: string[] = [];
    const measured = await alternate({ A: side('A'), B: side('B') }, 2, (line) => said.push(line));
    expect(ran.join('')).toBe('ABABBA');
    expect(measured).toEqual({ A: [{ run: 3 }, { run: 6 }], B: [{ run: 4 }, { run: 5 }] });
    expect(said).toHaveLength(6);
  });
});

it.each([
  [12_345.6, '12,346'],
  [12.34, '12.3'],
  [1.234, '1.23'],
  [0.01234, '0.0123'],
])('a number is shown with useful decimals only: %d is %s', (value, expected) => {
  expect(formatNumber(value)).toBe(expected);
});
