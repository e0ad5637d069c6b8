import type { RowDrawing } from '../../shared/inventory/plan/drawing.ts';

/** A point in seat widths: x to the right, y away from the front. */
type Point = [x: number, y: number];

/** Where a row's seats are, null for a position without a seat; where its label is; and, for a table, its radius: the label is its middle. */
export type PlacedRow = { places: (Point | null)[]; label: Point; tableRadius?: number };

/** Between two seats of a table, along the circle on which they are. */
const seatAtTable = 1.2;
/** Of the circle around even the smallest table. */
const leastRadius = 1.4;
const betweenSeatAndTable = 0.65;
const betweenSeatAndLabel = 1;

/** Places row `number` (from 1) of a hall by the labels of its seats, '' for a gap. A row without coordinates of its own is where its positions are. */
export function placeRow(seats: string[], number: number, drawing: RowDrawing = {}): PlacedRow {
  const { x = 0, y = number - 1, angle = 0, isTable, seats: own = [] } = drawing;
  const table = isTable && aroundTable(seats, [x, y], angle);
  const [cos, sin] = turn(angle);
  const places = table ? table.places : seats.map((seat, at) => (seat === '' ? null : along([x, y], at)));
  for (const seat of own) places[seat.column - 1] = [seat.x, seat.y];
  if (table) return { places, label: [x, y], tableRadius: table.radius };
  const first = places.find((place) => place !== null) ?? [x, y];
  return { places, label: along(first, -betweenSeatAndLabel) };

  function along(from: Point, steps: number): Point {
    return [rounded(from[0] + steps * cos), rounded(from[1] + steps * sin)];
  }
}

/** Clockwise from the top. */
function aroundTable(seats: string[], [x, y]: Point, angle: number): { places: (Point | null)[]; radius: number } {
  const count = seats.filter((seat) => seat !== '').length;
  const radius = Math.max(leastRadius, (count * seatAtTable) / (2 * Math.PI));
  let before = 0;
  const places = seats.map((seat): Point | null => {
    if (seat === '') return null;
    const [cos, sin] = turn(angle - 90 + (360 * before++) / count);
    return [rounded(x + radius * cos), rounded(y + radius * sin)];
  });
  return { places, radius: rounded(radius - betweenSeatAndTable) };
}

/** The cosine and sine of an angle in degrees. */
const turn = (degrees: number): [number, number] => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];

const rounded = (value: number) => Math.round(value * 100) / 100 + 0;
