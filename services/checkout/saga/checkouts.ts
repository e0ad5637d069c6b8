import { UnavailableError } from '../../shared/http/problems.ts';
import { buyerIdOf } from '../../shared/identity/order-access.ts';
import { type Payment, ProviderAway } from '../providers/provider.ts';
import { type Attempt, type Checkout, isUncreated, viewOf } from './checkout.ts';
import type { Move, News } from './move.ts';
import { createRunner } from './run.ts';
import { isFinal } from './states.ts';
import { createSteps, isDead, isPaid, reasons } from './steps.ts';
import { createStore, type NewCheckout } from './store.ts';
import {
  type Checkouts,
  type CheckoutView,
  type CheckoutWish,
  defaultTimes,
  type OpenRefusal,
  openRefusals,
  type SagaDependencies,
} from './types.ts';

/** Two requests about one checkout at the same time are rare; more in a row mean that something is wrong. */
const tries = 10;

/** The checkouts of an installation: the saga that agrees money and seats. */
export function createCheckouts({
  db,
  purchase,
  providers,
  returnUrlOf,
  clock,
  logger,
  times = defaultTimes,
}: SagaDependencies): Checkouts {
  const store = createStore({ db, clock, times });
  const steps = createSteps({ purchase, providers, returnUrlOf, clock, times });
  const { goOn, tryStep } = createRunner({ store, steps, logger });

  return {
    async open(wish) {
      const { holdId, provider } = wish;
      for (let attempt = 1; attempt <= tries; attempt++) {
        const before = await store.readOfHold(holdId);
        if (before) return { checkout: await settleOrShow(before), isNew: false };
        if (!providers.has(provider)) return { refused: 'PROVIDER_NOT_OFFERED' };
        const checkout = await store.insert(newCheckout(wish));
        if (!checkout) continue;
        const outcome = await tryStep(checkout);
        if (!('move' in outcome)) return { checkout: viewOf(outcome.checkout), isNew: true };
        const { move } = outcome;
        if (move.to === 'failed' && (await store.forget(checkout))) return { refused: refusalOf(move) };
        return { checkout: shown(await goOn(checkout, move)), isNew: true };
      }
      throw tooBusy();
    },

    async read(checkoutId) {
      const checkout = await store.read(checkoutId);
      return checkout && viewOf(checkout);
    },

    async pay(checkoutId, wish) {
      return await again(checkoutId, async (checkout) => {
        const { state, attempt, payBy } = checkout;
        const provider = wish.provider ?? checkout.provider;
        if (!providers.has(provider)) return { refused: 'PROVIDER_NOT_OFFERED' };
        if (state === 'opening') return { checkout: viewOf(checkout) };
        const hasEnded = isFinal(state) || state === 'cancelling' || state === 'releasing';
        if (hasEnded || (state === 'awaiting_payment' && clock() >= payBy.getTime())) return { refused: 'CHECKOUT_ENDED' };
        if (state !== 'awaiting_payment' || !attempt) return { refused: 'PAYMENT_PENDING' };
        if (isUncreated(attempt) && provider === attempt.provider) {
          const claimed = await store.claim(checkout);
          return claimed && { checkout: shown(await goOn(claimed)) };
        }
        // One whose creation was never answered has given the buyer nothing to pay with.
        const last = attempt.ref === undefined ? ({ state: 'voided' } as const) : await endAttempt(attempt, attempt.ref);
        if (!last) return { refused: 'PAYMENT_PENDING' };
        const move: Move = isDead(last)
          ? { to: 'awaiting_payment', payment: last, next: provider }
          : { to: 'confirming', payment: last };
        const moved = await store.move(checkout, move);
        return moved && { checkout: shown(await goOn(moved)) };
      });
    },

    async cancel(checkoutId) {
      return await again(checkoutId, async (checkout) => {
        const { state } = checkout;
        if (state === 'opening') throw new UnavailableError('SERVICE_UNAVAILABLE', 'purchase has not kept the hold yet');
        if (state === 'cancelling' || state === 'releasing' || state === 'cancelled') return { checkout: viewOf(checkout) };
        if (state !== 'awaiting_payment') return { refused: 'CHECKOUT_ENDED' };
        const moved = await store.move(checkout, { to: 'cancelling', reason: reasons.byBuyer });
        return moved && { checkout: shown(await goOn(moved)) };
      });
    },

    async settle(checkoutId) {
      const checkout = await store.read(checkoutId);
      return checkout && (await settleOrShow(checkout));
    },

    async settlePayment(name, ref) {
      const known =
        (await store.findPayment(name, { ref })) ??
        (await store.findPayment(name, await steps.providerOf({ provider: name }).retrieve(ref)));
      return known && (await settle(known.checkoutId, { number: known.number, provider: name, ref }));
    },

    async sweepOne() {
      const checkout = await store.claimDue();
      if (checkout) await goOn(checkout);
      return checkout !== undefined;
    },
  };

  /** Settles the newest attempt; returns what is known if its provider is away. */
  async function settleOrShow(checkout: Checkout): Promise<CheckoutView> {
    const { checkoutId, attempt } = checkout;
    const paid = attempt?.ref === undefined ? undefined : { ...attempt, ref: attempt.ref };
    try {
      return (await settle(checkoutId, paid)) ?? viewOf(checkout);
    } catch (error) {
      if (!(error instanceof ProviderAway)) throw error;
      return viewOf(checkout);
    }
  }

  /** Asks for the truth about a payment of a checkout, if there is one, and goes on with it. */
  async function settle(checkoutId: string, paid: PaymentOf | undefined): Promise<CheckoutView | undefined> {
    return await again(checkoutId, async (checkout) => {
      if (!paid) return await goOnIfDue(checkout);
      const { state, attempt } = checkout;
      const payment = await steps.providerOf(paid).retrieve(paid.ref);
      if (isStray(checkout, paid)) {
        await endStray(checkout, paid, payment);
        return viewOf(checkout);
      }
      const isNews = !attempt || attempt.ref === undefined || differs(attempt, payment);
      if (state === 'awaiting_payment' && (isPaid(payment) || isNews)) {
        const moved = await store.move(checkout, { to: isPaid(payment) ? 'confirming' : state, payment });
        return moved && shownWith(await goOn(moved), payment);
      }
      // In the other states, others would be disturbed; but a dispute comes when everything is over.
      const isLate = state === 'paid' || (state === 'cancelling' && attempt?.ref === undefined);
      const moved = isLate && isNews ? await store.move(checkout, { to: state, payment }) : checkout;
      return moved && (await goOnIfDue(moved, payment));
    });
  }

  async function goOnIfDue(checkout: Checkout, payment?: Payment): Promise<CheckoutView | undefined> {
    if (!checkout.dueOn || checkout.dueOn.getTime() > clock()) return shownWith({ checkout }, payment);
    const claimed = await store.claim(checkout);
    return claimed && shownWith(await goOn(claimed), payment);
  }

  /** Nothing can be bought with this payment any more: its seats must not be taken, and its money goes back. */
  async function endStray(checkout: Checkout, paid: PaymentOf, payment: Payment): Promise<void> {
    const isOver = payment.state === 'voided' || payment.state === 'captured';
    const ended = isOver ? payment : await steps.cancelPayment(paid, paid.ref);
    if (!ended || !(isDead(ended) || ended.state === 'captured'))
      throw new ProviderAway(`${paid.provider} has not cancelled a payment yet`);
    await store.recordStray(checkout, paid, ended);
  }

  /** Ends the last attempt, unless it is paid. Returns what became of it; undefined: it may still succeed. */
  async function endAttempt(attempt: Attempt, ref: string): Promise<Payment | undefined> {
    try {
      const payment = await steps.cancelPayment(attempt, ref, { unless: 'authorized' });
      return payment && (isDead(payment) || isPaid(payment)) ? payment : undefined;
    } catch (error) {
      if (!(error instanceof ProviderAway)) throw error;
      return undefined;
    }
  }

  /** Works on a checkout, again if somebody else was faster. undefined: there is no such checkout. */
  async function again<T>(checkoutId: string, work: (checkout: Checkout) => Promise<T | undefined>): Promise<T | undefined> {
    for (let attempt = 1; attempt <= tries; attempt++) {
      const checkout = await store.read(checkoutId);
      if (!checkout) return undefined;
      const done = await work(checkout);
      if (done !== undefined) return done;
    }
    throw tooBusy();
  }
}

