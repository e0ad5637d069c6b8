import type { SeatLabel } from '../terms/seat-label.ts';

/** A ticket's seat in MySQL. `seat_column` has a label that is a number, `seat_label` any other; the rest is 0 and ''. */
export type SeatColumns = { seat_row: string | null; seat_column: number | null; seat_label: string };

/** The columns of a ticket's seat; those of a ticket without one have no row. */
export function seatColumns({ row, column }: { row?: string | undefined; column?: SeatLabel | undefined }): SeatColumns {
  if (row === undefined || column === undefined) return { seat_row: null, seat_column: null, seat_label: '' };
  const isNumber = typeof column === 'number';
  return { seat_row: row, seat_column: isNumber ? column : 0, seat_label: isNumber ? '' : column };
}

/** The seat in a ticket's columns, undefined if it has none. */
export function seatOf({ seat_row, seat_column, seat_label }: SeatColumns): { row: string; column: SeatLabel } | undefined {
  if (seat_row === null || seat_column === null) return undefined;
  return { row: seat_row, column: seat_label === '' ? seat_column : seat_label };
}
