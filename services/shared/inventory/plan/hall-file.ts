import { seatLabelOf } from '../../terms/seat-label.ts';
import { findSeat, foldRow, type Grid, type HallRow, type ZoneInventory } from '../zone-layout.ts';
import type { RowDrawing } from './drawing.ts';
import { type HallRowEntry, maxHallRows, readHallRow, type WrittenRow } from './hall-row-file.ts';
import type { Reading } from './reading.ts';

/** A zone's bits and labels are laid out as a block of rows of the same width. */
const maxPositions = 20_000;

type HallZone = {
  rows: HallRowEntry[];
  align: 'left' | 'centre' | 'right';
  category: string | undefined;
  focus: { row: string; seat?: string | undefined } | undefined;
  /** Whether all tickets have the same price; then the rows have no categories. */
  hasPrice: boolean;
};

/** A hall as an event's inventory and its drawings have it. */
export type Hall = Required<Pick<ZoneInventory, 'grid' | 'rows' | 'capacity'>> &
  Pick<ZoneInventory, 'categories' | 'blocked'> & { drawing?: RowDrawing[] };

/** Reads a zone's rows; `categoryIds` are the event's categories. Undefined if they make no hall at all. */
export function readHall(zone: HallZone, where: string, categoryIds: string[], reading: Reading): Hall | undefined {
  const written: (WrittenRow & { at: number })[] = [];
  for (const [at, entry] of zone.rows.entries()) {
    const rowAt = `${where}/rows/${at}`;
    refuseCategories(entry, rowAt, zone, categoryIds, reading);
    const rows = readHallRow(entry, rowAt, zone.category, reading);
    if (!zone.hasPrice && rows[0]?.seats.some((seat, seatAt) => seat !== '' && rows[0]?.categories[seatAt] === undefined)) {
      reading.fault(rowAt, 'needs a category, because the zone has neither a price nor a category');
    }
    if (written.length + rows.length > maxHallRows) {
      reading.fault(rowAt, `is beyond the limit of ${maxHallRows} rows per zone`);
      return undefined;
    }
    written.push(...rows.map((row) => ({ ...row, at })));
  }
  const labels = new Set<string>();
  for (const { label, at } of written) {
    const { row } = zone.rows[at] ?? {};
    if (labels.has(foldRow(label))) {
      reading.fault(`${where}/rows/${at}/${row === undefined ? 'rows' : 'row'}`, `has ${label}, which another row has too`);
    }
    labels.add(foldRow(label));
  }
  const columns = Math.max(0, ...written.map(({ seats }) => seats.length));
  if (written.length * columns > maxPositions) {
    const size = `${written.length} rows of up to ${columns} places`;
    reading.fault(
      `${where}/rows`,
      `are ${size}, gaps included: ${written.length * columns}; at most ${maxPositions} are allowed`,
    );
  }
  if (written.length === 0 || written.length * columns > maxPositions) return undefined;

  const used = new Set(written.flatMap(({ categories, seats }) => categories.filter((_, at) => seats[at] !== '')));
  const categories = categoryIds.filter((id) => used.has(id));
  const aligned = written.map((row, at) => alignRow(row, at + 1, { columns, align: zone.align, categories }));
  const rows = aligned.map(({ row }) => row);
  const blocked = aligned.flatMap((row) => row.blocked);
  const drawing = aligned.map((row) => row.drawing);
  return {
    grid: { rows: rows.length, columns, focus: focusOf(zone.focus, rows, `${where}/focus`, reading) },
    rows,
    capacity: rows.reduce((sum, { seats }) => sum + seats.filter((seat) => seat !== '').length, 0),
    ...(!zone.hasPrice && { categories }),
    ...(blocked.length > 0 && { blocked }),
    ...(drawing.some((row) => Object.keys(row).length > 0) && { drawing }),
  };
}

