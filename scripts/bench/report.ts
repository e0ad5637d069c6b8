import { alignColumns } from '../terminal/align-columns.ts';
import { type Figures, formatNumber } from './rounds.ts';
import type { Bench } from './system.ts';

export type Bar = { atLeast: number } | { atMost: number };

/** One line of the result; `bar` is what the value is held to. */
type Row = { what: string; value: number; unit?: string; bar?: Bar };

/** What a part found: its rows, what a reader must know to read them, and the raw figures of every round. */
export type Report = { rows: Row[]; notes: string[]; rounds: Record<string, Figures[]> };

/** What a part is given: `resources` closes what it opens, when it ends or the run is broken off; `earlier` by their names. */
export type PartContext = {
  bench: Bench;
  resources: AsyncDisposableStack;
  say: (line: string) => void;
  earlier: Record<string, Report>;
};
export type Part = (context: PartContext) => Promise<Report>;

export const isHeld = (value: number, bar: Bar) => ('atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost);

const barText = (bar: Bar) => ('atLeast' in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`);

const heads = ['part', 'what', 'value', 'bar', 'held'];
/** The columns of numbers. */
const numeric = [2, 3];

/** The parts' rows as a table of text, each part's notes below it. */
export function tableOf(reports: Record<string, Report>): string {
  const lines = Object.entries(reports).map(([part, { rows }]) =>
    rows.map(({ what, value, unit, bar }, at) => [
      at === 0 ? part : '',
      unit === undefined ? what : `${what}, ${unit}`,
      formatNumber(value),
      bar ? barText(bar) : '',
      bar ? (isHeld(value, bar) ? 'yes' : 'NO') : '',
    ]),
  );
  const [head = '', ...aligned] = alignColumns([heads, ...lines.flat()], numeric);
  const rule = '─'.repeat(Math.max(...[head, ...aligned].map(({ length }) => length)));
  const body = lines.flatMap(({ length }) => [rule, ...aligned.splice(0, length)]);
  const notes = Object.entries(reports).flatMap(([part, report]) => report.notes.map((note) => `${part}: ${note}`));
  return [head, ...body, '', ...notes].join('\n');
}
