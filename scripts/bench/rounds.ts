/** The measurements of one round by name; names carry units. */
export type Figures = Record<string, number>;

/** About 100,000 sales: V8 keeps optimising a service's code until then. */
export const saleWarmUps = 4;

/** The middle value, or the mean of the two middle values; NaN for an empty list. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of one figure over all rounds. */
export const medianOf = (rounds: Figures[], name: string) => median(rounds.map((figures) => figures[name] ?? Number.NaN));

/**
 * The ratio of one side's figure to the other's: the median over rounds of the ratio within each round. A slow phase of the
 * machine affects both sides of a round, so it cancels out.
 */
export const medianRatio = (over: Figures[], under: Figures[], name: string) =>
  median(over.map((figures, round) => (figures[name] ?? Number.NaN) / (under[round]?.[name] ?? Number.NaN)));

/** The order in which sides take turns, AB BA AB …, so that a drift of the machine affects both equally. */
export const turns = <Name>(sides: Name[], rounds: number): Name[] =>
  Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? sides : sides.toReversed())).flat();

/**
 * Runs each side `warmUps` times, which do not count, and then `rounds` times in turns. Reports each round through `say` as it
 * ends. Returns each side's figures in the order in which they were measured.
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
    say(`${name}, round ${measured[name].length} of ${rounds}: ${lineOf(figures)}`);
  }
  return measured;
}

const lineOf = (figures: Figures) =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${formatNumber(value)}`)
    .join(', ');

/** About three significant digits, four decimals below 1. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 4;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
