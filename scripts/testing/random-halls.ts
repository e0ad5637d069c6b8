import fc from 'fast-check';
import type { TicketInRedis } from '../../services/shared/inventory/order.ts';
import type { everyPlace } from './brute-force.ts';
import { unique } from './stores.ts';

/** A position: no seat, an ordinary one, a wheelchair place or a companion's; and the index of its category. */
type Cell = { is: '_' | '.' | 'w' | 'c'; category: number };
export type Hall = { rows: Cell[][]; categories: number; focus: { row: number; column: number } };
export type Place = { row: number; column: number };

const widths = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.integer({ min: 1, max: 60 }));
const part = fc.record({
  is: fc.oneof({ weight: 6, arbitrary: fc.constant('.' as const) }, fc.constantFrom('_' as const, 'w' as const, 'c' as const)),
  category: fc.nat({ max: 2 }),
  length: widths,
});
/** Rows of parts, short ones too. */
export const halls: fc.Arbitrary<Hall> = fc
  .record({
    parts: fc.array(fc.array(part, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
    categories: fc.integer({ min: 1, max: 3 }),
    focus: fc.record({ row: fc.nat({ max: 3 }), halves: fc.nat({ max: 60 }) }),
  })
  .map(({ parts, categories, focus }) => {
    const rows = parts.map((list) =>
      list.flatMap(({ is, category, length }) => {
        const size = is === '.' ? length : Math.min(length, 4);
        return Array.from(
          { length: size },
          (): Cell => ({ is: is === 'c' ? (size > 1 ? 'c' : 'w') : is, category: category % categories }),
        );
      }),
    );
    const columns = Math.max(...rows.map((row) => row.length));
    const padded = rows.map((row) => [...row, ...Array<Cell>(columns - row.length).fill({ is: '_', category: 0 })]);
    return {
      rows: padded,
      categories,
      focus: { row: (focus.row % rows.length) + 1, column: 1 + (focus.halves % (2 * columns - 1)) / 2 },
    };
  })
  .filter(({ rows }) => rows.flat().some(({ is }) => is !== '_'));
export const categoryIds = ['A', 'B', 'C'];
export const labelOf = (column: number) => (column % 5 === 0 ? `${column}x` : column);

export function inventoryOf({ rows, categories, focus }: Hall) {
  const ids = categoryIds.slice(0, categories);
  const prices = { '': [{ fromMs: 0, minor: 100 }] };
  const hall = rows.map((row, at) => ({
    label: `Row ${at + 1}`,
    seats: row.map(({ is }, column) => (is === '_' ? '' : labelOf(column + 1))),
    categories: row.map(({ category }) => category),
    ...(row.some(({ is }) => is === 'w' || is === 'c') && { kinds: row.map(({ is }) => (is === '_' ? '.' : is)).join('') }),
  }));
  const columns = rows[0]?.length ?? 0;
  const capacity = rows.flat().filter(({ is }) => is !== '_').length;
  return {
    ...{ eventId: unique('event'), venueId: 'V', currency: 'USD', onSaleAtMs: 0, holdMs: 1_000, ticketsPerOrder: 50 },
    offer: { categories: ids.map((categoryId) => ({ categoryId, name: categoryId, prices })), ticketTypes: [], promotions: [] },
    zones: [{ zoneId: 1, grid: { rows: rows.length, columns, focus }, rows: hall, capacity, categories: ids }],
  };
}

export const placeOf = ({ row = '', column = 0 }: Pick<TicketInRedis, 'row' | 'column'>): Place => ({
  row: Number(row.slice('Row '.length)),
  column: Number.parseInt(String(column), 10),
});

/** Of the ways to sit on wheelchair and companion places: those with a wheelchair place, furthest left in the nearest run of such places. */
export function nearestAccessible({ rows, focus }: Hall, every: ReturnType<typeof everyPlace>, quantity: number) {
  const kindsOf = (row: number) => (rows[row - 1] ?? []).map(({ is }) => is).join('');
  const ways = every.flatMap((way) => {
    const kinds = kindsOf(way.row);
    if (!kinds.slice(way.first - 1, way.first - 1 + quantity).includes('w')) return [];
    const run = [...kinds.matchAll(/[wc]+/g)].findLast(({ index }) => index < way.first);
    const middle = (run?.index ?? 0) + 1 + ((run?.[0].length ?? 0) - 1) / 2;
    return [{ ...way, run: run?.index, distance: Math.hypot(way.row - focus.row, middle - focus.column) }];
  });
  const least = Math.min(...ways.map(({ distance }) => distance));
  const best = ways.filter(({ distance }) => distance === least);
  return best.filter((way) => !best.some(({ row, run, first }) => row === way.row && run === way.run && first < way.first));
}
