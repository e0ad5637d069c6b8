import { describe, expect, it } from 'vitest';
import { hallOf } from './hall.js';

const plan = (rows: Parameters<typeof hallOf>[0]['rows'], columns = 10) => ({
  ...{ eventId: 'E', zoneId: 1, name: 'Stalls', categories: [], columns },
  rows,
});

/** Two points with as much between them as in the plan, wherever the hall begins. */
const between = (one: { x: number; y: number } | undefined, other: { x: number; y: number } | undefined) => [
  Number(((other?.x ?? 0) - (one?.x ?? 0)).toFixed(2)),
  Number(((other?.y ?? 0) - (one?.y ?? 0)).toFixed(2)),
];

describe('a hall', () => {
  it('has its seats where their positions are, with the bits of their positions, and nothing at gaps', () => {
    const { seats, labels, width, height } = hallOf(
      plan([
        { row: '1', seats: ['1', '2', '', '3'] },
        { row: '2', seats: ['', '4'] },
      ]),
    );
    expect(seats.map(({ bit }) => bit)).toEqual([0, 1, 3, 17]);
    expect(between(seats[0], seats[2])).toEqual([3, 0]);
    expect(between(seats[0], seats[3])).toEqual([1, 1]);
    expect(labels.map(({ text }) => text)).toEqual(['1', '2']);
    expect(between(labels[0], seats[0])).toEqual([1, 0]);
    expect(between(labels[1], seats[3])).toEqual([1, 0]);
    for (const { x, y } of [...seats, ...labels]) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(width);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(height);
    }
  });

  it('has its seats and tables where the plan places them, also left of and before the origin', () => {
    const { seats, labels, tables, width } = hallOf(
      plan([
        { row: 'T1', seats: ['1', '', '2'], places: [[-5, -3.5], null, [-4, -2]], label: [-5, -2.5], tableRadius: 0.3 },
        { row: 'Loge', seats: ['1'], places: [[3, 1]], label: [2, 1] },
      ]),
    );
    expect(seats.map(({ bit }) => bit)).toEqual([0, 2, 16]);
    expect(between(seats[0], seats[1])).toEqual([1, 1.5]);
    expect(between(seats[0], seats[2])).toEqual([8, 4.5]);
    expect(between(tables[0], seats[0])).toEqual([0, -1]);
    expect(labels.map(({ isTable }) => isTable)).toEqual([true, false]);
    expect(Math.min(...seats.map(({ x }) => x))).toBeGreaterThan(0.5);
    expect(width).toBeGreaterThan(9);
  });
});
