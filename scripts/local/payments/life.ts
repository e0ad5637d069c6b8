import { newId, newPaypalId } from './ids.ts';
import type { Changes, LocalEvent, LocalPayment, LocalRefund, LocalState } from './journal.ts';
import { paypalEvents } from './paypal-objects.ts';
import { stripeEvents } from './stripe-objects.ts';

/** In these it is not decided yet whether the buyer pays. */
export const payable: readonly LocalState[] = ['created', 'requires_action', 'processing', 'approved', 'failed'];

/** What is written if a payment or a refund changes: the thing, and the provider's events about it. */
export function changed(
  after: { payment: LocalPayment; refund?: LocalRefund },
  before: { payment?: LocalPayment; refund?: LocalRefund },
  { refunds, notBeforeMs }: { refunds: LocalRefund[]; notBeforeMs?: number },
): Changes & { events: LocalEvent[] } {
  const { payment, refund } = after;
  const eventsOf = payment.provider === 'stripe' ? stripeEvents : paypalEvents;
  const others = refunds.filter(({ ref }) => ref !== refund?.ref);
  const events = eventsOf(after, before, refund ? [...others, refund] : others).map((event) => ({
    ...event,
    provider: payment.provider,
    ref: payment.ref,
    createdOn: Date.now(),
    ...(notBeforeMs !== undefined && { notBeforeMs }),
  }));
  return { payments: [payment], ...(refund && { refunds: [refund] }), events };
}

/** The payment with its money authorized, or taken if its method does not wait. */
export function authorized(payment: LocalPayment): LocalPayment {
  const { declineCode: _, ...rest } = payment;
  if (payment.provider === 'paypal')
    return { ...rest, state: 'authorized', authorizationId: payment.authorizationId ?? newPaypalId() };
  const isTaken = payment.isAutomatic === true;
  return {
    ...rest,
    state: isTaken ? 'captured' : 'authorized',
    captured: isTaken ? payment.amount : 0,
    chargeId: newId('ch_'),
  };
}
