import type Stripe from 'stripe';
import type { Payment, ProviderRefund } from './provider.ts';

/** What every request for a PaymentIntent asks for too: its charge knows of refunds and disputes. */
export const expand = ['latest_charge'];

/** A payment intent as a payment; its dispute has to be looked up. */
export function paymentOf(intent: Stripe.PaymentIntent): Payment {
  const { id, currency, metadata, client_secret, last_payment_error: error, next_action } = intent;
  const attempt = Number(metadata.attempt);
  const actionUrl = next_action?.redirect_to_url?.url;
  const declineCode = error?.decline_code ?? error?.code;
  return {
    ref: id,
    state: stateOf(intent),
    amountMinor: fromStripe(intent.amount, currency),
    currency: currency.toUpperCase(),
    capturedMinor: fromStripe(intent.amount_received, currency),
    refundedMinor: fromStripe(chargeOf(intent)?.amount_refunded ?? 0, currency),
    ...(actionUrl && { actionUrl }),
    ...(client_secret && { clientSecret: client_secret }),
    ...(declineCode && { declineCode }),
    ...(metadata.checkoutId && { checkoutId: metadata.checkoutId }),
    ...(attempt > 0 && { attempt }),
  };
}

/** The newest charge of an intent that was read with `expand`. */
export const chargeOf = ({ latest_charge: charge }: Stripe.PaymentIntent): Stripe.Charge | undefined =>
  typeof charge === 'object' && charge !== null ? charge : undefined;

function stateOf({ status, last_payment_error: error }: Stripe.PaymentIntent): Payment['state'] {
  switch (status) {
    case 'requires_payment_method':
      return error ? 'failed' : 'created';
    case 'requires_confirmation':
      return 'created';
    case 'requires_action':
      return 'requires_action';
    case 'requires_capture':
      return 'authorized';
    // Also of a method that takes the money without waiting for us.
    case 'succeeded':
      return 'captured';
    case 'canceled':
      return 'voided';
    // Nothing is decided, as in a state that a later version may bring.
    default:
      return 'processing';
  }
}

/** A refund, and which payment it is of; undefined if it is of something else than a payment intent. */
export function refundOf(refund: Stripe.Refund): ProviderRefund | undefined {
  const { id, payment_intent: intent, amount, currency, metadata } = refund;
  if (!intent) return undefined;
  return {
    ref: id,
    paymentRef: idOf(intent),
    amountMinor: fromStripe(amount, currency),
    currency: currency.toUpperCase(),
    state: refundStates[refund.status ?? 'pending'] ?? 'pending',
    ...(metadata?.refundId && { refundId: metadata.refundId }),
  };
}

/** Words that are not here mean that the refund is on its way. */
const refundStates: Partial<Record<string, ProviderRefund['state']>> = {
  succeeded: 'done',
  failed: 'failed',
  canceled: 'cancelled',
};

/** Stripe refers to an object by its id, or sends all of it. */
export const idOf = (object: string | { id: string }): string => (typeof object === 'string' ? object : object.id);

/** Their minor unit has no decimals (ISO 4217), but Stripe still counts them in hundredths. */
const inHundredths = ['ISK', 'UGX'];
const scaleOf = (currency: string) => (inHundredths.includes(currency.toUpperCase()) ? 100 : 1);

/** Minor units as Stripe counts them. */
export const toStripe = (minor: number, currency: string): number => minor * scaleOf(currency);
const fromStripe = (amount: number, currency: string): number => amount / scaleOf(currency);
