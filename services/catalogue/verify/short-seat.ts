import type { SeatLabel } from '../../shared/terms/seat-label.ts';

/** "A5" for a seat that is named as in a grid, else "row Loge 3, seat 12A"; '' without a row. */
export function seatText(row: string | null | undefined, column: SeatLabel | null | undefined): string {
  if (!row) return '';
  return /^[A-Z]{1,3}$/.test(row) && /^[0-9]{1,4}$/.test(String(column)) ? `${row}${column}` : `row ${row}, seat ${column}`;
}
