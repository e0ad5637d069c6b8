import { type Static, Type } from 'typebox';
import { newId, newPaypalId } from './ids.ts';
import type { Changes, Journal, LocalPayment, LocalRefund } from './journal.ts';
import { authorized, changed, payable } from './life.ts';

export const ActOptions = Type.Object(
  {
    /** Whether the method takes the money at once, as iDEAL does; of Stripe's. */
    isAutomatic: Type.Optional(Type.Boolean()),
    /** Why it is declined. */
    code: Type.Optional(Type.String({ pattern: '^\\w{1,64}$' })),
    /** When it happens by itself. */
    seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400 })),
    /** Of a refund, in minor units. */
    amount: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Of a dispute. */
    status: Type.Optional(Type.String({ pattern: '^\\w{1,40}$' })),
  },
  { additionalProperties: false },
);
export type ActOptions = Static<typeof ActOptions>;

/** Until a crashed provider sends its webhook. */
const crashMs = 60_000;

export type ActName =
  | 'succeed'
  | 'crash'
  | 'require-action'
  | 'decline'
  | 'process'
  | 'pay-late'
  | 'expire'
  | 'dispute'
  | 'hold-refunds'
  | 'refund';

type Act = (payment: LocalPayment, options: ActOptions, journal: Journal) => Changes | undefined;

const become = (payment: LocalPayment, change: Partial<LocalPayment>, journal: Journal, notBeforeMs?: number): Changes =>
  changed(
    { payment: { ...payment, ...change } },
    { payment },
    { refunds: journal.refundsOf(payment.ref), ...(notBeforeMs !== undefined && { notBeforeMs }) },
  );

/** An act of the buyer, who can only pay what is not over. What was to happen later no longer does. */
const ifPayable =
  (act: Act): Act =>
  ({ later: _, ...payment }, options, journal) =>
    payable.includes(payment.state) ? act(payment, options, journal) : undefined;

/** PayPal's buyer only approves; what becomes of it shows once our server authorizes it. */
const isToApprove = ({ provider, authorizationId }: LocalPayment) => provider === 'paypal' && authorizationId === undefined;

const succeed = (payment: LocalPayment, { isAutomatic }: ActOptions, journal: Journal, notBeforeMs?: number): Changes =>
  isToApprove(payment)
    ? become(payment, { state: 'approved', authorizesTo: 'authorized' }, journal, notBeforeMs)
    : become(payment, authorized({ ...payment, ...(isAutomatic && { isAutomatic }) }), journal, notBeforeMs);

const later = (act: ActName, seconds: number) => ({ act, onMs: Date.now() + seconds * 1_000 });

/**
 * What the buyer, the bank or the merchant at the provider's dashboard does to a payment. Undefined: this payment is not in a state for it.
 * With PayPal, `decline` and `process` show once the approved order is authorized.
 */
export const acts = {
  succeed: ifPayable((payment, options, journal) => succeed(payment, options, journal)),
  /** It succeeds, but nobody is told for a minute. */
  crash: ifPayable((payment, options, journal) => succeed(payment, options, journal, Date.now() + crashMs)),
  'require-action': ifPayable((payment, _, journal) => become(payment, { state: 'requires_action' }, journal)),
  decline: ifPayable((payment, { code: declineCode = 'card_declined' }, journal) =>
    isToApprove(payment)
      ? become(payment, { state: 'approved', authorizesTo: 'failed' }, journal)
      : become(payment, { state: 'failed', declineCode }, journal),
  ),
  /** Stays so until another act, which `seconds` brings by itself. */
  process: ifPayable((payment, { seconds }, journal) => {
    const due = seconds !== undefined ? { later: later('succeed', seconds) } : {};
    return isToApprove(payment)
      ? become(payment, { state: 'approved', authorizesTo: 'processing', ...due }, journal)
      : become(payment, { state: 'processing', ...due }, journal);
  }),
  'pay-late': ifPayable((payment, { seconds = 20 * 60 }, journal) =>
    become(payment, { later: later('succeed', seconds) }, journal),
  ),
  /** The bank lets an authorization go. */
  expire: (payment, _, journal) =>
    payment.state === 'authorized' ? become(payment, { state: 'voided', isExpired: true }, journal) : undefined,
  dispute: (payment, { status }, journal) => {
    if (payment.state !== 'captured') return undefined;
    const word = status ?? (payment.provider === 'stripe' ? 'needs_response' : 'OPEN');
    return become(payment, { dispute: { id: payment.dispute?.id ?? newId('dp_'), status: word } }, journal);
  },
  'hold-refunds': (payment, _, journal) => become(payment, { refundsPend: true }, journal),
  /** At the provider's dashboard. */
  refund: (payment, { amount }, journal) => {
    const refund = newRefund(payment, { amount, metadata: {} }, journal);
    return typeof refund === 'string'
      ? undefined
      : changed({ payment, refund }, { payment }, { refunds: journal.refundsOf(payment.ref) });
  },
} as const satisfies Record<ActName, Act>;

export const isAct = (name: string): name is ActName => Object.hasOwn(acts, name);

/** A refund of a part of what was captured, or of what is left of it; or why there can be none. */
export function newRefund(
  payment: LocalPayment,
  { amount, metadata }: { amount: number | undefined; metadata: Record<string, string> },
  journal: Journal,
): LocalRefund | 'not-captured' | 'too-much' {
  const gone = refundedOf(journal.refundsOf(payment.ref));
  const left = payment.captured - gone;
  if (payment.captured === 0) return 'not-captured';
  if (left === 0 || (amount ?? left) > left) return 'too-much';
  return {
    ref: payment.provider === 'stripe' ? newId('re_') : newPaypalId(),
    paymentRef: payment.ref,
    amount: amount ?? left,
    state: payment.refundsPend ? 'pending' : 'done',
    createdOn: Date.now(),
    metadata,
  };
}

/** What was given back, or is on its way. */
const refundedOf = (refunds: LocalRefund[]): number =>
  refunds.filter(({ state }) => state === 'pending' || state === 'done').reduce((sum, { amount }) => sum + amount, 0);
