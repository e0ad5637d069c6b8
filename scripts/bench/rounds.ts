/** What one round measured, by name; names carry units. */
export type Figures = Record<string, number>;

/** The middle one of some numbers, or the mean of the two in the middle; NaN of none. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of one figure over rounds. */
export const medianOf = (rounds: Figures[], name: string) => median(rounds.map((figures) => figures[name] ?? Number.NaN));

/**
 * How much more of a figure one side has than another: the median of the rounds' ratios, each of neighbours in time, so that
 * what slows a while of the run down slows both of them.
 */
export const medianRatio = (over: Figures[], under: Figures[], name: string) =>
  median(over.map((figures, round) => (figures[name] ?? Number.NaN) / (under[round]?.[name] ?? Number.NaN)));

/** The order in which sides take their turns, AB BA AB …: what drifts on the machine meets them alike. */
export const turns = <Name>(sides: Name[], rounds: number): Name[] =>
  Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? sides : sides.toReversed())).flat();

/**
 * Runs each side `warmUps` times, which do not count, and then `rounds` times in turns. Tells of each round as it ends;
 * gives each side's figures in the order in which they were measured.
 */
export async function alternate<Name extends string>(
  sides: Record<Name, () => Promise<Figures>>,
  rounds: number,
  say: (line: string) => void,
  warmUps = 1,
): Promise<Record<Name, Figures[]>> {
  const names = Object.keys(sides) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as Figures[]])) as Record<Name, Figures[]>;
  for (const name of turns(names, warmUps)) say(`${name}, warm-up: ${lineOf(await sides[name]())}`);
  for (const name of turns(names, rounds)) {
    const figures = await sides[name]();
    measured[name].push(figures);
    say(`${name}, ${measured[name].length} of ${rounds}: ${lineOf(figures)}`);
  }
  return measured;
}

const lineOf = (figures: Figures) =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${formatNumber(value)}`)
    .join(', ');

/** With as many decimals as tell something. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 4;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
