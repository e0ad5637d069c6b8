import { expect, it } from 'vitest';
import { figuresOf } from './conservation.ts';

const zone = { zoneId: 1, version: 1, capacity: 16, available: 13, held: 1, sold: 2 };
const seats = { rows: 2, columns: 8, taken: Buffer.from([0b11000000, 0b00000001]) };
const figures = { zoneId: 1, capacity: 16, available: 13, held: 1, sold: 2, projected: 2 };

it.each([
  ['seats', { ...zone, seats }],
  ['general admission', zone],
])('a zone that adds up has no fault: %s', (_kind, given) => {
  expect(figuresOf(given, 2, false)).toEqual(figures);
});

it.each([
  ['counts that do not sum to the capacity', { ...zone, available: 12 }, 2, '12 available, 1 held and 2 sold of 16'],
  ['a count below zero', { ...zone, available: -1, held: 15 }, 2, '-1 available, 15 held and 2 sold of 16'],
  [
    'a taken seat that is neither held nor sold',
    { ...zone, seats: { ...seats, taken: Buffer.from([0xf0, 0]) } },
    2,
    '4 seats marked taken, 3 held or sold',
  ],
  [
    'a sold seat that is not taken',
    { ...zone, seats: { ...seats, taken: Buffer.from([0xc0, 0]) } },
    2,
    '2 seats marked taken, 3 held or sold',
  ],
  ['a ticket missing from MySQL', { ...zone, seats }, 1, '2 sold in Redis, 1 in MySQL'],
  ['a ticket missing from Redis', { ...zone, seats }, 3, '2 sold in Redis, 3 in MySQL'],
])('reports %s', (_fault, given, projected, fault) => {
  expect(figuresOf(given, projected, false)).toMatchObject({ fault });
});

it('does not compare with MySQL if it is behind or does not respond', () => {
  expect(figuresOf({ ...zone, seats }, 1, true)).toEqual({ ...figures, projected: 1 });
  expect(figuresOf({ ...zone, seats }, null, false)).toEqual({ ...figures, projected: null });
});
