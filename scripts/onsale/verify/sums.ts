import type { Differences } from './differences.ts';
import type { LiveTicket } from './tickets.ts';

type SumRow = { zone_id: number; tickets: number; revenue: string };

/** Tickets and their prices by zone; prices in the smallest unit that MySQL keeps, of which 10,000 are one of the currency's. */
export type Sums = Map<number, { tickets: number; units: bigint }>;

export function addToSums(sums: Sums, { zoneId, price }: Pick<LiveTicket, 'zoneId' | 'price'>): void {
  const sum = sums.get(zoneId) ?? { tickets: 0, units: 0n };
  sums.set(zoneId, sum);
  sum.tickets++;
  sum.units += unitsOf(price);
}

/** Reports where the sums that MySQL keeps are not those of its tickets. */
export function compareSums(kept: SumRow[], counted: Sums, differences: Differences): void {
  const rows = new Map(kept.map((row) => [row.zone_id, row]));
  for (const zoneId of new Set([...rows.keys(), ...counted.keys()])) {
    const { tickets: keptTickets = 0, revenue = '0.0000' } = rows.get(zoneId) ?? {};
    const { tickets, units } = counted.get(zoneId) ?? { tickets: 0, units: 0n };
    if (keptTickets === tickets && unitsOf(revenue) === units) continue;
    differences.add(
      'sums in MySQL that are wrong',
      () =>
        `zone ${zoneId}: MySQL's sums are ${keptTickets} tickets for ${revenue}, and its tickets are ${tickets} for ${decimalOf(units)}: counts and revenue are answered wrong`,
    );
  }
}

export const totalOf = (sums: Sums) =>
  sums.values().reduce((total, { tickets, units }) => ({ tickets: total.tickets + tickets, units: total.units + units }), {
    tickets: 0,
    units: 0n,
  });

/** Units as a decimal string with at least the two decimals that most currencies have, and no more than it needs. */
export function decimalOf(units: bigint): string {
  const text = String(units).padStart(5, '0');
  return `${text.slice(0, -4)}.${text.slice(-4)}`.replace(/0{1,2}$/, '');
}

const unitsOf = (decimal: string) => BigInt(decimal.replace('.', ''));