/** Notes categories of a row that do not exist, or cannot be. */
function refuseCategories(entry: HallRowEntry, where: string, zone: HallZone, categoryIds: string[], { fault }: Reading): void {
  const { category, categories } = entry;
  for (const field of ['category', 'categories'] as const) {
    if (zone.hasPrice && entry[field] !== undefined)
      fault(`${where}/${field}`, 'cannot be, because the zone has a price for all seats');
  }
  if (zone.hasPrice) return;
  if (category !== undefined && !categoryIds.includes(category)) {
    fault(`${where}/category`, `${category} is not one of the event's categories`);
  }
  for (const id of Object.keys(categories ?? {})) {
    if (!categoryIds.includes(id)) fault(`${where}/categories/${id}`, "is not one of the event's categories");
  }
}

type Alignment = { columns: number; align: HallZone['align']; categories: string[] };

/** A row in the hall's block of positions, padded with gaps. `number` counts from 1. */
function alignRow(written: WrittenRow, number: number, { columns, align, categories }: Alignment) {
  const { label, seats, drawn } = written;
  const free = columns - seats.length;
  const left = align === 'left' ? 0 : align === 'right' ? free : Math.floor(free / 2);
  const padded = <Item>(items: Item[], gap: Item) => [
    ...Array.from({ length: left }, () => gap),
    ...items,
    ...Array.from({ length: free - left }, () => gap),
  ];
  // A gap has the first category, so that a row of only that one has no list.
  const indexes = written.categories.map((id, at) => (seats[at] === '' ? 0 : Math.max(0, categories.indexOf(id ?? ''))));
  const row: HallRow = {
    label,
    seats: padded(
      seats.map((seat) => seatLabelOf(seat)),
      '',
    ),
    ...(indexes.some((index) => index > 0) && { categories: padded(indexes, 0) }),
    ...(/[^.]/.test(written.kinds) && { kinds: padded([...written.kinds], '.').join('') }),
  };
  const drawing: RowDrawing = {
    ...(Object.keys(drawn).length > 0 && placeRow(drawn, number, left)),
    ...(written.restrictedView.length > 0 && { restrictedView: written.restrictedView.map((at) => at + left + 1) }),
    ...(written.places.length > 0 && { seats: written.places.map(({ at, x, y }) => ({ column: at + left + 1, x, y })) }),
  };
  return { row, drawing, blocked: written.blocked.map((at) => ({ row: label, column: seatLabelOf(seats[at] ?? '') })) };
}

/** Where a row is drawn: the file says it of the first place that it lists, the drawing of the first position, which padding may be. */
function placeRow({ x, y, angle, table }: WrittenRow['drawn'], number: number, left: number): RowDrawing {
  const [fromX, fromY] = [x ?? left, y ?? number - 1];
  const turned = angle === undefined ? {} : { angle };
  if (table) return { x: fromX, y: fromY, ...turned, isTable: true };
  const radians = ((angle ?? 0) * Math.PI) / 180;
  const rounded = (value: number) => Math.round(value * 1_000) / 1_000 + 0;
  return { x: rounded(fromX - left * Math.cos(radians)), y: rounded(fromY - left * Math.sin(radians)), ...turned };
}

/** The point that the best seats are near: a seat, or the middle of the front row. */
function focusOf(focus: HallZone['focus'], rows: HallRow[], where: string, { fault }: Reading): Grid['focus'] {
  const seats = rows[0]?.seats ?? [];
  const middle = { row: 1, column: (seats.findIndex(isSeat) + seats.findLastIndex(isSeat)) / 2 + 1 };
  if (!focus) return middle;
  const grid = { rows: rows.length, columns: seats.length, focus: middle };
  const found = focus.seat !== undefined && findSeat({ grid, rows }, { row: focus.row, column: seatLabelOf(focus.seat) });
  if (found) return { row: found.row, column: found.column };
  fault(where, 'must be the row and the seat of one of the seats of the zone');
  return middle;
}

const isSeat = (label: number | string) => label !== '';
