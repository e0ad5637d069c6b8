import { alignColumns } from '../terminal/align-columns.ts';
import { type Figures, formatNumber } from './rounds.ts';
import type { Bench } from './system.ts';

export type Bar = { atLeast: number } | { atMost: number };

/** One line of the result; `bar` is the goal for its value. */
type Row = { what: string; value: number; unit?: string; bar?: Bar };

/** A part's result: its rows, notes needed to read them, and the raw figures of every round. */
export type Report = { rows: Row[]; notes: string[]; rounds: Record<string, Figures[]> };

/** A part's dependencies. `resources` is disposed when the part ends or the run is interrupted; `earlier` has reports by part name. */
export type PartContext = {
  bench: Bench;
  resources: AsyncDisposableStack;
  say: (line: string) => void;
  earlier: Record<string, Report>;
};
export type Part = (context: PartContext) => Promise<Report>;

export const isHeld = (value: number, bar: Bar) => ('atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost);

const barText = (bar: Bar) => ('atLeast' in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`);

const heads = ['part', 'measured', 'value', 'goal', 'met'];
/** Columns of numbers, which are right-aligned. */
const numeric = [2, 3];

/** The parts' rows as a text table, followed by their notes. */
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