/** A payment at its provider, and the attempt that it belongs to. */
type PaymentOf = Pick<Attempt, 'number' | 'provider'> & { ref: string };

/** Whether a payment is of an attempt that was given up, or of a checkout that ended without an order. */
function isStray({ state, attempt }: Checkout, { number, ref }: PaymentOf): boolean {
  if (attempt?.number !== number || state === 'cancelled' || state === 'failed') return true;
  return attempt.ref !== ref && attempt.state !== 'created';
}

const differs = (known: Attempt, { state, capturedMinor, declineCode, dispute }: Payment): boolean =>
  known.state !== state ||
  known.capturedMinor !== capturedMinor ||
  known.declineCode !== declineCode ||
  (dispute !== undefined && known.dispute !== dispute);

const shown = ({ checkout, payment }: { checkout: Checkout; payment?: News }): CheckoutView =>
  viewOf(checkout, payment?.ref === checkout.attempt?.ref ? payment?.clientSecret : undefined);

const shownWith = ({ checkout, payment: later }: { checkout: Checkout; payment?: News }, payment?: News): CheckoutView => {
  const last = later ?? payment;
  return shown({ checkout, ...(last && { payment: last }) });
};

const newCheckout = ({ holdId, email, provider, takesEqual, returnUrl, principal, traceparent }: CheckoutWish): NewCheckout => ({
  ...{ holdId, email, provider, takesEqual },
  eventId: holdId.slice(0, holdId.indexOf('~')),
  ...(returnUrl !== undefined && { returnUrl }),
  ...(principal.kind === 'account' && { buyerId: buyerIdOf(principal) }),
  ...(traceparent !== undefined && { traceparent }),
});

/** An attempt that purchase has outdated is being paid in a checkout that we have forgotten. */
function refusalOf({ reason }: Move): OpenRefusal {
  return openRefusals.find((code) => code === reason) ?? 'HOLD_BEING_PAID';
}

const tooBusy = () => new UnavailableError('SERVICE_UNAVAILABLE', 'too many requests change the same checkout');
