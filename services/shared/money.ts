/** How many decimals a currency's minor unit has: 2 for USD, 0 for JPY, 3 for KWD (ISO 4217, through ECMA-402). */
function minorDigits(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}

/** Integer minor units as a decimal string: (10000, 'USD') → "100.00". */
export function formatMoney(minor: number | bigint, currency: string): string {
  const digits = minorDigits(currency);
  const text = String(minor).padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/**
 * A decimal string as integer minor units: ("100.00", 'USD') → 10000n. Extra zeros are allowed ("100.0000", as MySQL
 * gives it); anything finer than the currency's minor unit throws a RangeError, for money is never rounded.
 */
export function parseMoney(decimal: string, currency: string): bigint {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(decimal);
  if (!match) throw new RangeError(`"${decimal}" is not an amount`);
  const digits = minorDigits(currency);
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > digits) throw new RangeError(`"${decimal}" has more than ${digits} decimals, ${currency}'s limit`);
  return BigInt(match[1] + fraction.padEnd(digits, '0'));
}
