import { type Chart, chartsOf } from './charts.ts';
import type { Sale } from './hold-sale.ts';
import { aboutTable, escapeHtml, pageOf } from './page.ts';
import { formatCount } from './show.ts';
import { directly, type Figure, figuresOf, introductionOf, sentenceOf } from './summary.ts';
import type { Verdict } from './verdict.ts';

/** A sale as an HTML page: the verdict in large figures, charts over time, and the environment. */
export function reportOf(sale: Sale, verdict: Verdict, about: { machine: Record<string, string>; command: string }): string {
  const { inventory, load } = sale;
  const { machine, command } = about;
  const body = `<h1>Flash sale</h1>
<p class="muted">${escapeHtml(introductionOf(sale.options))}</p>
<p class="verdict ${verdict.isRight ? 'good' : 'bad'}">${verdict.isRight ? '✓' : '✗'} ${escapeHtml(sentenceOf(verdict))}</p>
<dl class="figures">
${figuresOf(sale, verdict).map(figureHtml).join('\n')}
</dl>
${verdict.examples.length > 0 ? `<ul class="bad">${verdict.examples.map((example) => `<li>${escapeHtml(example)}</li>`).join('')}</ul>` : ''}
<div class="charts">
${chartsOf(sale).map(chartHtml).join('\n')}
</div>
<section class="about">
<h2>Environment</h2>
${aboutTable({
  Event: inventory.eventId,
  Started: new Date(load.startedAtMs).toISOString(),
  Command: command,
  ...machine,
  Crowd: `${directly} Buyers, services and stores share this machine. Each connection sends its next request as soon as it has an answer.`,
  Verdict: "Compares every buyer's answer with the tickets in MySQL and with the revenue that the query service reports.",
})}
</section>`;
  return pageOf(`Flash sale ${inventory.eventId}`, body);
}

function figureHtml({ name, value, note, isGood }: Figure): string {
  const mark = isGood === undefined ? '' : isGood ? ' class="good"' : ' class="bad"';
  const small = note ? `<small>${escapeHtml(note)}</small>` : '';
  const wide = value.length > 13 ? ' class="wide"' : '';
  return `<div${wide}><dt>${escapeHtml(name)}</dt><dd${mark}>${escapeHtml(value)}${small}</dd></div>`;
}

function chartHtml({ title, description, svg, heads, rows }: Chart): string {
  const cell = (value: number, column: number) =>
    `<td>${Number.isNaN(value) ? '' : column === 0 ? value.toFixed(2) : formatCount(value)}</td>`;
  const labelled = svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(`${title}: ${description}`)}" `);
  return `<section>
<h2>${escapeHtml(title)}</h2>
<p class="muted">${escapeHtml(description)}</p>
<figure>${labelled}</figure>
<details><summary>Figures</summary><div class="scroll"><table>
<tr>${heads.map((head) => `<th scope="col">${escapeHtml(head)}</th>`).join('')}</tr>
${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}
</table></div></details>
</section>`;
}
