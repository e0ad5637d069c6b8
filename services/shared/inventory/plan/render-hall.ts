import { type Grid, type HallRow, type SeatName, seatAt } from '../zone-layout.ts';
import { compactLabels } from './compact-labels.ts';
import type { RowDrawing } from './drawing.ts';
import type { HallRowEntry } from './hall-row-file.ts';

type Hall = { grid: Grid; rows: HallRow[]; categories: string[]; blocked: SeatName[] };

/** Writes a hall's rows as an event file has them. Every position is written, gaps too, so that no row needs to be aligned. */
export function renderHall(hall: Hall, drawing: RowDrawing[] | undefined) {
  const { grid, rows, categories } = hall;
  const [only] = categories;
  const focus = isFrontMiddle(grid, rows) ? undefined : seatNear(grid, rows);
  return {
    ...(categories.length === 1 && only !== undefined && { category: only }),
    rows: joinRows(rows.map((row, at) => renderRow(row, hall, drawing?.[at]))),
    ...(focus && { focus: { row: focus.row, seat: String(focus.column) } }),
  };
}

function renderRow(row: HallRow, { categories, blocked }: Hall, drawing: RowDrawing = {}): HallRowEntry {
  const { label, kinds = '' } = row;
  const seats = row.seats.map((seat) => (seat === '' ? null : String(seat)));
  const pick = (isWanted: (position: number) => boolean) => {
    const labels = seats.filter((seat, position) => seat !== null && isWanted(position)) as string[];
    return labels.length === 0 ? undefined : listOf(labels);
  };
  const blockedHere = new Set(blocked.filter((seat) => seat.row === label).map(({ column }) => column));
  const categoryAt = (position: number) => categories[row.categories?.[position] ?? 0] ?? '';
  const counts = Map.groupBy(
    seats.flatMap((seat, position) => (seat === null ? [] : [categoryAt(position)])),
    (id) => id,
  );
  const [[common] = ['']] = [...counts].toSorted(([, a], [, b]) => b.length - a.length);
  const others = [...counts.keys()].filter((id) => id !== common);
  const places = new Map(drawing.seats?.map(({ column, x, y }) => [column, { x, y }]));
  const { x, y, angle, isTable, restrictedView = [] } = drawing;
  return without({
    row: label,
    seats:
      places.size === 0
        ? listOf(seats)
        : seats.map((seat, position) => {
            const place = places.get(position + 1);
            return seat !== null && place ? { seat, ...place } : seat;
          }),
    category: categories.length > 1 ? common : undefined,
    categories:
      others.length === 0
        ? undefined
        : Object.fromEntries(others.map((id) => [id, pick((position) => categoryAt(position) === id)])),
    blocked: pick((position) => blockedHere.has(row.seats[position] ?? '')),
    wheelchair: pick((position) => kinds[position] === 'w'),
    companion: pick((position) => kinds[position] === 'c'),
    restrictedView: pick((position) => restrictedView.includes(position + 1)),
    x,
    y,
    angle,
    table: isTable,
  }) as HallRowEntry;
}

const without = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const listOf = <Label extends string | null>(labels: Label[]): string | Label[] => compactLabels(labels) ?? labels;

/** Neighbours with the same seats share an entry, if their labels can be listed. */
function joinRows(rows: HallRowEntry[]): HallRowEntry[] {
  const joined: { labels: string[]; content: Omit<HallRowEntry, 'row'>; text: string }[] = [];
  for (const { row: label = '', ...content } of rows) {
    const text = JSON.stringify(content);
    const last = joined.at(-1);
    if (last?.text === text && content.y === undefined && compactLabels([...last.labels, label]) !== undefined) {
      last.labels.push(label);
    } else joined.push({ labels: [label], content, text });
  }
  return joined.map(({ labels, content }) =>
    labels.length === 1 ? { row: labels[0] as string, ...content } : { rows: compactLabels(labels) as string, ...content },
  );
}

/** The focus that a file has which names none. */
function isFrontMiddle({ focus }: Grid, rows: HallRow[]): boolean {
  const seats = rows[0]?.seats ?? [];
  const isSeat = (seat: HallRow['seats'][number]) => seat !== '';
  return focus.row === 1 && focus.column === (seats.findIndex(isSeat) + seats.findLastIndex(isSeat)) / 2 + 1;
}

const seatNear = (grid: Grid, rows: HallRow[]): SeatName | undefined => seatAt({ grid, rows }, grid.focus);
