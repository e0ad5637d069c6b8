import type Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { paymentOf, refundOf, toStripe } from './stripe-payment.ts';

const intent = (changes: object) =>
  ({
    id: 'pi_1',
    amount: 1_000,
    amount_received: 0,
    currency: 'eur',
    metadata: {},
    client_secret: null,
    last_payment_error: null,
    latest_charge: null,
    next_action: null,
    ...changes,
  }) as Stripe.PaymentIntent;
const error = { code: 'card_declined', decline_code: 'insufficient_funds' };

describe('a PaymentIntent', () => {
  it.each([
    ['requires_payment_method', null, 'created'],
    ['requires_payment_method', error, 'failed'],
    ['requires_confirmation', null, 'created'],
    ['requires_action', null, 'requires_action'],
    ['processing', null, 'processing'],
    ['requires_capture', null, 'authorized'],
    ['succeeded', null, 'captured'],
    ['canceled', null, 'voided'],
    ['of_a_later_version', null, 'processing'],
  ])('that is %s, with the error %j, is %s', (status, last_payment_error, state) => {
    expect(paymentOf(intent({ status, last_payment_error })).state).toBe(state);
  });

  it('says why it was declined as exactly as it can', () => {
    const status = 'requires_payment_method';
    const code = (last_payment_error: object) => paymentOf(intent({ status, last_payment_error })).declineCode;
    expect([code(error), code({ code: 'expired_card' })]).toEqual(['insufficient_funds', 'expired_card']);
  });

  it('knows what was given back from its charge, and that nothing was while that is unknown', () => {
    expect(paymentOf(intent({ status: 'succeeded', latest_charge: { amount_refunded: 300 } })).refundedMinor).toBe(300);
    expect(paymentOf(intent({ status: 'succeeded', latest_charge: 'ch_1' })).refundedMinor).toBe(0);
  });

  it('of somebody else is for no checkout', () => {
    expect(paymentOf(intent({ status: 'succeeded', metadata: { attempt: 'x' } }))).not.toHaveProperty('attempt');
    expect(paymentOf(intent({ status: 'succeeded' }))).not.toHaveProperty('checkoutId');
  });

  it.each([
    ['ISK', 500, 50_000],
    ['UGX', 500, 50_000],
    ['JPY', 500, 500],
    ['EUR', 500, 500],
  ])('in %s counts %i minor units as %i, as Stripe does', (currency, minor, amount) => {
    expect(toStripe(minor, currency)).toBe(amount);
    const payment = paymentOf(intent({ status: 'succeeded', amount, amount_received: amount, currency: currency.toLowerCase() }));
    expect(payment).toMatchObject({ amountMinor: minor, capturedMinor: minor, currency });
  });
});

describe('a refund', () => {
  const refund = (changes: object) =>
    refundOf({ id: 're_1', payment_intent: 'pi_1', amount: 5, currency: 'eur', metadata: null, ...changes } as Stripe.Refund);

  it.each([
    ['succeeded', 'done'],
    ['pending', 'pending'],
    ['requires_action', 'pending'],
    [null, 'pending'],
    ['failed', 'failed'],
    ['canceled', 'cancelled'],
  ])('that is %s is %s', (status, state) => {
    expect(refund({ status })).toMatchObject({ state, paymentRef: 'pi_1' });
  });

  it('knows its payment also if that came whole, and needs one', () => {
    expect(refund({ payment_intent: { id: 'pi_2' } })?.paymentRef).toBe('pi_2');
    expect(refund({ payment_intent: null })).toBeUndefined();
  });
});
