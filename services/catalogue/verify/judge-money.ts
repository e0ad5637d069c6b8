import { doneRefunds, endedCheckouts, isStuck, movingRefunds } from '../../shared/payments/progress.ts';
import type { RefundState } from '../../shared/stores/schema.ts';
import { uuidText } from '../../shared/stores/uuid.ts';
import { decimalOf, unitsOf } from '../../shared/terms/decimal-units.ts';
import { plainDecimal } from '../../shared/terms/money.ts';
import type { Facts, PaidOrder, Refund } from './read-money.ts';

type Finding = { kind: string; line: string };

const isDone = (state: RefundState) => doneRefunds.includes(state);
const isMoving = (state: RefundState) => movingRefunds.includes(state);
const givesBack = ({ state }: Refund) => isDone(state) || isMoving(state);
const sumOf = (amounts: bigint[]) => amounts.reduce((sum, amount) => sum + amount, 0n);
const moneyBack = (refunds: Refund[]) => sumOf(refunds.filter(givesBack).map(({ amount }) => unitsOf(amount)));

/**
 * What an order is worth that was paid through checkout: its live tickets, without those that a refund on its way is about to cancel, and less
 * refunds by amount, which cancel no ticket. Never less than nothing.
 */
function worthOf({ tickets }: PaidOrder, all: Refund[]): bigint {
  // Others give back a payment that bought nothing.
  const refunds = all.filter(({ order_id }) => order_id !== null);
  const leaving = refunds.filter(({ state }) => isMoving(state));
  const isLeaving = (ticketId: string) => leaving.some(({ ticketIds }) => ticketIds === null || ticketIds.includes(ticketId));
  const live = sumOf(tickets.filter(({ ticketId, isLive }) => isLive && !isLeaving(ticketId)).map(({ price }) => price));
  const rest = live - moneyBack(refunds.filter(({ ticketIds }) => ticketIds?.length === 0));
  return rest > 0n ? rest : 0n;
}

/**
 * Compares what was taken and given back for a checkout with the order that it paid. One that has not ended is judged only by what can
 * never be right. `order`: undefined if neither store has it.
 */
