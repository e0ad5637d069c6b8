import { describe, expect, it } from 'vitest';
import { formatMoney, isCurrency, parseMoney, plainDecimal } from './money.ts';

const amounts: [minor: bigint, currency: string, decimal: string][] = [
  [10_000n, 'USD', '100.00'],
  [0n, 'USD', '0.00'],
  [5n, 'USD', '0.05'],
  [50n, 'USD', '0.50'],
  [123_456_789_012_345_678n, 'EUR', '1234567890123456.78'],
  [0n, 'JPY', '0'],
  [1_050n, 'JPY', '1050'],
  [7n, 'KWD', '0.007'],
  [12_345n, 'KWD', '12.345'],
  [123_456n, 'CLF', '12.3456'],
];

describe('money', () => {
  it.each(amounts)('writes %s minor units of %s as %s, and reads them back exactly', (minor, currency, decimal) => {
    expect(formatMoney(minor, currency)).toBe(decimal);
    expect(parseMoney(decimal, currency)).toBe(minor);
  });

  it('writes a number as it writes a bigint', () => {
    expect(formatMoney(4_550, 'EUR')).toBe('45.50');
  });

  it.each([
    [-5n, 'USD', '-0.05'],
    [-10_000n, 'USD', '-100.00'],
    [-700n, 'JPY', '-700'],
    [-1n, 'KWD', '-0.001'],
  ])('writes a change of %s minor units of %s as %s', (minor, currency, decimal) => {
    expect(formatMoney(minor, currency)).toBe(decimal);
    expect(formatMoney(Number(minor), currency)).toBe(decimal);
  });

  it.each(['COP', 'HUF', 'IDR', 'ALL', 'LAK'])('writes %s with the two decimals of ISO 4217, whatever Intl uses', (currency) => {
    expect(formatMoney(10_000, currency)).toBe('100.00');
  });

  it.each([
    ['100', 'USD', 10_000n],
    ['100.0000', 'USD', 10_000n],
    ['100.5', 'USD', 10_050n],
    ['007.10', 'USD', 710n],
    ['1050.0000', 'JPY', 1_050n],
    ['1.0010', 'KWD', 1_001n],
  ])('reads "%s" %s, with the extra zeros that a database returns, as %s', (decimal, currency, minor) => {
    expect(parseMoney(decimal, currency)).toBe(minor);
  });

  it.each([
    ['0.001', 'USD'],
    ['1.5', 'JPY'],
    ['1.0001', 'KWD'],
  ])('refuses to round "%s" %s', (decimal, currency) => {
    expect(() => parseMoney(decimal, currency)).toThrow(RangeError);
  });

  it.each([
    ['100.0000', 'USD', '100.00'],
    ['0', 'USD', '0.00'],
    ['1050.0000', 'JPY', '1050'],
    ['12.3450', 'KWD', '12.345'],
    ['100.5000', 'JPY', '100.5'],
    ['0.0050', 'USD', '0.005'],
  ])('shows the database\'s "%s" %s as "%s", even if the currency has fewer decimals', (decimal, currency, shown) => {
    expect(plainDecimal(decimal, currency)).toBe(shown);
  });

  it('is in currencies that Node also knows and that are in use', () => {
    const known = Intl.supportedValuesOf('currency');
    const ours = known.filter(isCurrency);
    expect(ours.length).toBeGreaterThan(140);
    // CLDR still lists these: withdrawn, or not money.
    expect(known.filter((code) => !isCurrency(code))).toEqual(
      ['ANG', 'BGN', 'CUC', 'HRK', 'SLL', 'XDR', 'XSU', 'ZWL'].filter((code) => known.includes(code)),
    );
  });

  it.each(['ABC', 'XXX', 'XTS', 'XAU', 'DEM', 'CLF', 'usd', 'US', '', 'constructor'])('is not in "%s"', (code) => {
    expect(isCurrency(code)).toBe(false);
  });

  it.each(['', ' ', '1,000.00', '-1.00', '+1', '.50', '1.', '1e3', '0x10', '1 ', '1\n', 'NaN', '１'])(
    'refuses "%s" because it is not an amount',
    (text) => {
      expect(() => parseMoney(text, 'USD')).toThrow(RangeError);
    },
  );
});
