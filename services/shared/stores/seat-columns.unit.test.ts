import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seatLabelOf } from '../terms/seat-label.ts';
import { seatColumns, seatOf } from './seat-columns.ts';

it('stores numbers as the versions before it did, and other labels as text', () => {
  expect(seatColumns({ row: 'A', column: 12 })).toEqual({ seat_row: 'A', seat_column: 12, seat_label: '' });
  expect(seatColumns({ row: 'Loge 3', column: '12A' })).toEqual({ seat_row: 'Loge 3', seat_column: 0, seat_label: '12A' });
  expect(seatColumns({})).toEqual({ seat_row: null, seat_column: null, seat_label: '' });
});

it('gives back every seat as it was', () => {
  const label = fc.oneof(fc.integer({ min: 0, max: 10_000 }).map(String), fc.string({ minLength: 1, maxLength: 8 }));
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 10 }), label, (row, text) => {
      const seat = { row, column: seatLabelOf(text) };
      expect(seatOf(seatColumns(seat))).toEqual(seat);
    }),
  );
  expect(seatOf(seatColumns({}))).toBeUndefined();
});
