import { rowNumber } from '../../../services/shared/terms/row-label.ts';
import { orderSeats, type Shape } from './order-seats.ts';
import { along, centreOf, commonDirection, distance, type Point, quantile, stepsOf } from './point.ts';

/** A seat of the plan, at its place in the whole drawing. */
export type PlanSeat = Point & { label: string; category: string };

/** A row as the plan has it; '' if it has no number. */
export type PlanRow = { label: string; seats: PlanSeat[] };

/** A row as it is sold: its seats by position, undefined for a gap. */
export type PlacedRow = { label: string; shape: Shape; positions: (PlanSeat | undefined)[] };

/** The usual distance between seats if the plan has no two seats in a row: that of pretix' editor. */
const editorStep = 25;
/** More than this many usual steps between two seats is an aisle. */
const aisleSteps = 1.5;
/** However wide an aisle, it takes no more positions than this. */
const maxGap = 4;
/** Rows are lined up if this share of their seats is in parallel rows. */
const parallelShare = 0.9;
const parallelCosine = 0.95;
/** Rows are lined up only if the zone gets no wider by it than this many times its widest row. */
const maxWidening = 2;

type OrderedRow = { label: string; seats: PlanSeat[]; shape: Shape };

/** Orders the seats within each of a plan's rows. Rows without seats are left out. */
export const orderRows = (rows: readonly PlanRow[]): OrderedRow[] =>
  rows.filter(({ seats }) => seats.length > 0).map(({ label, seats }) => ({ label, ...orderSeats(seats) }));

/** The distance between neighbours. Most seats have neighbours, but in a row of single seats and pairs most spaces are aisles. */
export const usualStep = (rows: readonly OrderedRow[], otherwise = editorStep): number =>
  quantile(
    rows.filter(({ shape }) => shape !== 'scattered').flatMap(({ seats }) => stepsOf(seats).filter((step) => step > 0)),
    0.25,
  ) ?? otherwise;

/**
 * Places a zone's rows: parts of the same row become one, left to right; aisles become gaps; rows are sorted front to back, and lined up
 * where they are parallel. The front is where the rows' numbers begin, and otherwise at the top.
 */
export function placeRows(parts: readonly OrderedRow[], planStep: number): PlacedRow[] {
  const step = usualStep(parts, planStep);
  const direction = directionOf(parts);
  const rows = joinParts(parts, direction).map((row) => placeRow(row, step));
  const sorted = frontToBack(rows, direction);
  return areParallel(sorted, direction) ? lineUp(sorted, step, direction) : sorted;
}

const endsOf = ({ seats }: Pick<OrderedRow, 'seats'>): Point => {
  const [first, last] = [seats[0] as Point, seats.at(-1) as Point];
  return { x: last.x - first.x, y: last.y - first.y };
};

const directionOf = (rows: readonly OrderedRow[]) =>
  commonDirection(rows.filter(({ seats, shape }) => shape !== 'ring' && seats.length > 1).map(endsOf));

const leftToRight = (row: OrderedRow, direction: Point): OrderedRow =>
  row.shape !== 'ring' && along(direction, endsOf(row)) < 0 ? { ...row, seats: row.seats.toReversed() } : row;

/** Joins rows that have the same number, and no seat number twice: a plan has such rows for the sides of an aisle. */
function joinParts(parts: readonly OrderedRow[], direction: Point): OrderedRow[] {
  const turned = parts.map((part) => leftToRight(part, direction));
  const groups = Map.groupBy(turned, ({ label, shape }) => (label === '' || shape === 'ring' ? Symbol() : label));
  return [...groups.values()].flatMap((group) => {
    const seats = group.flatMap((part) => part.seats);
    const labels = new Set(seats.map(({ label }) => label));
    if (group.length === 1 || labels.size < seats.length || labels.has('')) return group;
    const middle = (part: OrderedRow) => along(direction, centreOf(part.seats));
    const sorted = group.toSorted((a, b) => middle(a) - middle(b));
    return [{ label: sorted[0]?.label ?? '', shape: 'line', seats: sorted.flatMap((part) => part.seats) }];
  });
}

/** Puts gaps where seats are farther apart than neighbours. Round a table there are none. */
function placeRow({ label, seats, shape }: OrderedRow, zoneStep: number): PlacedRow {
  if (shape === 'ring') return { label, shape, positions: fromFirst(seats) };
  const steps = stepsOf(seats);
  const own = quantile(steps, 0.25) ?? 0;
  // A row may be denser than the zone's others; then its aisles may be narrower too. Seats drawn over each other say nothing.
  const step = steps.length >= 4 && own > zoneStep / 2 ? Math.min(own, zoneStep) : zoneStep;
  const positions = seats.flatMap((seat, at): (PlanSeat | undefined)[] => [...gap((steps[at - 1] ?? 0) / step), seat]);
  return { label, shape, positions };
}

const gap = (steps: number): undefined[] =>
  steps <= aisleSteps ? [] : Array.from({ length: Math.min(maxGap, Math.max(1, Math.round(steps) - 1)) }, () => undefined);

