import { formatMoney, parseMoney } from '../../shared/terms/money.ts';
import type { Payment, ProviderRefund } from './provider.ts';

export type PaypalAmount = { currency_code: string; value: string };
type PaypalLink = { rel: string; href: string };

type Resource = { id: string; status: string; amount: PaypalAmount; custom_id?: string; links?: PaypalLink[] };
export type PaypalCapture = Resource & { supplementary_data?: { related_ids?: { order_id?: string } } };
export type PaypalRefund = Resource;

/** The parts of an order (Orders v2) that we read. */
export type PaypalOrder = {
  id: string;
  status: string;
  purchase_units: {
    amount: PaypalAmount;
    custom_id?: string;
    payments?: { authorizations?: Resource[]; captures?: PaypalCapture[]; refunds?: PaypalRefund[] };
  }[];
  links?: PaypalLink[];
};

const cancelled = 'cancelled';

/** The note on an order about whom it is for. PayPal shows it to the merchant only. */
export const customIdOf = (checkoutId: string, attempt: number, isCancelled = false): string =>
  [checkoutId, attempt, ...(isCancelled ? [cancelled] : [])].join(':');

const readCustomId = (customId = '') => {
  const [, checkoutId, attempt, mark] = /^([\w-]+):(\d+)(?::(\w+))?$/.exec(customId) ?? [];
  return { checkoutId, attempt: Number(attempt), isCancelled: mark === cancelled };
};

/** Whether we have promised that this order takes no money. PayPal has no call to cancel an order that is not authorized yet. */
export const isMarked = (order: PaypalOrder): boolean => readCustomId(unitOf(order).custom_id).isCancelled;

/** The note of an order that is cancelled. */
export const markedIdOf = (order: PaypalOrder): string => {
  const { checkoutId = '', attempt } = readCustomId(unitOf(order).custom_id);
  return customIdOf(checkoutId, attempt, true);
};

function unitOf({ id, purchase_units: [unit] }: PaypalOrder) {
  if (!unit) throw new Error(`PayPal's order ${id} has no purchase unit`);
  return unit;
}

export const authorizationsOf = (order: PaypalOrder): Resource[] => unitOf(order).payments?.authorizations ?? [];
export const capturesOf = (order: PaypalOrder): PaypalCapture[] => unitOf(order).payments?.captures ?? [];
export const refundsOf = (order: PaypalOrder): PaypalRefund[] => unitOf(order).payments?.refunds ?? [];

/** What a capture has been once it took the money. */
const taken = ['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'];
export const isTaken = ({ status }: Resource): boolean => taken.includes(status);

/** An order as a payment. One that the buyer has approved is not authorized yet. */
export function paymentOf(order: PaypalOrder): Payment {
  const { amount, custom_id } = unitOf(order);
  const currency = amount.currency_code;
  const { checkoutId, attempt } = readCustomId(custom_id);
  const actionUrl = order.links?.find(({ rel }) => rel === 'payer-action' || rel === 'approve')?.href;
  const state = stateOf(order);
  const returned = refundsOf(order).filter(({ status }) => status === 'COMPLETED' || status === 'PENDING');
  return {
    ref: order.id,
    state,
    amountMinor: minorOf(amount),
    currency,
    capturedMinor: sumOf(capturesOf(order).filter(isTaken)),
    refundedMinor: sumOf(returned),
    ...(state === 'requires_action' && actionUrl && { actionUrl }),
    ...(state === 'failed' && { declineCode: 'declined' }),
    ...(checkoutId && { checkoutId, attempt }),
  };
}

function stateOf(order: PaypalOrder): Payment['state'] {
  const captures = capturesOf(order);
  if (captures.some(isTaken)) return 'captured';
  if (captures.some(({ status }) => status === 'PENDING')) return 'processing';
  const authorizations = authorizationsOf(order).map(({ status }) => status);
  if (authorizations.includes('CREATED') && captures.length === 0) return 'authorized';
  if (authorizations.includes('PENDING')) return 'processing';
  if (captures.length > 0 || authorizations.includes('DENIED')) return 'failed';
  if (authorizations.length > 0 || order.status === 'VOIDED' || isMarked(order)) return 'voided';
  if (order.status === 'CREATED') return 'created';
  return 'requires_action';
}

/** A refund as the port has it. `paymentRef`: the order whose capture it gives back. */
export function refundOf(refund: PaypalRefund, paymentRef: string): ProviderRefund {
  const { id, amount, status, custom_id } = refund;
  return {
    ref: id,
    paymentRef,
    amountMinor: minorOf(amount),
    currency: amount.currency_code,
    state: refundStates[status] ?? 'pending',
    // A refund of the dashboard has none, or that of its order.
    ...(custom_id && !custom_id.includes(':') && { refundId: custom_id }),
  };
}

const refundStates: Record<string, ProviderRefund['state']> = { COMPLETED: 'done', FAILED: 'failed', CANCELLED: 'cancelled' };

/** They have a minor unit (ISO 4217), but PayPal takes no decimals of them. */
const withoutDecimals = ['HUF', 'TWD'];

/** An amount as PayPal writes it. */
export function amountOf(minor: number, currency: string): PaypalAmount {
  const value = formatMoney(minor, currency);
  return { currency_code: currency, value: withoutDecimals.includes(currency) ? value.replace(/\.00$/, '') : value };
}

const minorOf = ({ value, currency_code: currency }: PaypalAmount): number => Number(parseMoney(value, currency));
const sumOf = (resources: Resource[]): number => resources.reduce((sum, { amount }) => sum + minorOf(amount), 0);
