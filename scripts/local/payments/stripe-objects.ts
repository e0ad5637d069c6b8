import { newId } from './ids.ts';
import type { LocalEvent, LocalPayment, LocalRefund, LocalState } from './journal.ts';

const statuses: Record<LocalState, string> = {
  created: 'requires_payment_method',
  requires_action: 'requires_action',
  processing: 'processing',
  approved: 'processing',
  authorized: 'requires_capture',
  captured: 'succeeded',
  failed: 'requires_payment_method',
  voided: 'canceled',
};

const seconds = (ms: number) => Math.floor(ms / 1_000);

/** A PaymentIntent. With `isWhole`, its charge is in it, and not only the charge's id. `actionUrl`: where the buyer goes on. */
export function intentOf(
  payment: LocalPayment,
  refunds: LocalRefund[],
  { isWhole = false, actionUrl }: { isWhole?: boolean; actionUrl?: string } = {},
): object {
  const { ref, state, amount, currency, captured, createdOn, description, metadata, clientSecret, declineCode, chargeId } =
    payment;
  return {
    id: ref,
    object: 'payment_intent',
    amount,
    amount_capturable: state === 'authorized' ? amount : 0,
    amount_received: captured,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    cancellation_reason: state === 'voided' ? (payment.isExpired ? 'automatic' : 'abandoned') : null,
    capture_method: 'automatic_async',
    client_secret: clientSecret,
    created: seconds(createdOn),
    currency,
    description,
    last_payment_error: declineCode ? { type: 'card_error', code: 'card_declined', decline_code: declineCode } : null,
    latest_charge: chargeId ? (isWhole ? chargeOf(payment, refunds) : chargeId) : null,
    livemode: false,
    metadata,
    next_action: actionUrl
      ? { type: 'redirect_to_url', redirect_to_url: { url: actionUrl, return_url: payment.returnUrl ?? null } }
      : null,
    status: statuses[state],
  };
}

function chargeOf(payment: LocalPayment, refunds: LocalRefund[]): object {
  const { chargeId, amount, currency, captured, ref, dispute } = payment;
  const amount_refunded = refunds
    .filter(({ state }) => state !== 'failed' && state !== 'cancelled')
    .reduce((sum, refund) => sum + refund.amount, 0);
  return {
    id: chargeId,
    object: 'charge',
    amount,
    amount_captured: captured,
    amount_refunded,
    captured: captured > 0,
    currency,
    disputed: dispute !== undefined,
    payment_intent: ref,
    refunded: amount_refunded > 0 && amount_refunded === captured,
    status: 'succeeded',
  };
}

const refundStatuses: Record<LocalRefund['state'], string> = {
  pending: 'pending',
  done: 'succeeded',
  failed: 'failed',
  cancelled: 'canceled',
};

export const refundObject = (
  { ref, amount, createdOn, metadata, paymentRef, state }: LocalRefund,
  { chargeId, currency }: LocalPayment,
) => ({
  id: ref,
  object: 'refund',
  amount,
  charge: chargeId ?? null,
  created: seconds(createdOn),
  currency,
  metadata,
  payment_intent: paymentRef,
  status: refundStatuses[state],
});

export const disputeObject = ({ dispute, amount, currency, ref, chargeId }: LocalPayment) => ({
  id: dispute?.id,
  object: 'dispute',
  amount,
  charge: chargeId ?? null,
  currency,
  payment_intent: ref,
  reason: 'general',
  status: dispute?.status,
});

/** The types of events about a payment in a state. */
const eventTypes: Record<LocalState, string> = {
  created: 'payment_intent.created',
  requires_action: 'payment_intent.requires_action',
  processing: 'payment_intent.processing',
  approved: 'payment_intent.processing',
  authorized: 'payment_intent.amount_capturable_updated',
  captured: 'payment_intent.succeeded',
  failed: 'payment_intent.payment_failed',
  voided: 'payment_intent.canceled',
};

type About = { payment: LocalPayment; refund?: LocalRefund };
type Told = Pick<LocalEvent, 'id' | 'type' | 'objectId' | 'body'>;

/** The events of a change. A refund has two, as Stripe's: the refund's own, and one about its charge. */
export function stripeEvents({ payment, refund }: About, before: Partial<About>, refunds: LocalRefund[]): Told[] {
  const told: Told[] = [];
  const tell = (type: string, object: object & { id?: string | undefined }) => {
    const id = newId('evt_');
    const event = { id, object: 'event', created: seconds(Date.now()), livemode: false, type, data: { object } };
    told.push({ id, type, objectId: object.id ?? payment.ref, body: JSON.stringify(event) });
  };
  const isAgain = payment.state === 'failed' && payment !== before.payment && !refund;
  if (payment.state !== before.payment?.state || isAgain) tell(eventTypes[payment.state], intentOf(payment, refunds));
  if (refund) {
    const word = before.refund ? (refund.state === 'failed' ? 'failed' : 'updated') : 'created';
    tell(`refund.${word}`, refundObject(refund, payment));
    if (!before.refund) tell('charge.refunded', chargeOf(payment, refunds));
  }
  if (payment.dispute?.status !== before.payment?.dispute?.status) {
    const isOver = payment.dispute?.status === 'won' || payment.dispute?.status === 'lost';
    const word = !before.payment?.dispute ? 'created' : isOver ? 'closed' : 'updated';
    tell(`charge.dispute.${word}`, disputeObject(payment));
  }
  return told;
}
