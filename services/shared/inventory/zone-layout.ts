import { rowLabel, rowNumber } from '../terms/row-label.ts';
import type { SeatLabel } from '../terms/seat-label.ts';

/** A block of positions; rows and columns count from 1. The best seats are those nearest to the focus, which may lie between two columns. */
export type Grid = { rows: number; columns: number; focus: { row: number; column: number } };

/**
 * A row of a hall: the label of the seat at each position, '' for a gap. `categories`: the index of each position's category in the
 * zone's list; absent: all have the first. `kinds`: a character for each position, '.', 'w' (wheelchair place) or 'c' (companion place).
 */
export type HallRow = { label: string; seats: SeatLabel[]; categories?: number[]; kinds?: string };

/** A seat by its name. */
export type SeatName = { row: string; column: SeatLabel };

export type ZoneInventory = {
  zoneId: number;
  /** Absent in a zone without seats (general admission). */
  grid?: Grid;
  /** The rows of a hall, within its grid. Absent: every position of the grid is a seat, and rows have letters. */
  rows?: HallRow[];
  /** All seats, blocked ones too; or places. */
  capacity: number;
  /** The price of every ticket. Absent: the categories have prices (offer.ts). */
  priceMinor?: number;
  /** The categories of the zone's seats; without rows, the first is that of all places. */
  categories?: string[];
  /** Seats that are not for sale to buyers. In Redis they have changed since; see `blockedKey`. */
  blocked?: SeatName[];
};

/**
 * A zone with the offsets where its seats begin: `firstByte` in the bitmap of taken seats, `firstRow` in the rows' data (runsKey).
 * `views`: how many masks it has, `mask:<id>:<view>` (arrange-zones.ts).
 */
export type ZoneLayout = ZoneInventory & { firstByte: number; firstRow: number; views?: number };

/** Each row begins at a new byte, so that it can be read separately; the bits after its last column have no meaning. */
export const bytesPerRow = (columns: number) => Math.ceil(columns / 8);

/** The middle of the front row: the default focus. */
export const frontCentre = (columns: number) => ({ row: 1, column: (columns + 1) / 2 });

/** A row of one to three letters may be written in either case. No zone has two rows whose labels differ only in that. */
export const foldRow = (row: string) => (/^[A-Za-z]{1,3}$/.test(row) ? row.toUpperCase() : row);

/** A seat's position in its zone, from 1, and its canonical name. */
export type Position = { row: number; column: number; name: SeatName };

/** Finds a seat by its name; undefined if the zone has no such seat. */
export function findSeat({ grid, rows }: Pick<ZoneInventory, 'grid' | 'rows'>, { row, column }: SeatName): Position | undefined {
  if (!grid) return undefined;
  if (rows) {
    const wanted = foldRow(row);
    const at = rows.findIndex(({ label }) => foldRow(label) === wanted);
    const { label = '', seats = [] } = rows[at] ?? {};
    const position = seats.indexOf(column);
    return position < 0 || column === '' ? undefined : { row: at + 1, column: position + 1, name: { row: label, column } };
  }
  if (!/^[A-Za-z]{1,3}$/.test(row) || typeof column !== 'number') return undefined;
  const number = rowNumber(row);
  const isSeat = number <= grid.rows && column >= 1 && column <= grid.columns;
  return isSeat ? { row: number, column, name: { row: rowLabel(number), column } } : undefined;
}

/** The name of the seat at a position; undefined if there is none. */
export function seatAt(
  { grid, rows }: Pick<ZoneInventory, 'grid' | 'rows'>,
  { row, column }: { row: number; column: number },
): SeatName | undefined {
  if (!grid || row < 1 || row > grid.rows || column < 1 || column > grid.columns) return undefined;
  if (!rows) return { row: rowLabel(row), column };
  const { label = '', seats = [] } = rows[row - 1] ?? {};
  const seat = seats[column - 1];
  return seat === undefined || seat === '' ? undefined : { row: label, column: seat };
}

/** The number of a position's bit, counted from the zone's first. */
export const bitInZone = ({ columns }: Pick<Grid, 'columns'>, { row, column }: { row: number; column: number }) =>
  (row - 1) * bytesPerRow(columns) * 8 + column - 1;

/** The number of a position's bit in the bitmap of taken seats. */
export const bitOf = ({ grid, firstByte }: ZoneLayout, position: { row: number; column: number }) =>
  firstByte * 8 + (grid ? bitInZone(grid, position) : 0);

/** Parses the inventory's field `zone:<id>` and, for a hall, its fields `rows:<id>` and `row:<id>:<n>`; a zone without seats has 0 rows. */
export function parseZone(zoneId: number, inventory: Record<string, string>): ZoneLayout {
  const { rows, columns, focusRow, focusColumn, isHall, ...zone } = JSON.parse(
    inventory[`${zonePrefix}${zoneId}`] ?? '',
  ) as ZoneField;
  const grid = rows > 0 && { grid: { rows, columns, focus: { row: focusRow, column: focusColumn } } };
  const labels = isHall && (JSON.parse(inventory[`rows:${zoneId}`] ?? '[]') as string[]);
  const hall = labels && {
    rows: labels.map((label, at) => ({
      label,
      ...(JSON.parse(inventory[`row:${zoneId}:${at + 1}`] ?? '') as Omit<HallRow, 'label'>),
    })),
  };
  return { zoneId, ...grid, ...hall, ...zone };
}

/** As lua/open-inventory.lua writes it. */
type ZoneField = Omit<ZoneLayout, 'zoneId' | 'grid' | 'rows'> & {
  rows: number;
  columns: number;
  focusRow: number;
  focusColumn: number;
  isHall?: true;
};

const zonePrefix = 'zone:';

/** The zones in an inventory's fields, ordered by id. */
export function parseZones(inventory: Record<string, string>): ZoneLayout[] {
  return Object.keys(inventory)
    .filter((name) => name.startsWith(zonePrefix))
    .map((name) => parseZone(Number(name.slice(zonePrefix.length)), inventory))
    .toSorted((a, b) => a.zoneId - b.zoneId);
}
