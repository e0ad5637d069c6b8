import type { OrderInRedis } from '../../shared/inventory/order.ts';
import { type Payment, type Provider, ProviderAway, ProviderRefused } from '../providers/provider.ts';
import type { EqualSeats } from '../purchase-client.ts';
import { type Attempt, type Checkout, type HoldTerms, isUncreated } from './checkout.ts';
import type { Move } from './move.ts';
import { isFinal, type StepState } from './states.ts';
import type { PaidTicket, SagaDependencies, SagaTimes } from './types.ts';

/** What a step leads to; undefined: nothing yet, so it is tried again later. */
type Outcome = Promise<Move | undefined>;

/** Purchase does not accept more. */
const maxLeaseSeconds = 3_600;

/** Codes with which a checkout ends, apart from purchase's. */
export const reasons = {
  tooLate: 'TOO_LATE',
  byBuyer: 'BUYER_CANCELLED',
  priceDiffers: 'PRICE_DIFFERS',
  notCaptured: 'NOT_CAPTURED',
} as const;

export const isDead = ({ state }: Pick<Payment, 'state'>) => state === 'voided' || state === 'failed';
export const isPaid = ({ state }: Pick<Payment, 'state'>) => state === 'authorized' || state === 'captured';

/**
 * The saga's steps, one for each state that needs one. A step may run twice, at the same time too, and in a process that was thought
 * dead: it does nothing whose repetition could harm, and what it leads to counts only if nobody else was faster. It throws if
 * somebody who is asked is away.
 */
