import type { SeatLabel } from '../../shared/terms/seat-label.ts';

/** "seat A5 of zone 1"; in a hall, whose labels may end and begin with digits, "seat 12 in row 3 of zone 1". */
export function seatText(zoneId: number, { row, column }: { row: string; column: SeatLabel }): string {
  const isShort = /^[A-Za-z]+$/.test(row) && typeof column === 'number';
  return `seat ${isShort ? `${row}${column}` : `${column} in row ${row}`} of zone ${zoneId}`;
}
