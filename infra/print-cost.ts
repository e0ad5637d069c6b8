import { newCommand } from '../scripts/terminal/command.ts';
import { assumed, type Cost, costOfHour, costOfMillion, sum } from './cost.ts';
import { hoursOfMonth } from './prices.ts';
import { environments, readSettings } from './settings.ts';

newCommand('cost', 'Shows what the environments and a million tickets cost at list prices.').parse();

const usd = (amount: number) => amount.toFixed(amount < 0.1 ? 3 : 2).padStart(9);

function print(title: string, columns: Cost[]): void {
  console.log(`\n${title.padEnd(34)}${environments.map((environment) => environment.padStart(9)).join('')}`);
  const totals = columns.map((cost) => sum(cost.map(([, amount]) => amount)));
  for (const [at, [what]] of columns[0]?.entries() ?? []) {
    console.log(`  ${what.padEnd(32)}${columns.map((cost) => usd(cost[at]?.[1] ?? 0)).join('')}`);
  }
  console.log(`  ${'total'.padEnd(32)}${totals.map(usd).join('')}`);
}

const settings = environments.map(readSettings);
console.log('USD at list prices (infra/prices.ts), us-east-1');
const hours = settings.map(costOfHour);
print('An idle hour', hours);
const months = hours.map((cost) => usd(hoursOfMonth * sum(cost.map(([, amount]) => amount))));
console.log(`  ${'total for a month'.padEnd(32)}${months.join('')}`);
print('A million tickets, in addition', settings.map(costOfMillion));
console.log(
  `\nAssumes ${assumed.requestsOfTicket} requests of ${assumed.bytesOfRequest} bytes per ticket; infra/cost.ts has the other assumptions.`,
);
