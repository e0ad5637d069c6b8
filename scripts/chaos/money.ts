import { countedRefunds, endedCheckouts } from '../../services/shared/payments/progress.ts';
import type { CheckoutState, RefundState } from '../../services/shared/stores/schema.ts';
/** A payment as its provider knows it, in its own ledger. Amounts are in minor units; what is on its way back counts as refunded. */
export type LedgerPayment = {
  ref: string;
  provider: string;
  state: string;
  capturedMinor: number;
  refundedMinor: number;
};

/** An attempt to pay, as checkout knows it. */
type KnownAttempt = { checkoutId: string; provider: string; ref: string | undefined; capturedMinor: number };
type KnownCheckout = {
  checkoutId: string;
  eventId: string;
  state: CheckoutState;
  orderId: string | undefined;
  amountMinor: number;
};
/** A refund. `isGoodwill`: no ticket was cancelled for it. */
type KnownRefund = { checkoutId: string; state: RefundState; amountMinor: number; isGoodwill: boolean };
/** An order of an event that has to be paid: what its live tickets cost, in Redis and in MySQL. */
export type KnownOrder = { orderId: string; eventId: string; paidBy: string | undefined; redisMinor: number; mysqlMinor: number };

/** All that is known about the money of a run, once everything has settled. */
export type Books = {
  ledger: LedgerPayment[];
  attempts: KnownAttempt[];
  checkouts: KnownCheckout[];
  refunds: KnownRefund[];
  orders: KnownOrder[];
};

/** What is wrong with the money, in words; empty lists if nothing is. */
export type MoneyVerdict = {
  /** Money was kept for seats that the buyer does not have. */
  paidWithoutSeat: string[];
  /** Somebody has seats that were not paid, or not wholly. */
  seatWithoutPayment: string[];
  /** Two payments were taken for the same seats. */
  chargedTwice: string[];
  /** Money that the provider has, or has set aside, and checkout does not know of, or the other way round. */
  unaccounted: string[];
};

/** Compares the provider's own ledger with what checkout knows, and with what the buyers have, by Redis and by MySQL. */
export function judgeMoney(books: Books): MoneyVerdict {
  const { checkouts, orders } = books;
  const verdict: MoneyVerdict = {
    paidWithoutSeat: [],
    seatWithoutPayment: [],
    chargedTwice: [],
    unaccounted: findUnaccounted(books),
  };
  const payments = paymentsOf(books);
  const ordersById = new Map(orders.map((order) => [order.orderId, order]));
  const paidOrders = new Set<string>();
  for (const checkout of checkouts) {
    const { checkoutId, orderId, amountMinor } = checkout;
    const taken = (payments.get(checkoutId) ?? []).filter(({ capturedMinor, refundedMinor }) => capturedMinor > refundedMinor);
    const kept = sum(taken.map(({ capturedMinor, refundedMinor }) => capturedMinor - refundedMinor));
    const name = `checkout ${checkoutId} (${checkout.state}, order ${orderId ?? 'none'})`;
    if (taken.length > 1 || kept > amountMinor)
      verdict.chargedTwice.push(`${name} of ${amountMinor}: ${taken.map(({ ref }) => ref).join(' and ')} took ${kept}`);
    const order = orderId === undefined ? undefined : ordersById.get(orderId);
    const goodwill = sum(
      books.refunds
        .filter((refund) => refund.checkoutId === checkoutId && refund.isGoodwill && countedRefunds.includes(refund.state))
        .map((refund) => refund.amountMinor),
    );
    if (order) paidOrders.add(order.orderId);
    // Of an order of which nothing is left, the goodwill stays.
    const dues = {
      Redis: Math.max(0, (order?.redisMinor ?? 0) - goodwill),
      MySQL: Math.max(0, (order?.mysqlMinor ?? 0) - goodwill),
    };
    const says = `${name}: ${kept} were kept; its tickets cost ${dues.Redis} by Redis, ${dues.MySQL} by MySQL`;
    if (kept > Math.min(dues.Redis, dues.MySQL)) verdict.paidWithoutSeat.push(says);
    if (kept < Math.max(dues.Redis, dues.MySQL)) verdict.seatWithoutPayment.push(says);
  }
  for (const { orderId, eventId, paidBy, redisMinor, mysqlMinor } of orders) {
    const isLive = redisMinor > 0 || mysqlMinor > 0;
    if (isLive && (paidBy !== 'checkout' || !paidOrders.has(orderId)))
      verdict.seatWithoutPayment.push(`order ${orderId} of ${eventId} (paid by ${paidBy ?? 'nobody'}) has no checkout`);
  }
  return verdict;
}

export const isMoneyRight = (verdict: MoneyVerdict) => Object.values(verdict).every((faults) => faults.length === 0);

function findUnaccounted({ ledger, attempts, checkouts, refunds }: Books): string[] {
  const known = new Map(attempts.map((attempt) => [`${attempt.provider} ${attempt.ref}`, attempt]));
  const seen = new Set(ledger.map(({ provider, ref }) => `${provider} ${ref}`));
  const faults = ledger.flatMap((payment) => {
    const { provider, ref, state, capturedMinor } = payment;
    const attempt = known.get(`${provider} ${ref}`);
    const name = `${ref} at ${provider}`;
    return [
      ...(state === 'authorized' ? [`${name} still sets money aside`] : []),
      ...(capturedMinor > 0 && !attempt ? [`${name} took ${capturedMinor}, and checkout does not know of it`] : []),
      ...(attempt && attempt.capturedMinor !== capturedMinor
        ? [`${name} took ${capturedMinor}, but checkout says ${attempt.capturedMinor}`]
        : []),
    ];
  });
  for (const { provider, ref, capturedMinor } of attempts)
    if (capturedMinor > 0 && !seen.has(`${provider} ${ref}`)) faults.push(`${ref} is not in the ledger of ${provider}`);
  for (const { checkoutId, state } of checkouts)
    if (!endedCheckouts.includes(state)) faults.push(`checkout ${checkoutId} is still ${state}`);
  const payments = paymentsOf({ ledger, attempts });
  for (const [checkoutId, all] of payments) {
    const byLedger = sum(all.map(({ refundedMinor }) => refundedMinor));
    const ofCheckout = refunds.filter((refund) => refund.checkoutId === checkoutId && countedRefunds.includes(refund.state));
    const byCheckout = sum(ofCheckout.map(({ amountMinor }) => amountMinor));
    if (byLedger !== byCheckout)
      faults.push(`checkout ${checkoutId}: ${byLedger} were given back, but checkout says ${byCheckout}`);
  }
  return faults;
}

/** The ledger's payments of each checkout. */
function paymentsOf({ ledger, attempts }: Pick<Books, 'ledger' | 'attempts'>): Map<string, LedgerPayment[]> {
  const checkoutOf = new Map(attempts.map(({ provider, ref, checkoutId }) => [`${provider} ${ref}`, checkoutId]));
  const payments = new Map<string, LedgerPayment[]>();
  for (const payment of ledger) {
    const checkoutId = checkoutOf.get(`${payment.provider} ${payment.ref}`);
    if (checkoutId !== undefined) payments.set(checkoutId, [...(payments.get(checkoutId) ?? []), payment]);
  }
  return payments;
}

const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);
