/**
 * The currencies of ISO 4217, list one (January 2026), by the number of decimals of their minor unit. Funds, metals and test codes are
 * left out, because nobody can pay in them. We keep our own table because Intl's comes from CLDR and differs (IQD, COP: 0 decimals;
 * HRK, ANG: gone), and a Node version that changed it would rescale every price stored in minor units.
 */
const codesByDigits = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK ' +
    'DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD ' +
    'KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP ' +
    'PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH ' +
    'USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
};

/** Funds with unusual decimals. New events may not use them, but events opened before that was checked still have them. */
const fundsByDigits = { 0: 'UYI', 4: 'CLF UYW' };

const digitsOf = (table: Record<number, string>) =>
  Object.entries(table).flatMap(([digits, codes]) => codes.split(' ').map((code) => [code, Number(digits)] as const));

const currencies = new Map(digitsOf(codesByDigits));
const allDigits = new Map([...currencies, ...digitsOf(fundsByDigits)]);

/** Whether `code` is a currency that tickets can be sold in. */
export const isCurrency = (code: string): boolean => currencies.has(code);

/** The number of decimals of a currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD. */
const minorDigits = (currency: string): number => allDigits.get(currency) ?? 2;

/** Integer minor units as a decimal string: (10000, 'USD') → "100.00". May be negative, for the change of a sum: "-0.05". */
export function formatMoney(minor: number | bigint, currency: string): string {
  if (minor < 0) return `-${formatMoney(-minor, currency)}`;
  const digits = minorDigits(currency);
  const text = String(minor).padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/**
 * A decimal string as integer minor units: ("100.00", 'USD') → 10000n. Extra zeros are allowed ("100.0000", as MySQL returns it).
 * Throws a RangeError if the amount is finer than the currency's minor unit, because money is never rounded.
 */
export function parseMoney(decimal: string, currency: string): bigint {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(decimal);
  if (!match) throw new RangeError(`"${decimal}" is not an amount`);
  const digits = minorDigits(currency);
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > digits) throw new RangeError(`"${decimal}" has more than ${digits} decimals, ${currency}'s limit`);
  return BigInt(match[1] + fraction.padEnd(digits, '0'));
}

/**
 * A decimal from MySQL with the currency's number of decimals: ("100.0000", 'USD') → "100.00". An amount finer than the currency's
 * minor unit, which `verify` reports as a difference, keeps the decimals that it needs: ("0.5000", 'JPY') → "0.5".
 */
export function plainDecimal(decimal: string, currency: string): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  const decimals = fraction.replace(/0+$/, '').padEnd(minorDigits(currency), '0');
  return decimals === '' ? whole : `${whole}.${decimals}`;
}
