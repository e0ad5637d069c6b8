import { Value } from 'typebox/value';
import { GridRow } from '../../terms/identifiers.ts';
import { rowNumber } from '../../terms/row-label.ts';
import { seatLabelOf } from '../../terms/seat-label.ts';
import { findSeat, frontCentre, type Grid, type SeatName } from '../zone-layout.ts';
import { parseLabels } from './label-list.ts';
import type { Reading } from './reading.ts';

/** Blocked seats are listed by name; a zone with more of them is better made smaller. */
const maxBlocked = 10_000;

type GridFocus = { row: string; column?: number | undefined; seat?: string | undefined };

/** The point that the best seats of a grid are near; the middle of its front row if there is none, or if it has a fault. */
export function readGridFocus(
  focus: GridFocus | undefined,
  rows: number,
  columns: number,
  where: string,
  { fault }: Reading,
): Grid['focus'] {
  const centre = frontCentre(columns);
  if (!focus) return centre;
  const { row, column, seat } = focus;
  if (seat !== undefined) fault(`${where}/seat`, 'is only for rows with labels; a grid has a column');
  else if (column === undefined) fault(`${where}/column`, 'is missing');
  else if (!Value.Check(GridRow, row) || rowNumber(row) > rows || column > columns) {
    fault(where, 'must be within the rows and columns of the zone');
  } else if (!Number.isInteger(column * 2)) {
    fault(`${where}/column`, 'must be a column number, or halfway between two, such as 4.5');
  } else return { row: rowNumber(row), column };
  return centre;
}

/** The seats of a grid that are not for sale, listed by row. */
export function readBlocked(lists: Record<string, string>, grid: Grid, where: string, { fault }: Reading): SeatName[] {
  const blocked = new Map<string, SeatName>();
  for (const [row, list] of Object.entries(lists)) {
    const read = parseLabels(list, { most: Math.min(grid.columns, maxBlocked - blocked.size), length: 4 });
    if ('fault' in read) {
      fault(`${where}/${row}`, read.fault);
      continue;
    }
    for (const label of read.labels) {
      const seat = findSeat({ grid }, { row, column: seatLabelOf(label) });
      if (seat) blocked.set(`${seat.row}:${seat.column}`, seat.name);
      else fault(`${where}/${row}`, `has ${label}, which is not a seat of this row`);
    }
  }
  return [...blocked.values()];
}
