import { describe, expect, it } from 'vitest';
import { amountOf, customIdOf, isMarked, markedIdOf, type PaypalOrder, paymentOf, refundOf } from './paypal-payment.ts';

const amount = { currency_code: 'EUR', value: '10.00' };
const part = (status: string, changes: object = {}) => ({ id: status, status, amount, ...changes });
type Parts = {
  authorizations?: ReturnType<typeof part>[];
  captures?: ReturnType<typeof part>[];
  refunds?: ReturnType<typeof part>[];
};
const order = (status: string, payments: Parts = {}, custom_id = 'c-1:2'): PaypalOrder => ({
  id: 'O1',
  status,
  purchase_units: [{ amount, custom_id, payments }],
});
const auth = (...statuses: string[]) => ({ authorizations: statuses.map((status) => part(status)) });
const taken = (...statuses: string[]) => ({ ...auth('CAPTURED'), captures: statuses.map((status) => part(status)) });

describe('an order', () => {
  it.each<[string, string, Parts, string]>([
    ['new', 'CREATED', {}, 'created'],
    ['with the buyer', 'PAYER_ACTION_REQUIRED', {}, 'requires_action'],
    ['approved', 'APPROVED', {}, 'requires_action'],
    ['void', 'VOIDED', {}, 'voided'],
    ['authorized', 'COMPLETED', auth('CREATED'), 'authorized'],
    ['being authorized', 'COMPLETED', auth('PENDING'), 'processing'],
    ['denied', 'COMPLETED', auth('DENIED'), 'failed'],
    ['voided', 'COMPLETED', auth('VOIDED'), 'voided'],
    ['expired', 'COMPLETED', auth('EXPIRED'), 'voided'],
    ['captured', 'COMPLETED', taken('COMPLETED'), 'captured'],
    ['being captured', 'COMPLETED', taken('PENDING'), 'processing'],
    ['not captured', 'COMPLETED', taken('DECLINED'), 'failed'],
    ['captured the second time', 'COMPLETED', taken('DECLINED', 'COMPLETED'), 'captured'],
    ['refunded in part', 'COMPLETED', taken('PARTIALLY_REFUNDED'), 'captured'],
    ['refunded', 'COMPLETED', taken('REFUNDED'), 'captured'],
  ])('that is %s: %s', (_what, status, payments, state) => {
    expect(paymentOf(order(status, payments)).state).toBe(state);
  });

  it('knows whom it is for, and what was captured and given back, or is about to be', () => {
    const refunds = ['COMPLETED', 'PENDING', 'FAILED', 'CANCELLED'].map((status, at) =>
      part(status, { amount: { currency_code: 'EUR', value: `${at + 1}.50` } }),
    );
    expect(paymentOf(order('COMPLETED', { ...taken('PARTIALLY_REFUNDED'), refunds }))).toMatchObject({
      checkoutId: 'c-1',
      attempt: 2,
      amountMinor: 1_000,
      capturedMinor: 1_000,
      refundedMinor: 400,
    });
  });

  it('of somebody else is for no checkout', () => {
    expect(paymentOf(order('CREATED', {}, 'Invoice 7'))).not.toHaveProperty('checkoutId');
  });

  it('with our mark is cancelled, whatever the buyer does, but never if it was captured', () => {
    const mark = markedIdOf(order('APPROVED'));
    expect(mark).toBe(customIdOf('c-1', 2, true));
    expect([isMarked(order('APPROVED')), isMarked(order('APPROVED', {}, mark))]).toEqual([false, true]);
    expect(paymentOf(order('APPROVED', {}, mark))).toMatchObject({ state: 'voided', checkoutId: 'c-1', attempt: 2 });
    expect(paymentOf(order('COMPLETED', taken('COMPLETED'), mark)).state).toBe('captured');
  });
});

it.each([
  ['COMPLETED', 'done'],
  ['PENDING', 'pending'],
  ['FAILED', 'failed'],
  ['CANCELLED', 'cancelled'],
])('a refund that is %s is %s', (status, state) => {
  expect(refundOf(part(status, { custom_id: 'r-1' }), 'O1')).toMatchObject({ state, paymentRef: 'O1', refundId: 'r-1' });
});

it("a refund of the dashboard that has its order's note is not ours", () => {
  expect(refundOf(part('COMPLETED', { custom_id: 'c-1:2' }), 'O1')).not.toHaveProperty('refundId');
});

it.each([
  [1_000, 'EUR', '10.00'],
  [500, 'JPY', '500'],
  [750_000, 'HUF', '7500'],
  [750_050, 'HUF', '7500.50'],
  [3_000, 'TWD', '30'],
])('%i minor units of %s are written as PayPal wants it: %s', (minor, currency_code, value) => {
  expect(amountOf(minor, currency_code)).toEqual({ currency_code, value });
});
