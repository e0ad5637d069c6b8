import type { Insertable, Selectable } from 'kysely';
import type { AttemptState, CheckoutState, ProviderName, Schema } from '../../shared/stores/schema.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { formatMoney, parseMoney } from '../../shared/terms/money.ts';
import type { CheckoutView, PaidTicket } from './types.ts';

/** The newest attempt to pay a checkout. `ref`: the provider's id; absent until the provider has answered. */
export type Attempt = {
  number: number;
  provider: ProviderName;
  ref?: string;
  state: AttemptState;
  capturedMinor: number;
  actionUrl?: string;
  declineCode?: string;
  dispute?: string;
};

/** What purchase says of a hold once it keeps it. */
export type HoldTerms = {
  organiserId: string;
  orderId: string;
  buyerId?: string;
  amountMinor: number;
  currency: string;
  tickets: PaidTicket[];
};

/** A checkout as it is stored. `terms`: absent until purchase has answered. */
export type Checkout = {
  checkoutId: string;
  version: number;
  state: CheckoutState;
  eventId: string;
  holdId: string;
  terms?: HoldTerms;
  buyerId?: string;
  email: string;
  provider: ProviderName;
  attempt?: Attempt;
  takesEqual: boolean;
  returnUrl?: string;
  reason?: string;
  createdOn: Date;
  payBy: Date;
  leaseUntil?: Date;
  endedOn?: Date;
  failures: number;
  dueOn?: Date;
  traceparent?: string;
};

/** Whether an attempt is yet to be created at its provider. */
export const isUncreated = (attempt: Attempt | undefined): attempt is Attempt =>
  attempt !== undefined && attempt.ref === undefined && attempt.state === 'created';

/** The columns of a checkout, apart from `note`. */
export function checkoutRow(checkout: Checkout): Omit<Insertable<Schema['checkouts']>, 'note'> {
  const { terms, attempt } = checkout;
  return {
    checkout_id: uuidBytes(checkout.checkoutId),
    version: checkout.version,
    state: checkout.state,
    hold_id: checkout.holdId,
    event_id: checkout.eventId,
    organiser_id: terms?.organiserId ?? '',
    order_id: terms ? uuidBytes(terms.orderId) : null,
    buyer_id: checkout.buyerId ?? null,
    email: checkout.email,
    amount: terms ? formatMoney(terms.amountMinor, terms.currency) : null,
    currency: terms?.currency ?? null,
    provider: checkout.provider,
    attempt: attempt?.number ?? 0,
    takes_equal: Number(checkout.takesEqual),
    held_order: terms ? JSON.stringify(terms.tickets) : null,
    return_url: checkout.returnUrl ?? null,
    reason: checkout.reason ?? null,
    pay_by: checkout.payBy,
    lease_until: checkout.leaseUntil ?? null,
    due_on: checkout.dueOn ?? null,
    failures: checkout.failures,
    traceparent: checkout.traceparent ?? null,
    created_on: checkout.createdOn,
    ended_on: checkout.endedOn ?? null,
  };
}

/** A checkout from its row, and the row of its newest attempt, if it has one. */
export function checkoutOf(row: Selectable<Schema['checkouts']>, attempt?: Selectable<Schema['payment_attempts']>): Checkout {
  const terms = termsOf(row);
  return {
    checkoutId: uuidText(row.checkout_id),
    version: row.version,
    state: row.state,
    eventId: row.event_id,
    holdId: row.hold_id,
    ...(terms && { terms }),
    ...(row.buyer_id !== null && { buyerId: row.buyer_id }),
    email: row.email,
    provider: row.provider,
    ...(attempt && { attempt: attemptOf(attempt) }),
    takesEqual: row.takes_equal === 1,
    ...(row.return_url !== null && { returnUrl: row.return_url }),
    ...(row.reason !== null && { reason: row.reason }),
    createdOn: row.created_on,
    payBy: row.pay_by,
    ...(row.lease_until && { leaseUntil: row.lease_until }),
    ...(row.ended_on && { endedOn: row.ended_on }),
    failures: row.failures,
    ...(row.due_on && { dueOn: row.due_on }),
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
  };
}

function termsOf(row: Selectable<Schema['checkouts']>): HoldTerms | undefined {
  const { organiser_id, order_id, amount, currency, held_order } = row;
  if (order_id === null || amount === null || currency === null || held_order === null) return undefined;
  return {
    organiserId: organiser_id,
    orderId: uuidText(order_id),
    amountMinor: Number(parseMoney(amount, currency)),
    currency,
    tickets: JSON.parse(held_order) as PaidTicket[],
  };
}

const attemptOf = (row: Selectable<Schema['payment_attempts']>): Attempt => ({
  number: row.attempt,
  provider: row.provider,
  ...(row.provider_ref !== null && { ref: row.provider_ref }),
  state: row.state,
  capturedMinor: Number(parseMoney(row.captured, row.currency)),
  ...(row.action_url !== null && { actionUrl: row.action_url }),
  ...(row.decline_code !== null && { declineCode: row.decline_code }),
  ...(row.dispute !== null && { dispute: row.dispute }),
});

/** A checkout as others see it. */
export function viewOf(checkout: Checkout, clientSecret?: string): CheckoutView {
  const { checkoutId, state, reason, eventId, holdId, terms, buyerId, email, returnUrl, createdOn, payBy, endedOn } = checkout;
  return {
    ...{ checkoutId, state, eventId, holdId, email, createdOn, payBy },
    organiserId: terms?.organiserId ?? '',
    tickets: terms?.tickets ?? [],
    ...(terms && { orderId: terms.orderId, amountMinor: terms.amountMinor, currency: terms.currency }),
    ...(reason !== undefined && { reason }),
    ...(buyerId !== undefined && { buyerId }),
    ...(returnUrl !== undefined && { returnUrl }),
    ...(endedOn && { endedOn }),
    ...(checkout.attempt && { attempt: viewOfAttempt(checkout.attempt, clientSecret) }),
  };
}

const viewOfAttempt = ({ number, provider, state, actionUrl, declineCode }: Attempt, clientSecret?: string) => ({
  ...{ number, provider, state },
  ...(actionUrl !== undefined && { actionUrl }),
  ...(clientSecret !== undefined && { clientSecret }),
  ...(declineCode !== undefined && { declineCode }),
});
