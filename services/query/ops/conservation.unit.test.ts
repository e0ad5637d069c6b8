import { expect, it } from 'vitest';
import { figuresOf } from './conservation.ts';

const zone = { zoneId: 1, version: 1, capacity: 16, available: 13, held: 1, sold: 2, blocked: 0 };
const grid = { rows: 2, columns: 8, focus: { row: 1, column: 4.5 } };
const seats = { grid, taken: Buffer.from([0b11000000, 0b00000001]) };
const figures = { zoneId: 1, capacity: 16, available: 13, held: 1, sold: 2, blocked: 0, projected: 2 };
/** 14 seats: two positions have none, and their bits are set, as is that of a blocked seat. */
const hall = {
  zone: { ...zone, capacity: 14, available: 10, blocked: 1 },
  seats: { grid, taken: Buffer.from([0b11000000, 0b10000111]) },
};

it.each([
  ['seats', { ...zone, seats }],
  ['general admission', zone],
  ['a blocked place', { ...zone, available: 12, blocked: 1 }],
  ['a hall with gaps and a blocked seat', { ...hall.zone, seats: hall.seats }],
])('a zone that adds up has no fault: %s', (_kind, given) => {
  const { capacity, available, blocked } = given;
  expect(figuresOf(given, 2, false)).toEqual({ ...figures, capacity, available, blocked });
});

it.each([
  ['counts that do not sum to the capacity', { ...zone, available: 12 }, 2, '12 available, 1 held, 2 sold and 0 blocked of 16'],
  ['a count below zero', { ...zone, available: -1, held: 15 }, 2, '-1 available, 15 held, 2 sold and 0 blocked of 16'],
  [
    'a taken seat that is neither held nor sold',
    { ...zone, seats: { ...seats, taken: Buffer.from([0xf0, 0]) } },
    2,
    '4 seats marked taken, 3 held, sold or blocked',
  ],
  [
    'a sold seat that is not taken',
    { ...zone, seats: { ...seats, taken: Buffer.from([0xc0, 0]) } },
    2,
    '2 seats marked taken, 3 held, sold or blocked',
  ],
  [
    'a position without a seat that is not taken',
    { ...hall.zone, seats: { ...hall.seats, taken: Buffer.from([0b11000000, 0b10000011]) } },
    2,
    '3 seats marked taken, 4 held, sold or blocked',
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
