import { isDeepStrictEqual } from 'node:util';
import { countOf } from '../../basics/text.ts';
import { rowLabel } from '../../terms/row-label.ts';
import { foldRow, type SeatName, seatAt, type ZoneInventory } from '../zone-layout.ts';
import { compareRows } from './compare-rows.ts';
import type { RowDrawing } from './drawing.ts';
import { listSeats, priceOf } from './plan-text.ts';

type Side = { zone: ZoneInventory; currency: string; drawing: RowDrawing[] | undefined };

/** The differences between a zone in two plans, but for its name: a line for each. */
export function compareZones(before: Side, after: Side): string[] {
  const [old, now] = [before.zone, after.zone];
  const changes: string[] = [];
  if (shapeOf(old) !== shapeOf(now)) changes.push(`seats: ${shapeOf(old)} → ${shapeOf(now)}`);
  else if (focusOf(old) !== focusOf(now)) changes.push(`best seats are near: ${focusOf(old)} → ${focusOf(now)}`);
  if (old.rows && now.rows)
    changes.push(...compareRows({ rows: old.rows, categories: old.categories }, { rows: now.rows, categories: now.categories }));
  const [oldPrice, newPrice] = [priceOf(old, before.currency), priceOf(now, after.currency)];
  if (oldPrice !== newPrice) changes.push(`price: ${oldPrice} → ${newPrice}`);
  changes.push(...seatListChanges('blocked', old.blocked ?? [], now.blocked ?? []));
  changes.push(...seatListChanges('restricted in their view', restrictedIn(before), restrictedIn(after)));
  if (!isDeepStrictEqual(placesIn(before.drawing), placesIn(after.drawing))) changes.push('seats are drawn in other places');
  return changes;
}

/** "8 × 12", "12 rows with 340 seats" or "general admission, 150". */
export function shapeOf({ grid, rows, capacity }: ZoneInventory): string {
  if (rows) return `${countOf(rows.length, 'row')} with ${countOf(capacity, 'seat')}`;
  return grid ? `${grid.rows} × ${grid.columns}` : `general admission, ${capacity}`;
}

function focusOf({ grid, rows }: ZoneInventory): string {
  if (!grid) return 'nothing';
  const { row, column } = grid.focus;
  if (!rows) return `row ${rowLabel(row)}, column ${column}`;
  // Between two seats, or in a gap.
  const seat = Number.isInteger(column) ? seatAt({ grid, rows }, { row, column }) : undefined;
  return seat ? `row ${seat.row}, seat ${seat.column}` : `row ${rows[row - 1]?.label}, place ${column} from the left`;
}

function seatListChanges(what: string, old: SeatName[], now: SeatName[]): string[] {
  const [oldKeys, newKeys] = [new Set(old.map(keyOf)), new Set(now.map(keyOf))];
  const added = now.filter((seat) => !oldKeys.has(keyOf(seat)));
  const removed = old.filter((seat) => !newKeys.has(keyOf(seat)));
  return [
    ...(added.length > 0 ? [`${countOf(added.length, 'seat')} more ${what}: ${listSeats(added)}`] : []),
    ...(removed.length > 0 ? [`${countOf(removed.length, 'seat')} no longer ${what}: ${listSeats(removed)}`] : []),
  ];
}

const restrictedIn = ({ zone, drawing = [] }: Side): SeatName[] =>
  drawing.flatMap(({ restrictedView = [] }, at) =>
    restrictedView.flatMap((column) => seatAt(zone, { row: at + 1, column }) ?? []),
  );

const placesIn = (drawing: RowDrawing[] = []) => {
  const rows = drawing.map(({ restrictedView, ...places }) => places);
  return rows.some((places) => Object.keys(places).length > 0) ? rows : [];
};

/** A seat's name as one text, in whichever case its row is written. */
const keyOf = ({ row, column }: SeatName) => `${foldRow(row)}\n${column}`;

/** How many of a zone's seats disappear, by name. Seats that are added elsewhere in the zone do not make up for them. */
export function lostOf(old: ZoneInventory, now: ZoneInventory): number {
  if (!old.grid && !now.grid) return Math.max(0, old.capacity - now.capacity);
  if (!old.grid || !now.grid) return old.capacity;
  if (!old.rows && !now.rows) {
    return old.capacity - Math.min(old.grid.rows, now.grid.rows) * Math.min(old.grid.columns, now.grid.columns);
  }
  const names = new Set(seatsOf(now).map(keyOf));
  return seatsOf(old).filter((seat) => !names.has(keyOf(seat))).length;
}

const seatsOf = (zone: ZoneInventory): SeatName[] =>
  Array.from({ length: zone.grid?.rows ?? 0 }, (_row, row) =>
    Array.from(
      { length: zone.grid?.columns ?? 0 },
      (_column, column) => seatAt(zone, { row: row + 1, column: column + 1 }) ?? [],
    ).flat(),
  ).flat();
