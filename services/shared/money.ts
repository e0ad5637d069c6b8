/**
 * Currencies whose minor unit has not two decimals (ISO 4217, list one). A table of our own: what Intl says comes from CLDR
 * and differs (IQD, COP: 0), and a change of it by another Node would rescale every price that is kept in minor units.
 */
const codesByDigits = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const unusualDigits = new Map(
  Object.entries(codesByDigits).flatMap(([digits, codes]) => codes.split(' ').map((code) => [code, Number(digits)])),
);

/** How many decimals a currency's minor unit has: 2 for USD, 0 for JPY, 3 for KWD. */
const minorDigits = (currency: string): number => unusualDigits.get(currency) ?? 2;

/** Integer minor units as a decimal string: (10000, 'USD') → "100.00"; below zero, as the change of a sum: "-0.05". */
export function formatMoney(minor: number | bigint, currency: string): string {
  if (minor < 0) return `-${formatMoney(-minor, currency)}`;
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
