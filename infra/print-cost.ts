import { alignColumns } from '../scripts/terminal/align-columns.ts';
import { newCommand } from '../scripts/terminal/command.ts';
import { assumed, type Cost, costOfHour, costOfMillion, sum } from './cost.ts';
import { hoursOfMonth } from './prices.ts';
import { environments, readSettings } from './settings.ts';

newCommand('cost', 'Shows what the environments and a million tickets cost at list prices.').parse();

const usd = (amount: number) => amount.toFixed(amount < 0.1 ? 3 : 2);

/** Prints each environment's costs and their total, and that total `times` so much, which `what` names. */
function print(title: string, columns: Cost[], more?: { what: string; times: number }): void {
  const totals = columns.map((cost) => sum(cost.map(([, amount]) => amount)));
  const rows = [
    ...(columns[0] ?? []).map(([what], at) => [what, ...columns.map((cost) => usd(cost[at]?.[1] ?? 0))]),
    ['total', ...totals.map(usd)],
    ...(more ? [[more.what, ...totals.map((total) => usd(total * more.times))]] : []),
  ];
  const numeric = environments.map((_, at) => at + 1);
  const indented = rows.map(([what, ...amounts]) => [`  ${what}`, ...amounts]);
  console.log(['', ...alignColumns([[title, ...environments], ...indented], numeric)].join('\n'));
}

const settings = environments.map(readSettings);
console.log('USD at list prices (infra/prices.ts), us-east-1');
print('An idle hour', settings.map(costOfHour), { what: 'total for a month', times: hoursOfMonth });
print('A million tickets, in addition', settings.map(costOfMillion));
console.log(
  `\nAssumes ${assumed.requestsOfTicket} requests of ${assumed.bytesOfRequest} bytes per ticket; infra/cost.ts has the other assumptions.`,
);
