import type { Differences } from './differences.ts';
import type { LiveTicket } from './tickets.ts';

type SumRow = { zone_id: number; tickets: number; revenue: string };

/** Tickets and the sum of their prices by zone, in the smallest unit that MySQL stores: 1/10,000 of the currency. */
export type Sums = Map<number, { tickets: number; units: bigint }>;

export function addToSums(sums: Sums, { zoneId, price }: Pick<LiveTicket, 'zoneId' | 'price'>): void {
  const sum = sums.get(zoneId) ?? { tickets: 0, units: 0n };
  sums.set(zoneId, sum);
  sum.tickets++;
  sum.units += unitsOf(price);
}

/** Reports sums stored in MySQL that are not those of its tickets. */
export function compareSums(kept: SumRow[], counted: Sums, differences: Differences): void {
  const rows = new Map(kept.map((row) => [row.zone_id, row]));
  for (const zoneId of new Set([...rows.keys(), ...counted.keys()])) {
    const { tickets: keptTickets = 0, revenue = '0.0000' } = rows.get(zoneId) ?? {};
    const { tickets, units } = counted.get(zoneId) ?? { tickets: 0, units: 0n };
    if (keptTickets === tickets && unitsOf(revenue) === units) continue;
    differences.add(
      'wrong sums in MySQL',
      () =>
        `zone ${zoneId}: MySQL's sums are ${keptTickets} tickets for ${revenue}, but its tickets are ${tickets} for ${decimalOf(units)}: the counts and revenue reported are wrong`,
    );
  }
}

export const totalOf = (sums: Sums) =>
  sums.values().reduce((total, { tickets, units }) => ({ tickets: total.tickets + tickets, units: total.units + units }), {
    tickets: 0,
    units: 0n,
  });

/** Units as a decimal string, with two decimals as most currencies have, or more if needed. */
export function decimalOf(units: bigint): string {
  const text = String(units).padStart(5, '0');
  return `${text.slice(0, -4)}.${text.slice(-4)}`.replace(/0{1,2}$/, '');
}

const unitsOf = (decimal: string) => BigInt(decimal.replace('.', ''));
