import type { Latency } from '../load/send.ts';
import { describeMachine } from '../local/machine.ts';
import { alignColumns } from '../terminal/align-columns.ts';
import { type Stage, writeReport } from './flash-sale.ts';
import { holdSale, type SaleOptions } from './hold-sale.ts';
import { judgeSale } from './judge-sale.ts';
import { attemptsWith } from './options.ts';
import { aboutTable, escapeHtml, pageOf } from './page.ts';
import { formatCount, formatMs, formatSeconds } from './show.ts';
import { directly, introductionOf, requestsPerSecond, sentenceOf } from './summary.ts';
import type { Verdict } from './verdict.ts';

const duplicatePercents = [10, 30, 50, 70, 90, 110];

/** Figures reported for a Java system of the same design. Only their range over the six rows is known. */
const published = { perSecond: '4,655–6,192', p99Ms: '468–1,106 ms' };
const publishedNote =
  'Published: a Java system of the same design with 78,000 seats and 1,000 connections, measured elsewhere; only the range over six rows is known.';

type Row = {
  duplicatesPercent: number;
  buyers: number;
  perSecond: number;
  latencyMs: Latency;
  lastSaleMs: number;
  queryableMs: number | undefined;
  verdict: Verdict;
};

/**
 * Holds one sale for each share of duplicate attempts, and shows the results as a table. Writes `reportFile` (HTML) and a .json
 * file beside it. Returns whether all sales were right.
 */
export async function duplicatesTable(
  { system, show, ...onlooker }: Stage,
  options: Omit<SaleOptions, 'buyers'>,
  { reportFile, command }: { reportFile: string; command: string },
): Promise<boolean> {
  const rows: Row[] = [];
  for (const [at, percent] of duplicatePercents.entries()) {
    const one = { ...options, buyers: attemptsWith(options.seats, percent) };
    show.say(`${at === 0 ? `${directly}\n\n` : ''}${at + 1} of ${duplicatePercents.length}: ${introductionOf(one)}`);
    const sale = await holdSale(system, one, { ...onlooker, onLive: (live) => show.live(live, one) });
    show.status('Comparing every answer with the tickets in MySQL …');
    const verdict = await judgeSale(system, sale);
    const { latency, lastAcceptedMs } = sale.load;
    rows.push({
      duplicatesPercent: percent,
      buyers: one.buyers,
      perSecond: Math.round(requestsPerSecond(sale)),
      latencyMs: latency,
      lastSaleMs: lastAcceptedMs,
      queryableMs: sale.queryableMs,
      verdict,
    });
    show.say([`  ${sentenceOf(verdict)}`, ...verdict.examples.map((example) => `  ${example}`)].join('\n'));
  }
  show.say(`\n${textTable(rows)}\n\n${publishedNote}`);
  const machine = await describeMachine(system.stores);
  writeReport(reportFile, htmlTable(rows, options, { ...machine, Command: command }));
  const jsonFile = reportFile.replace(/html$/, 'json');
  writeReport(jsonFile, jsonOf({ options, machine, published, rows }));
  show.say(`\n${reportFile}\n${jsonFile}`);
  return rows.every(({ verdict }) => verdict.isRight);
}

/** Writes bigints (money) as strings, because JSON has no bigint. */
const jsonOf = (value: unknown) =>
  JSON.stringify(value, (_name, field) => (typeof field === 'bigint' ? String(field) : field), 2);

const heads = [
  'duplicates',
  'requests',
  'requests/s',
  'published/s',
  'p99',
  'published p99',
  'p50',
  'sold',
  'oversold',
  'lost',
  'sold out',
  'queryable',
];

const cellsOf = ({ duplicatesPercent, buyers, perSecond, latencyMs, lastSaleMs, queryableMs, verdict }: Row) => [
  `${duplicatesPercent} %`,
  formatCount(buyers),
  formatCount(perSecond),
  published.perSecond,
  formatMs(latencyMs.p99),
  published.p99Ms,
  formatMs(latencyMs.p50),
  formatCount(verdict.sold),
  formatCount(verdict.oversold),
  formatCount(verdict.lost),
  verdict.unsold === 0 ? formatSeconds(lastSaleMs) : 'no',
  queryableMs === undefined ? 'never' : formatSeconds(queryableMs),
];

const textTable = (rows: Row[]) => alignColumns([heads, ...rows.map(cellsOf)], [...heads.keys()]).join('\n');

function htmlTable(rows: Row[], { seats, connections }: Omit<SaleOptions, 'buyers'>, about: Record<string, string>): string {
  const line = (cells: string[], cell: (text: string, column: number) => string) => `<tr>${cells.map(cell).join('')}</tr>`;
  const examples = rows.flatMap(({ verdict }) => verdict.examples);
  const isRight = rows.every(({ verdict }) => verdict.isRight);
  const title = `Duplicate attempts on ${formatCount(seats)} seats`;
  const body = `<h1>${title}</h1>
<p class="muted">${formatCount(connections)} connections. 10 % duplicate attempts means one attempt per seat, plus one more for every tenth seat.</p>
<p class="verdict ${isRight ? 'good' : 'bad'}">${isRight ? '✓ In all sales, nothing was oversold, nothing was lost, and the revenue is exact.' : '✗ Something is wrong: see below.'}</p>
<section><div class="scroll"><table>
${line(heads, (head) => `<th scope="col">${head}</th>`)}
${rows.map((row) => line(cellsOf(row), (cell, column) => (column === 0 ? `<th scope="row">${cell}</th>` : `<td>${cell}</td>`))).join('\n')}
</table></div>
<p class="muted">${escapeHtml(publishedNote)}</p></section>
${examples.length > 0 ? `<ul class="bad">${examples.map((example) => `<li>${escapeHtml(example)}</li>`).join('')}</ul>` : ''}
<section class="about"><h2>Environment</h2>${aboutTable({ ...about, Crowd: directly })}</section>`;
  return pageOf(title, body);
}
