import { describe, expect, it } from 'vitest';
import { parseLabels } from './label-list.ts';

const bounds = { most: 30, length: 8, hasGaps: true };
const labelsOf = (text: string) => parseLabels(text, bounds);

describe('a list of labels', () => {
  it.each([
    ['7', '7'],
    ['1-5', '1 2 3 4 5'],
    ['5-1', '5 4 3 2 1'],
    ['3-3', '3'],
    ['1-7/2', '1 3 5 7'],
    ['21-1/2', '21 19 17 15 13 11 9 7 5 3 1'],
    ['2-6/4 9', '2 6 9'],
    ['0-2', '0 1 2'],
    ['8-11', '8 9 10 11'],
    ['01-03', '01 02 03'],
    ['11-09', '11 10 09'],
    ['A-F', 'A B C D E F'],
    ['c-a', 'c b a'],
    ['A-E/2', 'A C E'],
    ['A-C J-L', 'A B C J K L'],
    ['AA-AC', 'AA AB AC'],
    ['W1-W4', 'W1 W2 W3 W4'],
    ['W9-W11', 'W9 W10 W11'],
    ['L2.1-L2.3', 'L2.1 L2.2 L2.3'],
    ['12A-12C', '12A 12B 12C'],
    ['Ö1-Ö2', 'Ö1 Ö2'],
    ['12A Loge 007', '12A Loge 007'],
    ['  1   2 ', '1 2'],
  ])('"%s" is %s', (text, expected) => {
    expect(labelsOf(text)).toEqual({ labels: expected.split(' ') });
  });

  it('has gaps of one place or of several', () => {
    expect(labelsOf('1-2 _ 3 _3 4_')).toEqual({ labels: ['1', '2', '', '3', '', '', '', '4_'] });
    expect(labelsOf('_')).toEqual({ labels: [''] });
    expect(parseLabels('1 _2', { most: 9, length: 8 })).toEqual({ fault: expect.stringContaining('has the gap _2, but only') });
  });

  it.each([
    ['', 'must have at least one label'],
    ['   ', 'must have at least one label'],
    ['1-', 'has 1-, which is not a range'],
    ['-1', 'has -1, which is not a range'],
    ['1-2-3', 'not a range'],
    ['1 - 3', 'has -, which is not a range'],
    ['1/2', 'not a range'],
    ['1-9/0', 'not a range'],
    ['1-9/-2', 'not a range'],
    ['1-9/2.5', 'not a range'],
    ['1-8/2', 'has the range 1-8/2, which does not arrive at 8 in steps of 2'],
    ['W1-4', 'after the same characters'],
    ['V1-W4', 'after the same characters'],
    ['A-9', 'after the same characters'],
    ['A-f', 'after the same characters'],
    ['a-C', 'after the same characters'],
    ['01-9', 'after the same characters'],
    ['1-09', 'after the same characters'],
    ['A-AC', 'after the same characters'],
    ['ä-ö', 'after the same characters'],
    ['1A-3A', 'after the same characters'],
    ['1_-3_', 'after the same characters'],
    ['_0', 'has _0, but a gap is _'],
    ['_a', 'has _a, but a gap is _'],
    ['_1-3', 'has _1-3, but a gap is _'],
    ['123456789', 'has the label 123456789, which is longer than 8 characters'],
    ['1-31', 'has more than 30 entries'],
    ['1-20 21-31', 'has more than 30 entries'],
    ['_31', 'has more than 30 entries'],
  ])('"%s" is refused, because it %s', (text, why) => {
    expect(labelsOf(text)).toEqual({ fault: expect.stringContaining(why) });
  });

  it('counts a label in characters, not in halves of them', () => {
    expect(labelsOf('𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟')).toEqual({ labels: ['𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟'] });
  });

  it('is never expanded beyond its bounds', () => {
    const text = Array.from({ length: 1_000 }, () => '0-999999999').join(' ');
    expect(parseLabels(text, bounds)).toEqual({ fault: 'has more than 30 entries' });
    expect(labelsOf('1-99999999999999999999')).toEqual({ fault: expect.any(String) });
  });
});
