/** @import { ZonePlan } from '../../queries/zone-plan.ts' */

/**
 * @typedef {object} Hall a zone as it is drawn, in seat widths; x and y are middles, from the top left
 * @property {number} width
 * @property {number} height
 * @property {{ bit: number, x: number, y: number }[]} seats `bit` is that of the zone's bitmaps
 * @property {{ text: string, x: number, y: number, isTable: boolean }[]} labels of rows; beside the row, its text ends at x
 * @property {{ x: number, y: number, radius: number }[]} tables
 */

/** Around everything. */
const margin = 0.75;
/** Of a label's letter, which is smaller than a seat. */
const letterWidth = 0.45;

/** @param {ZonePlan} plan @returns {Hall} */
export function hallOf({ columns, rows }) {
  const bitsPerRow = Math.ceil(columns / 8) * 8;
  /** @type {Hall} */
  const hall = { width: 0, height: 0, seats: [], labels: [], tables: [] };
  for (const [at, { row, seats, places, label, tableRadius }] of rows.entries()) {
    for (const [position, seat] of seats.entries()) {
      if (seat === '') continue;
      const [x, y] = places?.[position] ?? [position, at];
      hall.seats.push({ bit: at * bitsPerRow + position, x, y });
    }
    const first = seats.findIndex((seat) => seat !== '');
    const [x, y] = label ?? [first - 1, at];
    hall.labels.push({ text: row, x, y, isTable: tableRadius !== undefined });
    if (tableRadius !== undefined) hall.tables.push({ x, y, radius: tableRadius });
  }
  return fromTopLeft(hall);
}

/** Moves a hall so that it begins at 0, 0 with a margin. @param {Hall} hall @returns {Hall} */
function fromTopLeft({ seats, labels, tables }) {
  const lefts = [
    ...seats.map(({ x }) => x - 0.5),
    ...labels.map(({ text, x, isTable }) => x - text.length * letterWidth * (isTable ? 0.5 : 1)),
  ];
  const xs = [...seats, ...labels].map(({ x }) => x + 0.5);
  const ys = [...seats, ...labels].map(({ y }) => y);
  const left = least(lefts) - margin;
  const top = least(ys) - 0.5 - margin;
  /** @template {{ x: number, y: number }} T @param {T[]} list */
  const moved = (list) => list.map((item) => ({ ...item, x: item.x - left, y: item.y - top }));
  return {
    width: most(xs) + margin - left,
    height: most(ys) + 0.5 + margin - top,
    seats: moved(seats),
    labels: moved(labels),
    tables: moved(tables),
  };
}

// A hall may have more seats than a call may have arguments.
const least = (/** @type {number[]} */ numbers) => numbers.reduce((one, other) => Math.min(one, other), Infinity);
const most = (/** @type {number[]} */ numbers) => numbers.reduce((one, other) => Math.max(one, other), -Infinity);
