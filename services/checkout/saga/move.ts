import type { CheckoutState, ProviderName } from '../../shared/stores/schema.ts';
import type { Payment } from '../providers/provider.ts';
import { type Attempt, type Checkout, type HoldTerms, isUncreated } from './checkout.ts';
import { isFinal } from './states.ts';

/** What is known of a payment now; of one that the provider never heard of, only that it is dead. */
export type News = Pick<Payment, 'state'> & Partial<Omit<Payment, 'state'>>;

/** What a step found out: where the saga goes, and everything that changes with it, apart from what follows from the state. */
export type Move = {
  to: CheckoutState;
  hold?: { holdId?: string; terms?: HoldTerms; leaseUntil?: Date };
  /** null: none any more. */
  reason?: string | null;
  /** Of the newest attempt. */
  payment?: News;
  /** Another attempt begins, with this provider. The last one must be dead. */
  next?: ProviderName;
  /** The payment was captured and buys nothing: all of it is given back. */
  refunds?: true;
};

/** A checkout after a move. `stepMs`: when another process may go on with it. */
export function afterMove(from: Checkout, { to, hold, reason, payment, next }: Move, now: number, stepMs: number): Checkout {
  const { reason: before, attempt, dueOn: _, ...rest } = from;
  const why = reason === undefined ? before : reason;
  const known = attempt && payment ? attemptAfter(attempt, payment) : attempt;
  const newest = next === undefined ? known : newAttempt((attempt?.number ?? 0) + 1, next);
  const buyerId = hold?.terms?.buyerId ?? from.buyerId;
  const dueOn = isFinal(to) ? undefined : to === 'awaiting_payment' && !isUncreated(newest) ? from.payBy : new Date(now + stepMs);
  return {
    ...rest,
    ...hold,
    state: to,
    version: from.version + 1,
    provider: next ?? from.provider,
    failures: 0,
    ...(buyerId !== undefined && { buyerId }),
    ...(newest && { attempt: newest }),
    ...(why && { reason: why }),
    ...(dueOn && { dueOn }),
    ...(isFinal(to) && { endedOn: from.endedOn ?? new Date(now) }),
  };
}

const newAttempt = (number: number, provider: ProviderName): Attempt => ({
  ...{ number, provider },
  state: 'created',
  capturedMinor: 0,
});

/** A provider may leave out where the buyer goes on, but says each time why a payment failed. */
export function attemptAfter({ declineCode: _, ...known }: Attempt, news: News): Attempt {
  const { ref, state, capturedMinor, actionUrl, declineCode, dispute } = news;
  return {
    ...known,
    state,
    ...(ref !== undefined && { ref }),
    ...(capturedMinor !== undefined && { capturedMinor }),
    ...(actionUrl !== undefined && { actionUrl }),
    ...(declineCode !== undefined && { declineCode }),
    ...(dispute !== undefined && { dispute }),
  };
}
