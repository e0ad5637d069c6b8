import { describe, expect, it } from 'vitest';
import { type Books, isMoneyRight, judgeMoney } from './money.ts';

const payment = { ref: 'pi_1', provider: 'stripe', state: 'captured', capturedMinor: 20_000, refundedMinor: 0 };
const attempt = { checkoutId: 'C', provider: 'stripe', ref: 'pi_1', capturedMinor: 20_000 };
const checkout = { checkoutId: 'C', eventId: 'E', state: 'paid' as const, orderId: 'O', amountMinor: 20_000 };
const order = { orderId: 'O', eventId: 'E', paidBy: 'checkout', redisMinor: 20_000, mysqlMinor: 20_000 };
const refund = { checkoutId: 'C', state: 'done' as const, amountMinor: 20_000, isGoodwill: false };

const right: Books = {
  ledger: [payment],
  attempts: [attempt],
  checkouts: [checkout],
  refunds: [],
  orders: [order],
};
const nothing = { paidWithoutSeat: [], seatWithoutPayment: [], chargedTwice: [], unaccounted: [] };
const judged = (changes: Partial<Books>) => judgeMoney({ ...right, ...changes });

describe('the money of a run', () => {
  const unsold = { ...order, redisMinor: 0, mysqlMinor: 0 };
  const givenBack = { ...payment, refundedMinor: 20_000 };

  it.each<[string, Partial<Books>]>([
    ['an order that was paid', {}],
    ['one that was refunded', { ledger: [givenBack], refunds: [refund], orders: [unsold] }],
    [
      'one of which a half was refunded',
      {
        ledger: [{ ...payment, refundedMinor: 10_000 }],
        refunds: [{ ...refund, amountMinor: 10_000 }],
        orders: [{ ...order, redisMinor: 10_000, mysqlMinor: 10_000 }],
      },
    ],
    ['goodwill', { ledger: [{ ...payment, refundedMinor: 500 }], refunds: [{ ...refund, amountMinor: 500, isGoodwill: true }] }],
    [
      'an attempt that failed before another',
      {
        ledger: [payment, { ...payment, ref: 'pi_0', state: 'voided', capturedMinor: 0 }],
        attempts: [attempt, { ...attempt, ref: 'pi_0', capturedMinor: 0 }],
      },
    ],
    [
      'a payment that was voided, and seats that were not sold',
      {
        ledger: [{ ...payment, state: 'voided', capturedMinor: 0 }],
        attempts: [{ ...attempt, capturedMinor: 0 }],
        checkouts: [{ ...checkout, state: 'failed' }],
        orders: [],
      },
    ],
    ['a payment that nobody made', { ledger: [payment, { ...payment, ref: 'pi_x', state: 'created', capturedMinor: 0 }] }],
  ])('is right: %s', (_name, changes) => {
    expect(judged(changes)).toEqual(nothing);
    expect(isMoneyRight(judged(changes))).toBe(true);
  });

  it.each<[string, keyof typeof nothing, RegExp, Partial<Books>]>([
    [
      'a payment without an order',
      'paidWithoutSeat',
      /20000 were kept; its tickets cost 0 by Redis, 0 by MySQL$/,
      { orders: [] },
    ],
    [
      'an order that Redis has lost',
      'paidWithoutSeat',
      /cost 0 by Redis, 20000 by MySQL$/,
      { orders: [{ ...order, redisMinor: 0 }] },
    ],
    [
      'an order that MySQL lacks',
      'paidWithoutSeat',
      /cost 20000 by Redis, 0 by MySQL$/,
      { orders: [{ ...order, mysqlMinor: 0 }] },
    ],
    [
      'a refund without its tickets',
      'seatWithoutPayment',
      / 0 were kept; its tickets cost 20000 by Redis, 20000 by MySQL$/,
      { ledger: [givenBack], refunds: [refund] },
    ],
    [
      'an order without a checkout',
      'seatWithoutPayment',
      /^order O2 of E .* has no checkout$/,
      { orders: [order, { ...order, orderId: 'O2' }] },
    ],
    [
      'an order that somebody sold without payment',
      'seatWithoutPayment',
      /^order O of E \(paid by nobody\)/,
      { orders: [{ ...order, paidBy: undefined }] },
    ],
    [
      'two payments',
      'chargedTwice',
      /pi_1 and PP took 40000$/,
      {
        ledger: [payment, { ...payment, provider: 'paypal', ref: 'PP' }],
        attempts: [attempt, { ...attempt, provider: 'paypal', ref: 'PP' }],
      },
    ],
    [
      'money that is still set aside',
      'unaccounted',
      /still sets money aside$/,
      { ledger: [payment, { ...payment, ref: 'x', state: 'authorized', capturedMinor: 0 }] },
    ],
    [
      'a payment of nobody',
      'unaccounted',
      /^pi_2 at stripe took 20000, and checkout does not know of it$/,
      { ledger: [payment, { ...payment, ref: 'pi_2' }] },
    ],
    ['a payment that the provider does not know', 'unaccounted', /^pi_1 is not in the ledger/, { ledger: [], orders: [] }],
    [
      'a capture that checkout does not know',
      'unaccounted',
      /but checkout says 0$/,
      { attempts: [{ ...attempt, capturedMinor: 0 }] },
    ],
    [
      'a refund that checkout does not know',
      'unaccounted',
      /20000 were given back, but checkout says 0$/,
      { ledger: [givenBack], orders: [unsold] },
    ],
    [
      'a checkout that hangs',
      'unaccounted',
      /^checkout C is still capturing$/,
      { checkouts: [{ ...checkout, state: 'capturing' }] },
    ],
  ])('is wrong: %s', (_name, kind, words, changes) => {
    const verdict = judged(changes);
    expect(isMoneyRight(verdict)).toBe(false);
    expect(verdict[kind]).toContainEqual(expect.stringMatching(words));
  });
});
