import { formatMoney } from '../../../services/shared/terms/money.ts';
import { newId } from './ids.ts';
import type { LocalEvent, LocalPayment, LocalRefund, LocalState } from './journal.ts';

const statuses: Record<LocalState, string> = {
  created: 'PAYER_ACTION_REQUIRED',
  requires_action: 'PAYER_ACTION_REQUIRED',
  processing: 'COMPLETED',
  approved: 'APPROVED',
  authorized: 'COMPLETED',
  captured: 'COMPLETED',
  failed: 'APPROVED',
  voided: 'COMPLETED',
};

const amountOf = (minor: number, currency: string) => ({ currency_code: currency, value: formatMoney(minor, currency) });
const customIdOf = ({ metadata: { custom_id } }: { metadata: Record<string, string> }) => (custom_id ? { custom_id } : {});
const relatedTo = (payment: LocalPayment) => ({ supplementary_data: { related_ids: { order_id: payment.ref } } });

/** An order (Orders v2). `pageUrl`: where the buyer approves it. */
export function orderOf(payment: LocalPayment, refunds: LocalRefund[], { pageUrl }: { pageUrl?: string } = {}): object {
  const { ref, state, amount, currency, description, authorizationId, captureId, createdOn } = payment;
  const payments = {
    ...(authorizationId && { authorizations: [authorizationOf(payment)] }),
    ...(captureId && { captures: [captureOf(payment, refunds)] }),
    ...(refunds.length > 0 && { refunds: refunds.map((refund) => refundObject(refund, payment)) }),
  };
  return {
    id: ref,
    intent: 'AUTHORIZE',
    status: statuses[state],
    create_time: new Date(createdOn).toISOString(),
    purchase_units: [
      {
        reference_id: 'default',
        amount: amountOf(amount, currency),
        description,
        ...customIdOf(payment),
        ...(authorizationId && { payments }),
      },
    ],
    links: pageUrl && statuses[state] === 'PAYER_ACTION_REQUIRED' ? [{ rel: 'payer-action', href: pageUrl, method: 'GET' }] : [],
  };
}

const authorizationStatuses: Partial<Record<LocalState, string>> = {
  processing: 'PENDING',
  authorized: 'CREATED',
  captured: 'CAPTURED',
  failed: 'DENIED',
};

export const authorizationOf = (payment: LocalPayment) => ({
  id: payment.authorizationId,
  status: authorizationStatuses[payment.state] ?? (payment.isExpired ? 'EXPIRED' : 'VOIDED'),
  amount: amountOf(payment.amount, payment.currency),
  ...customIdOf(payment),
  ...relatedTo(payment),
});

export function captureOf(payment: LocalPayment, refunds: LocalRefund[]) {
  const returned = refunds.filter(({ state }) => state === 'done').reduce((sum, { amount }) => sum + amount, 0);
  const status = returned === 0 ? 'COMPLETED' : returned === payment.captured ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
  return {
    id: payment.captureId,
    status,
    amount: amountOf(payment.captured, payment.currency),
    final_capture: true,
    ...customIdOf(payment),
    ...relatedTo(payment),
  };
}

const refundStatuses: Record<LocalRefund['state'], string> = {
  pending: 'PENDING',
  done: 'COMPLETED',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
};

/** `apiUrl` is part of its links, from which alone one learns what was refunded. */
export const refundObject = (refund: LocalRefund, payment: LocalPayment, apiUrl = 'https://api-m.paypal.com') => ({
  id: refund.ref,
  status: refundStatuses[refund.state],
  amount: amountOf(refund.amount, payment.currency),
  ...customIdOf(refund),
  links: [{ rel: 'up', href: `${apiUrl}/v2/payments/captures/${payment.captureId}`, method: 'GET' }],
});

type About = { payment: LocalPayment; refund?: LocalRefund };
type Told = Pick<LocalEvent, 'id' | 'type' | 'objectId' | 'body'>;

/** The events of a change. */
export function paypalEvents({ payment, refund }: About, before: Partial<About>, refunds: LocalRefund[]): Told[] {
  const told: Told[] = [];
  const tell = (event_type: string, resource_type: string, objectId: string | undefined, resource: object) => {
    const id = newId('WH-');
    const event = { id, event_version: '1.0', create_time: new Date().toISOString(), resource_type, event_type, resource };
    told.push({ id, type: event_type, objectId: objectId ?? payment.ref, body: JSON.stringify(event) });
  };
  const { state, authorizationId, captureId } = payment;
  if (state !== before.payment?.state) {
    if (state === 'approved') tell('CHECKOUT.ORDER.APPROVED', 'checkout-order', payment.ref, orderOf(payment, refunds));
    if (state === 'captured') tell('PAYMENT.CAPTURE.COMPLETED', 'capture', captureId, captureOf(payment, refunds));
    const word = authorizationId && authorizationWords[state];
    if (word) tell(`PAYMENT.AUTHORIZATION.${word}`, 'authorization', authorizationId, authorizationOf(payment));
  }
  if (refund && refund.state !== before.refund?.state) {
    const word = refund.state === 'done' ? 'PAYMENT.CAPTURE.REFUNDED' : `PAYMENT.REFUND.${refundStatuses[refund.state]}`;
    tell(word, 'refund', refund.ref, refundObject(refund, payment));
  }
  if (payment.dispute?.status !== before.payment?.dispute?.status) {
    const word = !before.payment?.dispute ? 'CREATED' : payment.dispute?.status === 'RESOLVED' ? 'RESOLVED' : 'UPDATED';
    tell(`CUSTOMER.DISPUTE.${word}`, 'dispute', payment.dispute?.id, disputeObject(payment));
  }
  return told;
}

const authorizationWords: Partial<Record<LocalState, string>> = {
  processing: 'CREATED',
  authorized: 'CREATED',
  voided: 'VOIDED',
};

export const disputeObject = ({ dispute, captureId }: LocalPayment) => ({
  dispute_id: dispute?.id,
  status: dispute?.status,
  disputed_transactions: [{ seller_transaction_id: captureId }],
});
