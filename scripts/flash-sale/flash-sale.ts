import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { styleText } from 'node:util';
import { describeMachine } from '../local/machine.ts';
import { alignColumns } from '../terminal/align-columns.ts';
import { holdSale, type Onlooker, type Sale, type SaleOptions } from './hold-sale.ts';
import { judgeSale } from './judge-sale.ts';
import { reportOf } from './report.ts';
import type { Show } from './show.ts';
import { directly, figuresOf, introductionOf, sentenceOf } from './summary.ts';
import type { SystemUnderSale } from './system.ts';
import type { Verdict } from './verdict.ts';

/** The system in which sales are held, and how they are shown. */
export type Stage = { system: SystemUnderSale; show: Show } & Pick<Onlooker, 'onOpened' | 'signal'>;

/** Holds one sale, shows it and its result, and writes `reportFile` (HTML). Returns whether the result was right. */
export async function flashSale(
  { system, show, ...onlooker }: Stage,
  options: SaleOptions,
  { reportFile, command }: { reportFile: string; command: string },
): Promise<boolean> {
  show.say(`${introductionOf(options)}\n${styleText('dim', directly)}\n`);
  const sale = await holdSale(system, options, { ...onlooker, onLive: (live) => show.live(live, options) });
  show.status('Comparing every answer with the tickets in MySQL …');
  const verdict = await judgeSale(system, sale);
  show.say(verdictText(sale, verdict));
  writeReport(reportFile, reportOf(sale, verdict, { machine: await describeMachine(system.stores), command }));
  show.say(`\nCharts: ${reportFile}`);
  return verdict.isRight;
}

export function writeReport(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function verdictText(sale: Sale, verdict: Verdict): string {
  const figures = figuresOf(sale, verdict).map(({ name, value, note, isGood }) => {
    const marked = isGood === undefined ? value : styleText(isGood ? 'green' : ['red', 'bold'], value);
    return [`  ${name}`, marked, note === undefined ? '' : styleText('dim', note)];
  });
  const sentence = styleText(verdict.isRight ? ['green', 'bold'] : ['red', 'bold'], sentenceOf(verdict));
  return [
    sale.inventory.eventId,
    ...alignColumns(figures),
    '',
    sentence,
    ...verdict.examples.map((example) => `  ${example}`),
  ].join('\n');
}
