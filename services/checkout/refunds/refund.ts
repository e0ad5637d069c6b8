import type { Insertable, Selectable } from 'kysely';
import { countedRefunds } from '../../shared/payments/progress.ts';
import type { ProviderName, Schema } from '../../shared/stores/schema.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { formatMoney, parseMoney } from '../../shared/terms/money.ts';
import type { RefundView } from '../saga/types.ts';

/** A refund as it is stored. `attempt`: of the payment that it gives back. `ref`: the provider's id; absent until it has answered. */
export type Refund = RefundView & {
  version: number;
  attempt: number;
  ref?: string;
  requestKey: string;
  failures: number;
  dueOn?: Date;
};

/** Whether a refund takes from what can still be refunded. */
export const isCounted = ({ state }: Pick<Refund, 'state'>): boolean => countedRefunds.includes(state);

/** How much of a payment can still be given back. */
export function leftOf(capturedMinor: number, refunds: Pick<Refund, 'state' | 'amountMinor'>[]): number {
  return Math.max(0, capturedMinor - refunds.filter(isCounted).reduce((sum, { amountMinor }) => sum + amountMinor, 0));
}

/** The columns of a refund, apart from `note`. */
export function refundRow(refund: Refund): Omit<Insertable<Schema['refunds']>, 'note'> {
  return {
    refund_id: uuidBytes(refund.refundId),
    version: refund.version,
    state: refund.state,
    checkout_id: uuidBytes(refund.checkoutId),
    attempt: refund.attempt,
    order_id: refund.orderId === undefined ? null : uuidBytes(refund.orderId),
    event_id: refund.eventId,
    organiser_id: refund.organiserId,
    provider: refund.provider,
    provider_ref: refund.ref ?? null,
    amount: formatMoney(refund.amountMinor, refund.currency),
    currency: refund.currency,
    ticket_ids: refund.ticketIds === undefined ? null : JSON.stringify(refund.ticketIds),
    seats: refund.seats,
    reason: refund.reason,
    principal: refund.principal,
    request_key: refund.requestKey,
    due_on: refund.dueOn ?? null,
    failures: refund.failures,
    created_on: refund.createdOn,
    ended_on: refund.endedOn ?? null,
  };
}

/** A refund from its row. */
export const refundOf = (row: Selectable<Schema['refunds']>): Refund => ({
  refundId: uuidText(row.refund_id),
  version: row.version,
  state: row.state,
  checkoutId: uuidText(row.checkout_id),
  attempt: row.attempt,
  ...(row.order_id && { orderId: uuidText(row.order_id) }),
  eventId: row.event_id,
  organiserId: row.organiser_id,
  provider: row.provider,
  ...(row.provider_ref !== null && { ref: row.provider_ref }),
  amountMinor: Number(parseMoney(row.amount, row.currency)),
  currency: row.currency,
  ...(row.ticket_ids !== null && { ticketIds: JSON.parse(row.ticket_ids) as string[] }),
  seats: row.seats,
  reason: row.reason,
  principal: row.principal,
  requestKey: row.request_key,
  failures: row.failures,
  ...(row.due_on && { dueOn: row.due_on }),
  createdOn: row.created_on,
  ...(row.ended_on && { endedOn: row.ended_on }),
});

/** A refund as others see it. */
export function refundView({ version, attempt, ref, requestKey, failures, dueOn, ...view }: Refund): RefundView {
  return view;
}

/** What a refund begins as. */
export type NewRefund = {
  checkoutId: string;
  attempt: number;
  orderId?: string;
  eventId: string;
  organiserId: string;
  provider: ProviderName;
  amountMinor: number;
  currency: string;
  ticketIds?: string[];
  seats: 'free' | 'blocked';
  reason: string;
  principal: string;
  requestKey: string;
};
