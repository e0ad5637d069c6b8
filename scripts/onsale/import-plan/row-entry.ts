import { compactLabels } from '../../../services/shared/inventory/plan/compact-labels.ts';
import type { PlacedRow, PlanSeat } from './place-rows.ts';
import { centreOf, type Point } from './point.ts';

/**
 * A drawn seat may lie so far (in seat widths) beside the place where its position puts it without being written down: along the row,
 * because aisles take whole positions, and across it.
 */
const slack = { along: 1, across: 0.25 };

/** The drawing's origin, and a seat's width, in the plan's units. */
export type Scale = { origin: Point; step: number };

/**
 * A row as the event file has it: labels as a short list if its seats are where the row's x, y and angle put them, and otherwise each
 * with a place of its own. `idOf`: a seat's category; `zoneCategory`: the one that need not be written.
 */
export function rowEntry(row: PlacedRow, idOf: (seat: PlanSeat) => string, zoneCategory: string, scale: Scale) {
  const { label, shape, positions } = row;
  const seats = positions.filter((seat) => seat !== undefined);
  const byCategory = Map.groupBy(seats, idOf);
  const common = byCategory.has(zoneCategory) ? zoneCategory : mostSeats(byCategory);
  const others = [...byCategory].filter(([categoryId]) => categoryId !== common);
  const places = shape === 'ring' ? { table: true, ...scaled(centreOf(seats), scale) } : placesOf(positions, scale);
  const listed = places
    ? listOf(positions.map((seat) => seat?.label ?? null))
    : positions.map((seat) => (seat ? { seat: seat.label, ...scaled(seat, scale) } : null));
  return {
    row: label,
    seats: listed,
    ...(common !== zoneCategory && { category: common }),
    ...(others.length > 0 && {
      categories: Object.fromEntries(others.map(([categoryId, ofIt]) => [categoryId, listOf(ofIt.map((seat) => seat.label))])),
    }),
    ...places,
  };
}

export const mostSeats = (byCategory: ReadonlyMap<string, readonly unknown[]>): string =>
  [...byCategory].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? '';

const listOf = (labels: (string | null)[]) => compactLabels(labels) ?? labels;

const round = (value: number) => Math.round(value * 100) / 100;

const scaled = ({ x, y }: Point, { origin, step }: Scale): Point => ({
  x: round((x - origin.x) / step),
  y: round((y - origin.y) / step),
});

/** The row's x, y and angle, if they put every seat near its place: the seat at column c at (x + c - 1, y), turned about (x, y). */
function placesOf(positions: PlacedRow['positions'], scale: Scale): (Point & { angle?: number }) | undefined {
  const drawn = positions.flatMap((seat, at) => (seat ? [{ at, ...scaled(seat, scale) }] : []));
  const [first, last] = [drawn[0], drawn.at(-1)];
  if (!first || !last) return undefined;
  const angle = first === last ? 0 : Math.round((Math.atan2(last.y - first.y, last.x - first.x) * 1_800) / Math.PI) / 10;
  const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  // Aisles take whole positions, so the row as a whole is put where its seats are on average.
  const middle = drawn.reduce((sum, { at }) => sum + at, 0) / drawn.length;
  const centre = centreOf(drawn);
  const start = { x: centre.x - middle * cosine, y: centre.y - middle * sine };
  const fits = drawn.every(({ at, x, y }) => {
    const [right, down] = [x - start.x, y - start.y];
    return Math.abs(right * cosine + down * sine - at) <= slack.along && Math.abs(down * cosine - right * sine) <= slack.across;
  });
  return fits ? { x: round(start.x), y: round(start.y), ...(angle !== 0 && { angle }) } : undefined;
}