export function createSteps({
  purchase,
  providers,
  returnUrlOf,
  clock,
  times,
}: Pick<SagaDependencies, 'purchase' | 'providers' | 'returnUrlOf' | 'clock'> & { times: SagaTimes }) {
  const steps: Record<StepState, (checkout: Checkout) => Outcome> = {
    opening,
    cancelling,
    releasing,
    confirming,
    replacing,
    voiding,
    capturing,
    undoing,
  };
  return {
    providerOf,

    /** What the saga does now with a checkout; undefined: it waits for the buyer, or for nobody. */
    stepOf(checkout: Checkout): (() => Outcome) | undefined {
      const { state, attempt, payBy } = checkout;
      if (state !== 'awaiting_payment') return isFinal(state) ? undefined : () => steps[state as StepState](checkout);
      if (clock() >= payBy.getTime()) return async () => ({ to: 'cancelling', reason: reasons.tooLate });
      return isUncreated(attempt) ? () => createPayment(checkout, attempt) : undefined;
    },

    cancelPayment,
  };

  /** The provider of an attempt. One that is not offered any more cannot be asked. */
  function providerOf({ provider: name }: Pick<Attempt, 'provider'>): Provider {
    const provider = providers.get(name);
    if (!provider) throw new ProviderAway(`${name} has no keys here`);
    return provider;
  }

  /** From the second try on, purchase may have kept the hold already: the reply was lost. */
  async function opening({ holdId, provider, payBy, version }: Checkout): Outcome {
    const mayBeKept = version > 1;
    if (clock() >= payBy.getTime()) {
      await purchase.endPayment(holdId, { attempt: 1 });
      return { to: 'failed', reason: reasons.tooLate };
    }
    const begun = await purchase.beginPayment(holdId, { attempt: 1, leaseSeconds: leaseSeconds(payBy) });
    if ('refused' in begun) {
      const { refused } = begun;
      if (mayBeKept && refused === 'SALE_PAUSED') return undefined;
      if (mayBeKept && refused === 'SALE_CLOSED') await purchase.endPayment(holdId, { attempt: 1 });
      return { to: 'failed', reason: refused };
    }
    const { leaseUntil, ...kept } = begun;
    const terms = termsOf(kept);
    if (terms.amountMinor === 0) return { to: 'confirming', hold: { leaseUntil, terms } };
    return { to: 'awaiting_payment', hold: { leaseUntil, terms }, next: provider };
  }

  /** Creates the newest attempt at its provider. */
  async function createPayment({ checkoutId, holdId, payBy, terms, email, eventId }: Checkout, attempt: Attempt): Outcome {
    if (!terms) throw new Error('an attempt begins only once purchase has told the amount');
    const { number } = attempt;
    if (number > 1) {
      // From now on, no older attempt can confirm.
      const begun = await purchase.beginPayment(holdId, { attempt: number, leaseSeconds: leaseSeconds(payBy) });
      if ('refused' in begun) {
        if (begun.refused === 'SALE_PAUSED') return undefined;
        return { to: 'cancelling', reason: begun.refused };
      }
    }
    const { amountMinor, currency, tickets } = terms;
    const description = `${tickets.length} ${tickets.length === 1 ? 'ticket' : 'tickets'}, ${eventId}`;
    const wish = { checkoutId, attempt: number, amountMinor, currency, description, email, returnUrl: returnUrlOf(checkoutId) };
    try {
      const payment = await providerOf(attempt).create(wish);
      return { to: isPaid(payment) ? 'confirming' : 'awaiting_payment', payment };
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
      return { to: 'awaiting_payment', payment: { state: 'failed', declineCode: error.code } };
    }
  }

  /** A payment whose creation was never answered has given the buyer nothing to pay with. */
  async function cancelling(checkout: Checkout): Outcome {
    const { attempt, reason } = checkout;
    if (!attempt) return { to: 'releasing' };
    if (attempt.ref === undefined) return { to: 'releasing', payment: { state: 'voided' } };
    const byBuyer = reason === reasons.byBuyer;
    let payment: Payment | undefined;
    try {
      payment = await cancelPayment(attempt, attempt.ref, byBuyer ? {} : { unless: 'authorized' });
    } catch (error) {
      if (error instanceof ProviderAway) await keepHold(checkout).catch(() => {});
      throw error;
    }
    if (!payment) return undefined;
    if (isDead(payment)) return { to: 'releasing', payment };
    if (payment.state === 'captured' && byBuyer) return { to: 'voiding', payment };
    // Paid in the last moment.
    if (isPaid(payment) && !byBuyer) return { to: 'confirming', payment, reason: null };
    return undefined;
  }

  async function releasing(checkout: Checkout): Outcome {
    return (await endHold(checkout)) === 'sold' ? { to: 'undoing' } : { to: 'cancelled' };
  }

  async function confirming(checkout: Checkout): Outcome {
    const { holdId, terms, attempt, takesEqual, payBy } = checkout;
    const { orderId, amountMinor } = known(terms);
    const confirmed = await purchase.confirm(holdId, { attempt: numberOf(attempt), orderId });
    if (!('refused' in confirmed)) return { to: amountMinor === 0 ? 'paid' : 'capturing', reason: null };
    const { refused } = confirmed;
    if (refused === 'SALE_PAUSED' && clock() < payBy.getTime() + times.patienceMs) return undefined;
    const isLost = refused === 'HOLD_EXPIRED' || refused === 'HOLD_NOT_FOUND';
    return { to: takesEqual && isLost ? 'replacing' : 'voiding', reason: refused };
  }

  /**
   * The lost hold is ended first: its seats may become free, and a delayed request must not sell them as well. Each lost hold has a key of
   * its own, so that a repeated step holds the same seats.
   */
  async function replacing(checkout: Checkout): Outcome {
    const { checkoutId, holdId, eventId, terms, attempt, buyerId, payBy } = checkout;
    if ((await endHold(checkout)) === 'sold') return { to: 'confirming' };
    const { tickets, amountMinor, currency } = known(terms);
    const promotion = tickets.find((ticket) => ticket.promotion !== undefined)?.promotion;
    const newHoldId = await purchase.holdEqual({
      eventId,
      ...(buyerId !== undefined && { buyerId }),
      ...(promotion !== undefined && { promotion }),
      items: equalSeats(tickets),
      key: `${checkoutId}-${holdId.slice(holdId.indexOf('~') + 1)}`,
    });
    if (newHoldId === undefined) return { to: 'voiding' };
    const number = numberOf(attempt);
    const begun = await purchase.beginPayment(newHoldId, { attempt: number, leaseSeconds: leaseSeconds(payBy) });
    if ('refused' in begun) {
      // Held too long ago: its seats are lost, too.
      if (begun.refused === 'HOLD_EXPIRED' || begun.refused === 'HOLD_NOT_FOUND')
        return { to: 'replacing', hold: { holdId: newHoldId } };
      await purchase.endPayment(newHoldId, { attempt: number });
      return { to: 'voiding' };
    }
    const { leaseUntil, ...kept } = begun;
    const newTerms = termsOf(kept);
    if (newTerms.amountMinor === amountMinor && newTerms.currency === currency)
      return { to: 'confirming', hold: { holdId: newHoldId, leaseUntil, terms: newTerms } };
    await purchase.endPayment(newHoldId, { attempt: number, orderId: newTerms.orderId });
    return { to: 'voiding', reason: reasons.priceDiffers };
  }

  /** Nobody can confirm after the first call, so that the payment is not taken back from an order. */
  async function voiding(checkout: Checkout): Outcome {
    if ((await endHold(checkout)) === 'sold') return { to: 'capturing', reason: null };
    const { attempt } = checkout;
    if (attempt?.ref === undefined) return { to: 'failed' };
    const payment = await cancelPayment(attempt, attempt.ref);
    if (payment && isDead(payment)) return { to: 'failed', payment };
    return payment?.state === 'captured' ? { to: 'failed', payment, refunds: true } : undefined;
  }

  async function capturing({ attempt, terms }: Checkout): Outcome {
    if (known(terms).amountMinor === 0) return { to: 'paid' };
    if (attempt?.ref === undefined) throw new Error('only a payment that was authorized can be captured');
    const provider = providerOf(attempt);
    try {
      const payment = await provider.capture(attempt.ref);
      if (payment.state === 'captured') return { to: 'paid', payment };
      return isDead(payment) ? { to: 'undoing', payment } : undefined;
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
      const payment = await provider.retrieve(attempt.ref);
      return payment.state === 'captured' ? { to: 'paid', payment } : { to: 'undoing', payment };
    }
  }

  async function undoing({ attempt, eventId, terms }: Checkout): Outcome {
    const cancelOrder = () => purchase.cancelOrder({ eventId, orderId: known(terms).orderId, seats: 'free' });
    const failed = { to: 'failed', reason: reasons.notCaptured } as const;
    if (attempt?.ref === undefined) {
      await cancelOrder();
      return failed;
    }
    const payment = await cancelPayment(attempt, attempt.ref);
    if (payment?.state === 'captured') return { to: 'paid', payment };
    if (!payment || !isDead(payment)) return undefined;
    await cancelOrder();
    return { ...failed, payment };
  }

  async function endHold({ holdId, attempt, terms }: Checkout): Promise<'ended' | 'sold'> {
    const ended = await purchase.endPayment(holdId, { attempt: numberOf(attempt), orderId: known(terms).orderId });
    if (ended === 'outdated') throw new Error('purchase has seen a newer attempt than this one, which is the newest');
    return ended;
  }

  /**
   * Cancels a payment, and returns what it is then. undefined: the provider refused, and it may still be paid, even if it has failed before.
   */
  async function cancelPayment(
    attempt: Pick<Attempt, 'provider'>,
    ref: string,
    options: { unless?: 'authorized' } = {},
  ): Promise<Payment | undefined> {
    const provider = providerOf(attempt);
    try {
      return await provider.cancel(ref, options);
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
      const payment = await provider.retrieve(ref);
      return payment.state === 'voided' || isPaid(payment) ? payment : undefined;
    }
  }

  /** Keeps the seats while it is unknown whether they are paid, for a bounded time. */
  async function keepHold({ holdId, attempt, payBy }: Checkout): Promise<void> {
    const leftMs = payBy.getTime() + times.patienceMs - clock();
    const wantedMs = Math.max(times.graceMs, payBy.getTime() + times.graceMs - clock());
    const seconds = Math.floor(Math.min(leftMs, wantedMs, maxLeaseSeconds * 1_000) / 1_000);
    if (seconds >= 1) await purchase.beginPayment(holdId, { attempt: numberOf(attempt), leaseSeconds: seconds });
  }

  function leaseSeconds(payBy: Date): number {
    const seconds = Math.ceil((payBy.getTime() + times.graceMs - clock()) / 1_000);
    return Math.min(Math.max(seconds, 1), maxLeaseSeconds);
  }
}

