import { describe, expect, it } from 'vitest';
import { placeRow } from './place-rows.ts';

describe('a row of a hall', () => {
  it('without coordinates is where its positions are, its label before the first seat', () => {
    expect(placeRow(['', '1', '2', '', '3A'], 4)).toEqual({
      places: [null, [1, 3], [2, 3], null, [4, 3]],
      label: [0, 3],
    });
  });

  it('is turned about its first position', () => {
    expect(placeRow(['1', '2', '3'], 1, { x: 10, y: 5, angle: 90 })).toEqual({
      places: [
        [10, 5],
        [10, 6],
        [10, 7],
      ],
      label: [10, 4],
    });
  });

  it('may have seats at places of their own', () => {
    const own = [{ column: 1, x: 7.5, y: 8 }];
    expect(placeRow(['1', '2', ''], 1, { seats: own })).toEqual({ places: [[7.5, 8], [1, 0], null], label: [6.5, 8] });
  });

  it('at a table is around its middle, clockwise from the top', () => {
    expect(placeRow(['1', '2', '', '3', '4'], 1, { x: 4, y: 7, isTable: true })).toEqual({
      places: [[4, 5.6], [5.4, 7], null, [4, 8.4], [2.6, 7]],
      label: [4, 7],
      tableRadius: 0.75,
    });
    const { places } = placeRow(
      Array.from({ length: 20 }, (_, at) => String(at + 1)),
      1,
      { x: 0, y: 0, isTable: true },
    );
    const [[x1, y1], [x2, y2]] = places as [number, number][] as [[number, number], [number, number]];
    expect(Math.hypot(x1 - x2, y1 - y2)).toBeGreaterThan(1);
  });
});
