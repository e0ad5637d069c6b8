import { along, centreOf, commonDirection, distance, type Point, quantile, stepsOf } from './point.ts';

/** A line may bend; a ring is the seats round a table; scattered seats are neither, and sorted by their distance along the longer side. */
export type Shape = 'line' | 'ring' | 'scattered';

/** A table's seats are fewer than this. */
const maxRing = 60;
/** Two seats that face each other across the end of a long table are not farther apart than this many usual steps. */
const acrossSteps = 2.5;

/** The seats of a row in the order in which people sit, in either direction; O(n²). */
export function orderSeats<Seat extends Point>(seats: readonly Seat[]): { seats: Seat[]; shape: Shape } {
  const path = pathThrough(seats);
  if (path) return { seats: path, shape: isRound(path) ? 'ring' : 'line' };
  const centre = centreOf(seats);
  const angle = ({ x, y }: Point) => Math.atan2(y - centre.y, x - centre.x);
  const round = seats.toSorted((a, b) => angle(a) - angle(b));
  if (isRound(round)) return { seats: round, shape: 'ring' };
  const direction = commonDirection(seats.map(({ x, y }) => ({ x: x - centre.x, y: y - centre.y })));
  return { seats: seats.toSorted((a, b) => along(direction, a) - along(direction, b)), shape: 'scattered' };
}

/** The shortest tree that connects the seats, if it does not branch: then it passes them in order, however the row bends. */
function pathThrough<Seat extends Point>(seats: readonly Seat[]): Seat[] | undefined {
  const best = seats.map(() => ({ from: -1, steps: Number.POSITIVE_INFINITY }));
  const links: number[][] = seats.map(() => []);
  const waiting = new Set(seats.keys());
  let current = 0;
  while (waiting.delete(current)) {
    let next = -1;
    for (const at of waiting) {
      const reach = best[at] as { from: number; steps: number };
      const steps = distance(seats[current] as Seat, seats[at] as Seat);
      if (steps < reach.steps) Object.assign(reach, { from: current, steps });
      if (next < 0 || reach.steps < (best[next]?.steps ?? 0)) next = at;
    }
    if (next < 0) break;
    const from = best[next]?.from ?? 0;
    links[from]?.push(next);
    links[next]?.push(from);
    current = next;
  }
  if (links.some(({ length }) => length > 2)) return undefined;
  const path: number[] = [];
  let at = links.findIndex(({ length }) => length < 2);
  for (let before = -1; at >= 0; ) {
    path.push(at);
    const next = links[at]?.find((other) => other !== before) ?? -1;
    [before, at] = [at, next];
  }
  return path.map((index) => seats[index] as Seat);
}

/** True if the seats stand in this order round something that bulges nowhere inwards, none much farther from the next than usual. */
function isRound(seats: readonly Point[]): boolean {
  if (seats.length < 3 || seats.length > maxRing) return false;
  const steps = stepsOf([...seats, seats[0] as Point]);
  const usual = quantile(steps, 0.25) ?? 0;
  if (usual === 0 || Math.max(...steps) > acrossSteps * usual) return false;
  const turns = seats.map((seat, at) => {
    const [before, after] = [seats.at(at - 1) as Point, seats[(at + 1) % seats.length] as Point];
    return (seat.x - before.x) * (after.y - seat.y) - (seat.y - before.y) * (after.x - seat.x);
  });
  const slack = 0.1 * usual * usual;
  const isConvex = turns.every((turn) => turn > -slack) || turns.every((turn) => turn < slack);
  return isConvex && Math.abs(turns.reduce((sum, turn) => sum + turn, 0)) > usual * usual;
}
