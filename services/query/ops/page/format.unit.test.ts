import { describe, expect, it } from 'vitest';
import { formatCountdown, formatMoney, formatPercent, formatSeconds } from './format.js';

describe('money', () => {
  it.each([
    ['0.00', 'USD', 'en-US', '$0.00'],
    ['7800000.00', 'USD', 'en-US', '$7,800,000.00'],
    ['1234567', 'JPY', 'en-US', '¥1,234,567'],
    ['1234567.890', 'KWD', 'en-US', 'KWD 1,234,567.890'],
    ['1234.50', 'EUR', 'de-DE', '1.234,50 €'],
  ])('%s %s in %s is %s', (decimal, currency, locale, text) => {
    expect(formatMoney(decimal, currency, locale).replaceAll('\u00a0', ' ')).toBe(text);
  });

  it('keeps every digit, even more than a float has', () => {
    expect(formatMoney('98765432109876543210.99', 'USD', 'en-US')).toBe('$98,765,432,109,876,543,210.99');
  });
});

describe('a share', () => {
  it.each([
    [0, 50_000, '0.0 %'],
    [999_999, 1_000_000, '99.9 %'],
    [1_000_000, 1_000_000, '100 %'],
    [1, 3, '33.3 %'],
    [0, 0, '–'],
  ])('%i of %i is %s', (part, whole, text) => {
    expect(formatPercent(part, whole)).toBe(text);
  });
});

it.each([
  [0, '0.0 s'],
  [0.04, 'under 0.1 s'],
  [0.44, '0.4 s'],
  [9.97, '10 s'],
  [59.6, '1 min'],
  [75, '1 min 15 s'],
  [7260, '2 h 1 min'],
  [180_000, '2 d 2 h'],
])('%f seconds are %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

it.each([
  [-5, '00:00:00'],
  [1, '00:00:01'],
  [3_723_000, '01:02:03'],
  [90_000_000, '1 day 01:00:00'],
])('%i ms before the sale the clock shows %s', (ms, text) => {
  expect(formatCountdown(ms)).toBe(text);
});
