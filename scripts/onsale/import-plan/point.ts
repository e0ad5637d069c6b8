/** A place in the drawing; y points down. */
export type Point = { x: number; y: number };

export const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

/** How far a point lies in a direction (a vector of length 1). */
export const along = (direction: Point, { x, y }: Point) => direction.x * x + direction.y * y;

export const centreOf = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

/** The distances from each point to the next. */
export const stepsOf = (points: readonly Point[]): number[] =>
  points.slice(1).map((point, at) => distance(points[at] as Point, point));

/** The value below which this share of the values lies; undefined for none. */
export const quantile = (values: readonly number[], share: number): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))];

/** The direction in which lines run, to the right, or down if they are upright: the mean of lines either way, weighted by length. */
export function commonDirection(lines: readonly Point[]): Point {
  let [sine, cosine] = [0, 0];
  for (const { x, y } of lines) {
    const length = Math.hypot(x, y) || 1;
    // At twice the angle, a line and its reverse are the same.
    sine += (2 * x * y) / length;
    cosine += (x * x - y * y) / length;
  }
  const angle = Math.atan2(sine, cosine) / 2;
  const direction = { x: Math.cos(angle), y: Math.sin(angle) };
  const isReverse = Math.abs(direction.x) > 1e-6 ? direction.x < 0 : direction.y < 0;
  return isReverse ? { x: -direction.x, y: -direction.y } : direction;
}