/** The seats round a table, from the one after the widest space, or from the lowest number, on to the lower of its neighbours. */
function fromFirst(seats: PlanSeat[]): PlanSeat[] {
  const spaces = seats.map((seat, at) => distance(seats.at(at - 1) as Point, seat));
  const [widest = 0, next = 0] = spaces.toSorted((a, b) => b - a);
  const numbers = seats.map(({ label }) => rankOf(label) ?? Number.POSITIVE_INFINITY);
  const isOpen = widest > 1.2 * next;
  const first = isOpen ? spaces.indexOf(widest) : numbers.indexOf(Math.min(...numbers));
  const turned = [...seats.slice(first), ...seats.slice(0, first)];
  const [second = 0, last = 0] = [rankOf(turned[1]?.label ?? ''), rankOf(turned.at(-1)?.label ?? '')];
  if (second <= last) return turned;
  return isOpen ? turned.toReversed() : [turned[0] as PlanSeat, ...turned.slice(1).toReversed()];
}

const seatsOf = ({ positions }: PlacedRow) => positions.filter((seat) => seat !== undefined);

/** Away from the front, if that is at the top. */
const depthOf = (direction: Point): Point => ({ x: -direction.y, y: direction.x });

/**
 * Sorts rows by how far they are from the front, and those beside each other from left to right. A bent row that lacks a side has its
 * centre elsewhere than its neighbours, so rows are compared in the zone's middle.
 */
function frontToBack(rows: PlacedRow[], direction: Point): PlacedRow[] {
  const middle =
    quantile(
      rows.flatMap((row) => seatsOf(row).map((seat) => along(direction, seat))),
      0.5,
    ) ?? 0;
  const middles = new Map(rows.map((row) => [row, nearestTo(middle, seatsOf(row), direction)]));
  const by = (axis: Point, row: PlacedRow) => Math.round(along(axis, middles.get(row) as Point));
  const sorted = rows.toSorted(
    (a, b) => by(depthOf(direction), a) - by(depthOf(direction), b) || by(direction, a) - by(direction, b),
  );
  const ranked = sorted.flatMap((row) => {
    const rank = rankOf(row.label);
    return rank === undefined ? [] : [{ rank, depth: by(depthOf(direction), row) }];
  });
  const meanRank = ranked.reduce((sum, { rank }) => sum + rank, 0) / ranked.length;
  const numbersRise = ranked.reduce((sum, { rank, depth }) => sum + (rank - meanRank) * depth, 0);
  return numbersRise < 0 ? sorted.toReversed() : sorted;
}

function nearestTo(middle: number, seats: PlanSeat[], direction: Point): PlanSeat {
  const farness = (seat: PlanSeat) => Math.abs(along(direction, seat) - middle);
  return seats.reduce((best, seat) => (farness(seat) < farness(best) ? seat : best));
}

/** What a label counts as: 12, "12a" and "L" are 12; undefined for other labels. */
function rankOf(label: string): number | undefined {
  const digits = /\d{1,9}/.exec(label)?.[0];
  if (digits !== undefined) return Number(digits);
  return /^[A-Za-z]{1,3}$/.test(label) ? rowNumber(label) : undefined;
}

function areParallel(rows: readonly PlacedRow[], direction: Point): boolean {
  let [all, parallel] = [0, 0];
  for (const row of rows) {
    const seats = seatsOf(row);
    if (seats.length === 1) continue;
    const ends = endsOf({ seats });
    all += seats.length;
    if (row.shape !== 'ring' && along(direction, ends) > parallelCosine * Math.hypot(ends.x, ends.y)) parallel += seats.length;
  }
  return all > 0 && parallel >= parallelShare * all;
}

/** Puts gaps before rows, so that seats one behind the other have the same position, as far as whole positions can. */
function lineUp(rows: PlacedRow[], step: number, direction: Point): PlacedRow[] {
  const longest = rows.toSorted((a, b) => seatsOf(b).length - seatsOf(a).length)[0] as PlacedRow;
  const ruler = marksOf(longest, direction);
  const shifts = rows.map((row) => {
    const seats = marksOf(row, direction).map((mark) => positionAt(mark.along, ruler, step) - mark.at);
    return quantile(seats, 0.5) ?? 0;
  });
  const least = Math.min(...shifts);
  const widest = Math.max(...rows.map(({ positions }) => positions.length));
  const width = Math.max(...rows.map(({ positions }, at) => positions.length + (shifts[at] ?? 0) - least));
  if (width > maxWidening * widest) return rows;
  return rows.map((row, at) => {
    const leading: undefined[] = Array.from({ length: (shifts[at] ?? 0) - least }, () => undefined);
    return { ...row, positions: [...leading, ...row.positions] };
  });
}

/** How far along each seat of a row is, and its position in the row. */
type Mark = { at: number; along: number };

const marksOf = ({ positions }: PlacedRow, direction: Point): Mark[] =>
  positions.flatMap((seat, at) => (seat ? [{ at, along: along(direction, seat) }] : []));

/** The position of a place in a row, counted from the row's nearest seat. */
function positionAt(place: number, ruler: Mark[], step: number): number {
  const nearest = ruler.reduce((best, mark) => (Math.abs(mark.along - place) < Math.abs(best.along - place) ? mark : best));
  return nearest.at + Math.round((place - nearest.along) / step);
}
