import { getOrInsertComputed } from '../../basics/get-or-insert.ts';
import { listWords } from '../../basics/text.ts';
import { foldRow, type HallRow } from '../zone-layout.ts';
import { linesByRow } from './plan-text.ts';

/** A hall's rows, and the ids of its categories; absent if all seats have one price. */
type Hall = { rows: HallRow[]; categories: string[] | undefined };

/** The differences between the rows of a hall in two plans; rows with the same change share a line. */
export function compareRows(before: Hall, after: Hall): string[] {
  const keyOf = ({ label }: HallRow) => foldRow(label);
  const newRows = new Map(after.rows.map((row) => [keyOf(row), row]));
  const oldKeys = new Set(before.rows.map(keyOf));
  const changes: string[] = [];
  const renamed = new Set<string>();
  for (const [at, row] of before.rows.entries()) {
    const other = after.rows[at];
    if (!other || newRows.has(keyOf(row)) || oldKeys.has(keyOf(other)) || !hasSameSeats(row, other)) continue;
    changes.push(`row ${row.label} is now row ${other.label}`);
    renamed.add(keyOf(row)).add(keyOf(other));
  }
  const listRows = (rows: HallRow[]) => `${rows.length === 1 ? 'row' : 'rows'} ${listWords(rows.map(({ label }) => label))}`;
  const removed = before.rows.filter((row) => !newRows.has(keyOf(row)) && !renamed.has(keyOf(row)));
  const added = after.rows.filter((row) => !oldKeys.has(keyOf(row)) && !renamed.has(keyOf(row)));
  if (removed.length > 0) changes.push(`${listRows(removed)} removed`);
  if (added.length > 0) changes.push(`${listRows(added)} added`);
  const kept = before.rows.filter((row) => newRows.has(keyOf(row)));
  const order = after.rows.filter((row) => oldKeys.has(keyOf(row)));
  if (kept.some((row, at) => keyOf(row) !== keyOf(order[at] ?? row))) changes.push('rows are in another order');
  const notes = kept.flatMap((row) => {
    const other = newRows.get(keyOf(row)) ?? row;
    return compareRow({ row, categories: before.categories }, { row: other, categories: after.categories }).map((text) => ({
      row: other.label,
      text,
    }));
  });
  return [...changes, ...linesByRow(notes)];
}

type Side = { row: HallRow; categories: string[] | undefined };

/** The differences between two rows that have the same label, but for the case of its letters. */
function compareRow(before: Side, after: Side): string[] {
  const [old, now] = [before.row, after.row];
  const changes: string[] = [];
  if (old.label !== now.label) changes.push(`written as ${now.label} instead of ${old.label}`);
  const [was, is] = [describe(before), describe(after)];
  const gone = [...was.keys()].filter((seat) => !is.has(seat));
  const added = [...is.keys()].filter((seat) => !was.has(seat));
  if (gone.length > 0) changes.push(`removed ${listWords(gone)}`);
  if (added.length > 0) changes.push(`added ${listWords(added)}`);
  if (gone.length + added.length === 0 && !hasSameSeats(old, now)) changes.push('its seats have another order, or other gaps');

  const seatsBy = new Map<string, string[]>();
  for (const [seat, from] of was) {
    const to = is.get(seat);
    if (!to) continue;
    if (from.kind !== to.kind) getOrInsertComputed(seatsBy, `${from.kind} → ${to.kind}`, () => []).push(seat);
    // From a price to categories or back is a change of the whole zone.
    if (from.category !== undefined && to.category !== undefined && from.category !== to.category) {
      getOrInsertComputed(seatsBy, `category ${from.category} → ${to.category}`, () => []).push(seat);
    }
  }
  return [...changes, ...[...seatsBy].map(([change, seats]) => `${listWords(seats)}: ${change}`)];
}

const kinds: Record<string, string> = { w: 'wheelchair place', c: 'companion place', '.': 'seat' };

/** The kind and the category of each seat, by its label. */
const describe = ({ row, categories }: Side) =>
  new Map(
    row.seats.flatMap((seat, at) => {
      const kind = kinds[row.kinds?.[at] ?? '.'];
      return seat === '' ? [] : [[String(seat), { kind, category: categories?.[row.categories?.[at] ?? 0] }] as const];
    }),
  );

/** Whether two rows have the same seats and gaps, wherever they begin. */
function hasSameSeats(one: HallRow, other: HallRow): boolean {
  const trimmed = ({ seats }: HallRow) =>
    seats.slice(
      seats.findIndex((seat) => seat !== ''),
      seats.findLastIndex((seat) => seat !== '') + 1,
    );
  return trimmed(one).join('\n') === trimmed(other).join('\n');
}
