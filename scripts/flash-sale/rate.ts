/** Long enough for a readable figure, short enough to follow a sale of a few seconds. */
const windowMs = 2_000;

/** A rate per second over the last two seconds, from successive counts; `atMs` is the end of each count's interval. */
export function createRate() {
  let counted: { atMs: number; count: number }[] = [{ atMs: 0, count: 0 }];
  return {
    add(atMs: number, count: number): void {
      counted.push({ atMs, count });
      const from = counted.findLastIndex((earlier) => earlier.atMs <= atMs - windowMs);
      counted = counted.slice(Math.max(0, from));
    },
    perSecond(): number {
      const [first, ...later] = counted;
      const ms = (later.at(-1)?.atMs ?? 0) - (first?.atMs ?? 0);
      return ms > 0 ? (later.reduce((sum, { count }) => sum + count, 0) * 1_000) / ms : 0;
    },
  };
}
