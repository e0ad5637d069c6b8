import type { Grid } from '../../services/shared/inventory/zone-layout.ts';

/** A group of seats side by side: its row and its first column, from 1. */
type Group = { row: number; first: number };

/** Every run of free seats, found by brute force: row and first column from 1. */
function freeRuns(taken: boolean[][]): (Group & { length: number })[] {
  return taken.flatMap((row, at) =>
    row.flatMap((isTaken, column) => {
      if (isTaken || (column > 0 && !row[column - 1])) return [];
      const end = row.indexOf(true, column);
      return [{ row: at + 1, first: column + 1, length: (end < 0 ? row.length : end) - column }];
    }),
  );
}

/** Every way to seat `quantity` side by side: its distance from the focus (squared), and whether it leaves no single seat. */
export function everyPlace(taken: boolean[][], quantity: number, focus: Grid['focus']) {
  return freeRuns(taken).flatMap(({ row, first, length }) =>
    Array.from({ length: Math.max(0, length - quantity + 1) }, (_, offset) => ({
      row,
      first: first + offset,
      isClean: offset !== 1 && length - quantity - offset !== 1,
      keepsGroups: length % quantity > 0 || offset % quantity === 0,
      distance: (row - focus.row) ** 2 + (first + offset + (quantity - 1) / 2 - focus.column) ** 2,
    })),
  );
}

/** The fewest runs that together have `quantity` seats: the longest ones. */
export function fewestGroups(taken: boolean[][], quantity: number): number {
  const lengths = freeRuns(taken)
    .map(({ length }) => length)
    .toSorted((a, b) => b - a);
  let groups = 0;
  for (let left = quantity; left > 0; groups++) left -= lengths[groups] ?? Number.POSITIVE_INFINITY;
  return groups;
}

/** The best of these ways: those that leave no single seat, if any do, and are as near as any that keeps groups of its size together. */
export function nearest(places: ReturnType<typeof everyPlace>) {
  const clean = places.filter(({ isClean }) => isClean);
  const list = clean.length > 0 ? clean : places;
  const least = Math.min(...list.filter(({ keepsGroups }) => keepsGroups).map(({ distance }) => distance));
  return list.filter(({ distance }) => distance === least);
}
