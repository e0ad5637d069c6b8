import { describe, expect, it } from 'vitest';
import { hasCardNumber } from './refuse-card-numbers.ts';

describe('what looks like the number of a card', () => {
  // Test numbers that providers publish.
  it.each([
    '4242424242424242',
    '4242 4242 4242 4242',
    '4242-4242-4242-4242',
    'my card4242424242424242, thanks',
    'mailto:4000002500003155@example.com',
    'https://shop.example/?x=4242%204242+4242%2042%342',
    '378282246310005',
    '36227206271667',
    '3566002020360505',
    '2223003122003222',
    '6011111111111117',
    '6205500000000000004',
  ])('is found: %s', (text) => {
    expect(hasCardNumber(JSON.stringify([{ reason: text }]))).toBe(true);
  });

  it.each([
    '4242424242424241',
    '1764543210123',
    '20261130193000',
    '019e1b2c-3d4e-7f50-4242-424242424242',
    'order 0042 of 12 December 2026',
    '+44 20 7946 0018',
    '424242424242',
    '42424242424242424242424242424242',
  ])('is not: %s', (text) => {
    expect(hasCardNumber(JSON.stringify([{ reason: text }]))).toBe(false);
  });
});
