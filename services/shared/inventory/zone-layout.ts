/** Rows and columns count from 1. The best seats are those nearest to the focus, which may lie between two columns. */
export type Grid = { rows: number; columns: number; focus: { row: number; column: number } };

export type ZoneInventory = {
  zoneId: number;
  /** Absent in a zone without seats (general admission). */
  grid?: Grid;
  capacity: number;
  priceMinor: number;
};

/** A zone with the offsets where its seats begin: `firstByte` in the bitmap of taken seats, `firstRow` in the rows' data (runsKey). */
export type ZoneLayout = ZoneInventory & { firstByte: number; firstRow: number };

/** Each row begins at a new byte, so that it can be read separately; the bits after its last column have no meaning. */
export const bytesPerRow = (columns: number) => Math.ceil(columns / 8);

/** The middle of the front row: the default focus. */
export const frontCentre = (columns: number) => ({ row: 1, column: (columns + 1) / 2 });

/** A seat's bit in the bitmap of taken seats, or undefined if the zone has no such seat. */
export function bitOf({ grid, firstByte }: ZoneLayout, row: number, column: number): number | undefined {
  if (!grid || row < 1 || row > grid.rows || column < 1 || column > grid.columns) return undefined;
  return (firstByte + (row - 1) * bytesPerRow(grid.columns)) * 8 + column - 1;
}

/** Parses the inventory's field `zone:<id>`; a zone without seats has 0 rows. */
export function parseZone(zoneId: number, field: string): ZoneLayout {
  const { rows, columns, focusRow, focusColumn, ...zone } = JSON.parse(field) as ZoneField;
  const grid = rows > 0 && { grid: { rows, columns, focus: { row: focusRow, column: focusColumn } } };
  return { zoneId, ...grid, ...zone };
}

/** As lua/open-inventory.lua writes it. */
type ZoneField = Omit<ZoneLayout, 'zoneId' | 'grid'> & { rows: number; columns: number; focusRow: number; focusColumn: number };

const zonePrefix = 'zone:';

/** The zones in an inventory's fields, ordered by id. */
export function parseZones(inventory: Record<string, string>): ZoneLayout[] {
  return Object.entries(inventory)
    .filter(([name]) => name.startsWith(zonePrefix))
    .map(([name, field]) => parseZone(Number(name.slice(zonePrefix.length)), field))
    .toSorted((a, b) => a.zoneId - b.zoneId);
}
