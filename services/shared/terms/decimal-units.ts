/** Sums of money as MySQL stores it: decimals with four digits after the point, counted as integers of 1/10,000 of the currency. */

/** ("100.0500") → 1000500n. */
export const unitsOf = (decimal: string): bigint => BigInt(decimal.replace('.', ''));

/** Units as a decimal string, with two decimals as most currencies have, or more if needed; may be negative. */
export function decimalOf(units: bigint): string {
  if (units < 0n) return `-${decimalOf(-units)}`;
  const text = String(units).padStart(5, '0');
  return `${text.slice(0, -4)}.${text.slice(-4)}`.replace(/0{1,2}$/, '');
}
