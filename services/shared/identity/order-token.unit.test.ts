import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { createCheckoutTokens, createOrderTokens } from './order-token.ts';

const orderId = '01a1fd30-0b3a-7072-8b96-0c965f31649b';

it.each(['x', 'a secret of thirty-two characters', 'é'.repeat(32), 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(256)])(
  "a token is the first 22 characters of an HMAC-SHA256 of the order's id, with the secret %j as its key",
  (secret) => {
    const mac = createHmac('sha256', secret).update(`order ${orderId}`).digest('base64url');
    const tokens = createOrderTokens(secret);
    for (let times = 0; times < 3; times++) expect(tokens.tokenOf(orderId)).toBe(mac.slice(0, 22));
  },
);

it('a token is valid for its own order only, and no other text is valid', () => {
  const tokens = createOrderTokens('a secret of thirty-two characters');
  const token = tokens.tokenOf(orderId);
  expect(tokens.isTokenOf(orderId, token)).toBe(true);
  const other = orderId.replace('0', '1');
  expect(tokens.isTokenOf(other, token)).toBe(false);
  expect(createOrderTokens('another secret of as many signs.').isTokenOf(orderId, token)).toBe(false);
  for (const given of ['', 'x', token.slice(1), `${token}A`, token.toUpperCase()])
    expect(tokens.isTokenOf(orderId, given)).toBe(false);
});

it("an order's token is no checkout's of the same id, nor the other way round", () => {
  const secret = 'a secret of thirty-two characters';
  const [orders, checkouts] = [createOrderTokens(secret), createCheckoutTokens(secret)];
  expect(checkouts.isTokenOf(orderId, checkouts.tokenOf(orderId))).toBe(true);
  expect(checkouts.isTokenOf(orderId, orders.tokenOf(orderId))).toBe(false);
  expect(orders.isTokenOf(orderId, checkouts.tokenOf(orderId))).toBe(false);
});
