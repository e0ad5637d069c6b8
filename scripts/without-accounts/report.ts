import { countOf } from '../../services/shared/basics/text.ts';
import { median } from '../bench/rounds.ts';
import type { Round, Run } from './sell-without.ts';

/** What went wrong in a run, in words; empty if nothing did. */
export function faultsOf({ before, after }: Pick<Run, 'before' | 'after'>): string[] {
  return [...before, ...after].flatMap(({ eventId, faults, differences }) => [
    ...Object.entries(faults).map(([what, count]) => `${eventId}: ${countOf(count, 'request')} got ${what}`),
    ...differences.map((difference) => `${eventId}: ${difference}`),
  ]);
}

/** The rates before and after, as a ratio, and what was sold meanwhile. */
export function textOf(run: Run): string {
  const { before, after, killed, soldForMs } = run;
  const [rateBefore, rateAfter] = [rateOf(before), rateOf(after)];
  const sold = after.reduce((sum, round) => sum + round.sold, 0);
  const faults = faultsOf(run).length;
  return [
    `Before: ${orders(rateBefore)} (median of ${countOf(before.length, 'sale')})`,
    `Without ${killed.join(' and ')}: ${orders(rateAfter)} (median of ${countOf(after.length, 'sale')})`,
    `Ratio: ${(rateAfter / rateBefore).toFixed(2)}`,
    `${countOf(sold, 'ticket')} sold to signed-in buyers in ${Math.round(soldForMs / 1_000)} s; ${faults === 0 ? 'no request failed or was refused, and verify found no difference' : countOf(faults, 'fault')}.`,
  ].join('\n');
}

const rateOf = (rounds: Round[]) => median(rounds.map(({ perSecond }) => perSecond));
const orders = (perSecond: number) => `${Math.round(perSecond).toLocaleString('en-US')} orders/s`;