/** A hold is kept with number 1 before its first attempt begins; a free one has no other. */
const numberOf = (attempt: Attempt | undefined) => attempt?.number ?? 1;

function known(terms: HoldTerms | undefined): HoldTerms {
  if (!terms) throw new Error('purchase has not kept the hold yet');
  return terms;
}

function termsOf({ organiserId, order }: { organiserId: string; order: OrderInRedis }): HoldTerms {
  const { orderId, buyerId, tickets } = order;
  return {
    organiserId,
    orderId,
    ...(buyerId !== undefined && { buyerId }),
    amountMinor: tickets.reduce((sum, { priceMinor }) => sum + priceMinor, 0),
    currency: tickets[0]?.currency ?? '',
    tickets: tickets.map(({ ticketId, zoneId, row, column, category, ticketType, ...price }) => ({
      ...{ ticketId, zoneId },
      ...(row !== undefined && { row }),
      ...(column !== undefined && { column }),
      ...(category !== undefined && { category }),
      ...(ticketType !== undefined && { ticketType }),
      ...priceOf(price),
    })),
  };
}

const priceOf = ({
  priceMinor,
  currency,
  promotion,
  fullPriceMinor,
}: Pick<PaidTicket, 'priceMinor' | 'currency' | 'promotion' | 'fullPriceMinor'>) => ({
  ...{ priceMinor, currency },
  ...(promotion !== undefined && { promotion }),
  ...(fullPriceMinor !== undefined && { fullPriceMinor }),
});

/** As many seats of the same zones, categories and types. */
function equalSeats(tickets: PaidTicket[]): EqualSeats[] {
  const groups = Map.groupBy(tickets, ({ zoneId, category }) => JSON.stringify([zoneId, category]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { zoneId, category } = first;
    const types = Map.groupBy(
      group.flatMap(({ ticketType }) => ticketType ?? []),
      (type) => type,
    );
    return {
      ...{ zoneId, quantity: group.length },
      ...(category !== undefined && { category }),
      ...(types.size > 0 && { ticketTypes: Object.fromEntries(Array.from(types, ([type, { length }]) => [type, length])) }),
    };
  });
}