export function judgeMoney(
  facts: Facts,
  order: PaidOrder | undefined,
  { currency, nowMs }: { currency: string; nowMs: number },
): Finding[] {
  const findings: Finding[] = [];
  const { checkout, attempts, refunds } = facts;
  const id = uuidText(checkout.checkout_id);
  const money = (units: bigint) => `${plainDecimal(decimalOf(units), currency)} ${currency}`;
  const add = (kind: string, line: string) => findings.push({ kind, line });
  const show = `details: npm run onsale -- payments show ${id}`;
  const captured = sumOf(attempts.map((attempt) => unitsOf(attempt.captured)));
  const kept = captured - moneyBack(refunds);
  const amount = checkout.amount === null ? undefined : unitsOf(checkout.amount);

  for (const { attempt, ...payment } of attempts) {
    const [wanted, taken] = [unitsOf(payment.amount), unitsOf(payment.captured)];
    if (payment.currency !== currency) {
      add(
        'payments in a foreign currency',
        `payment ${attempt} of checkout ${id} is in ${payment.currency}, but its event in ${currency}`,
      );
    } else if (wanted !== amount) {
      const of = amount === undefined ? 'has no amount' : `comes to ${money(amount)}`;
      add(
        'payments of a wrong amount',
        `payment ${attempt} of checkout ${id} is for ${money(wanted)}, but the checkout ${of}; ${show}`,
      );
    }
    if (taken !== (payment.state === 'captured' ? wanted : 0n)) {
      add(
        'payments of a wrong amount',
        `payment ${attempt} of checkout ${id} is ${payment.state} for ${money(wanted)}, but ${money(taken)} was taken; ${show}`,
      );
    }
  }
  const keepers = attempts.filter(({ attempt, captured: taken }) => {
    const back = moneyBack(refunds.filter((refund) => refund.attempt === attempt));
    return unitsOf(taken) > back;
  });
  if (keepers.length > 1) {
    const refs = keepers.map(({ provider, provider_ref }) => `${provider_ref} at ${provider}`).join(' and ');
    add('checkouts charged twice', `checkout ${id} was charged twice: ${refs}; refund one of them at its provider`);
  }
  if (kept < 0n) {
    add(
      'more refunded than taken',
      `checkout ${id}: ${money(captured)} was taken, but ${money(captured - kept)} given back; ${show}`,
    );
  }

  const isEnded = endedCheckouts.includes(checkout.state);
  if (!isEnded && isStuck(checkout, nowMs)) {
    const what =
      checkout.state === 'capturing' ? 'the order exists, but its money cannot be taken' : `it stays ${checkout.state}`;
    add(
      'stuck checkouts',
      `checkout ${id} is stuck: ${what}${noteOf(checkout)}; see whether its provider and purchase work; ${show}`,
    );
  }
  const owed = judgeRefunds(facts, { add, money, nowMs });
  if (!isEnded || kept < 0n || keepers.length > 1) return findings;
  if (checkout.state === 'paid') judgePaid(kept, owed);
  else {
    if (kept > owed) {
      const what = `${money(kept - owed)} was taken, bought nothing, and is not on its way back`;
      add('payments without an order', `checkout ${id} is ${checkout.state}: ${what}; refund it at its provider; ${show}`);
    }
    if (order?.paidBy === 'checkout' && worthOf(order, refunds) > 0n) {
      add('orders without a payment', `order ${order.orderId} is sold, but its checkout ${id} is ${checkout.state}; ${show}`);
    }
  }
  return findings;

  function judgePaid(left: bigint, unpaidBack: bigint): void {
    if (!order) {
      const lost =
        checkout.order_id === null ? 'has no order' : `has paid order ${uuidText(checkout.order_id)}, which is nowhere`;
      add('payments without an order', `checkout ${id} ${lost}: ${money(left)} was kept; ${show}`);
      return;
    }
    const { orderId, paidBy } = order;
    if (paidBy !== 'checkout') {
      const marked = paidBy === undefined ? 'not marked as paid' : `marked as paid by ${paidBy}`;
      add('orders whose payment differs', `order ${orderId} was paid by checkout ${id}, but is ${marked}`);
    }
    const sold = sumOf(order.tickets.filter(({ isReplaced }) => !isReplaced).map(({ price }) => price));
    if (sold !== amount) {
      const said = amount === undefined ? 'nothing' : money(amount);
      add(
        'orders of another amount',
        `order ${orderId} was sold for ${money(sold)}, but checkout ${id} has paid ${said} for it; ${show}`,
      );
      return;
    }
    const worth = worthOf(order, refunds);
    if (worth > 0n && captured === 0n) {
      add(
        'orders without a payment',
        `order ${orderId} is sold for ${money(sold)}, but nothing was taken by checkout ${id}; ${show}`,
      );
    } else if (left > worth + unpaidBack) {
      const rest = money(left - worth - unpaidBack);
      add(
        'money kept for cancelled tickets',
        `order ${orderId} is worth ${money(worth)}, but ${money(left)} of its payment was kept; refund ${rest} of it; ${show}`,
      );
    } else if (left < worth) {
      add(
        'tickets that are not paid',
        `order ${orderId} is worth ${money(worth)}, but only ${money(left)} of its payment was kept; cancel what was refunded; ${show}`,
      );
    }
  }
}

type Told = { add: (kind: string, line: string) => void; money: (units: bigint) => string; nowMs: number };

/** Reports refunds that failed or are stuck. Returns how much was to go back with those that failed and cancelled tickets, or bought nothing. */
function judgeRefunds({ checkout, refunds }: Facts, { add, money, nowMs }: Told): bigint {
  let owed = 0n;
  const ofOrder = checkout.order_id === null ? '' : ` of order ${uuidText(checkout.order_id)}`;
  for (const refund of refunds) {
    const { state, amount, provider, refund_id, ticketIds, order_id } = refund;
    const name = `refund ${uuidText(refund_id)}${ofOrder}, ${money(unitsOf(amount))},`;
    if (isMoving(state) && isStuck(refund, nowMs)) {
      add('stuck refunds', `${name} is stuck${noteOf(refund)}; see whether ${provider} works; it is tried again by itself`);
    }
    if (state !== 'failed' || refunds.some((other) => makesGood(other, refund))) continue;
    add(
      'failed refunds',
      `${name} failed at ${provider}${noteOf(refund)}: the buyer waits for it; ask for it again, or pay it at ${provider}, and then: npm run onsale -- payments reconcile`,
    );
    if (order_id === null || ticketIds?.length !== 0) owed += unitsOf(amount);
  }
  return owed;
}

/** Whether a later refund gave back what another one failed to. */
const makesGood = (later: Refund, failed: Refund) =>
  givesBack(later) && later.created_on >= failed.created_on && unitsOf(later.amount) >= unitsOf(failed.amount);

const noteOf = ({ note }: { note: string | null }) => (note === null ? '' : ` (${note})`);
