import { setTimeout as pause } from 'node:timers/promises';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { Random } from '../testing/random.ts';
import type { Answer, Ask } from './ask.ts';
import type { History, Outcome, Payment, PricedPlace, ToldCheckout } from './history.ts';
import { chooseSeats } from './seat-requests.ts';

/** A paying buyer's identity and dependencies. `act`: what somebody does at the provider's page; whether it was possible. */
export type PayerStage = {
  name: string;
  random: Random;
  /** Asks purchase and checkout. `office`: asks checkout as somebody who may refund. */
  ask: { purchase: Ask; checkout: Ask; office: Ask };
  act: (ref: string, act: string, options?: object) => Promise<boolean>;
  history: History;
  /** The events that have to be paid. */
  toPay: () => Inventory[];
  /** Once aborted, the buyer starts nothing new, but finishes the request in progress. */
  stopping: AbortSignal;
};

const longestThoughtMs = 400;
const lookEveryMs = { least: 100, most: 500 };
/** After this long without a result, a buyer goes away. */
const patienceMs = 20_000;
const shareRefunded = 0.25;
const shareTakesEqual = 0.5;

/** Why a hold may not be paid: it is too late, or the event was cancelled. */
const openRefusals = ['HOLD_EXPIRED', 'HOLD_NOT_FOUND', 'SALE_CLOSED', 'EVENT_NOT_FOUND'];
const payRefusals = ['PAYMENT_PENDING', 'CHECKOUT_ENDED'];
const holdRefusals = ['SEAT_TAKEN', 'SOLD_OUT', 'NO_ADJACENT_SEATS', 'BUYER_LIMIT_REACHED', 'SALE_CLOSED'];
const refundRefusals = ['TICKET_REFUNDED', 'REFUND_TOO_MUCH', 'NOTHING_TO_REFUND', 'PAYMENT_PENDING'];
const providers = ['stripe', 'paypal'];
const finalStates = ['paid', 'cancelled', 'failed'];

/**
 * Holds seats and pays for them, as people do: with cards that are declined, with other windows open, twice if they can, or not at all. Records
 * what it was told. Resolves once it has stopped.
 */
export async function runPayer(stage: PayerStage): Promise<void> {
  const { name, random, ask, act, history, toPay, stopping } = stage;
  let asked = 0;

  while (!stopping.aborted) {
    const told = await payForSeats();
    if (told?.status === 'paid' && random.chance(shareRefunded)) await refund(told);
    await pause(random.integer(longestThoughtMs));
  }

  async function payForSeats(): Promise<ToldCheckout | undefined> {
    const event = random.pick(toPay());
    const { body } = chooseSeats(random, event);
    const key = `hold-of-${name}-${++asked}`;
    const held = await ask.purchase({ method: 'POST', path: 'holds', body: { ...body, buyerId: name }, key });
    if (!isYes(held, holdRefusals)) return undefined;
    const { holdId, expiresOn, seats } = held.body as { holdId: string; expiresOn: string; seats: PricedPlace[] };
    const takesEqual = random.chance(shareTakesEqual);
    const wish = { holdId, email: `${name}@shop.example`, provider: random.pick(providers), takesEqual };
    const opened = await ask.checkout({ method: 'POST', path: 'checkouts', body: wish, isRepeatable: true });
    if (!isYes(opened, openRefusals)) return undefined;
    const told = opened.body as ToldCheckout & { checkoutToken: string };
    const { checkoutId, checkoutToken: token } = told;
    const heldFromMs = Date.parse(expiresOn) - event.holdMs;
    const payment: Payment = { eventId: event.eventId, buyerId: name, holdId, seats, heldFromMs, checkoutId, token };
    history.payments.push(payment);
    return await goOn(payment, told);
  }

  /** Looks at the checkout, and does at the provider's page whatever comes to mind, until it is over or patience ends. */
  async function goOn(payment: Payment, begun: ToldCheckout): Promise<ToldCheckout | undefined> {
    const endMs = Date.now() + patienceMs;
    let told: ToldCheckout | undefined = begun;
    let actedOn = 0;
    while (told && !finalStates.includes(told.status)) {
      const { status, payment: attempt } = told;
      const ref = refOf(told);
      if (status === 'awaiting_payment' && attempt && ref !== undefined && attempt.attempt > actedOn) {
        actedOn = attempt.attempt;
        if (!(await doSomething(payment, ref))) return undefined;
      } else if (status === 'awaiting_payment' && attempt?.status === 'failed') await payAgain(payment, ref);
      if (stopping.aborted || Date.now() > endMs) return undefined;
      await pause(random.between(lookEveryMs.least, lookEveryMs.most));
      told = await look(payment);
    }
    if (told?.status === 'paid') payment.toldPaid = true;
    return told;
  }

  /** Returns false if the buyer goes away. */
  async function doSomething(payment: Payment, ref: string): Promise<boolean> {
    const luck = random.integer(100);
    if (luck < 55) await act(ref, 'succeed');
    else if (luck < 63) {
      await act(ref, 'require-action');
      await pause(random.integer(longestThoughtMs));
      await act(ref, 'succeed');
    } else if (luck < 75) await act(ref, 'decline');
    else if (luck < 81) await act(ref, 'process', { seconds: random.between(1, 3) });
    // Paid, but its webhook comes only a minute later.
    else if (luck < 84) await act(ref, 'crash');
    else if (luck < 90) await Promise.all([giveUp(payment), act(ref, 'succeed')]);
    else if (luck < 94) await payAgain(payment, ref);
    else if (luck < 97) await giveUp(payment);
    else return false;
    return true;
  }

  /** Pays in a new window and, sometimes, in the old one too. */
  async function payAgain({ checkoutId, token }: Payment, oldRef: string | undefined): Promise<void> {
    const answer = await ask.checkout({
      ...{ method: 'POST', path: `checkouts/${checkoutId}/payments`, isRepeatable: true },
      headers: { 'checkout-token': token },
      body: { provider: random.pick(providers) },
    });
    isYes(answer, payRefusals);
    if (oldRef !== undefined && random.chance(0.5)) await act(oldRef, 'succeed');
  }

  async function giveUp({ checkoutId, token }: Payment): Promise<void> {
    const headers = { 'checkout-token': token };
    const answer = await ask.checkout({ method: 'POST', path: `checkouts/${checkoutId}/cancel`, headers, isRepeatable: true });
    isYes(answer, ['CHECKOUT_ENDED']);
  }

  async function look({ checkoutId, token }: Payment): Promise<ToldCheckout | undefined> {
    const path = `checkouts/${checkoutId}${random.chance(0.5) ? '?settle=true' : ''}`;
    const answer = await ask.checkout({ method: 'GET', path, headers: { 'checkout-token': token }, isRepeatable: true });
    return isYes(answer, []) ? (answer.body as ToldCheckout) : undefined;
  }

  /** Somebody at the office gives the money of an order back: all of it, for some tickets, or an amount. */
  async function refund({ order, tickets, amount }: ToldCheckout): Promise<void> {
    if (!order || amount === undefined) return;
    const { orderId } = order;
    const luck = random.integer(3);
    const some = random.shuffled(tickets).slice(0, random.between(1, tickets.length));
    const ticketIds = luck === 0 ? undefined : luck === 1 ? some.map(({ ticketId }) => ticketId) : [];
    const answer = await ask.office({
      ...{ method: 'POST', path: `orders/${orderId}/refunds`, isRepeatable: true },
      headers: { 'idempotency-key': `refund-of-${name}-${++asked}` },
      body: {
        reason: 'The buyer asked for it',
        ...(luck === 1 && { ticketIds }),
        ...(luck === 2 && { amount: '5.00' }),
        ...(luck !== 2 && random.chance(0.2) && { seats: 'blocked' }),
      },
    });
    const cancelled = ticketIds ?? tickets.map(({ ticketId }) => ticketId);
    if (cancelled.length > 0)
      history.cancellations.push({ orderId, ticketIds: cancelled, outcome: outcomeOf(answer, isYes(answer, refundRefusals)) });
  }

  /** Whether the answer is a 2xx. A refusal with a code that is not in `refusals` is a surprise. */
  function isYes(answer: Answer | undefined, refusals: readonly string[]): answer is Answer {
    if (!answer || answer.status >= 500) return false;
    if (answer.status < 300) return true;
    history.refused++;
    if (!refusals.includes(answer.code)) history.surprises.push(`${name} got ${answer.status} ${JSON.stringify(answer.body)}`);
    return false;
  }
}

function outcomeOf(answer: Answer | undefined, isDone: boolean): Outcome<unknown> {
  if (isDone) return { kind: 'yes', told: {} };
  return answer && answer.status < 500 ? { kind: 'no', code: answer.code } : { kind: 'unknown' };
}

/** The provider's id of the newest attempt, if the buyer got what it takes to pay it. */
function refOf({ payment }: ToldCheckout): string | undefined {
  if (payment?.provider === 'paypal') return payment.payUrl?.split('/').at(-1);
  return payment?.clientSecret?.split('_secret')[0];
}

/** Does at the provider's page what its buttons do, and tries again while the provider is away. */
export const createAct =
  (paymentsUrl: string, giveUp: AbortSignal): PayerStage['act'] =>
  async (ref, act, options = {}) => {
    for (;;) {
      const signal = AbortSignal.timeout(3_000);
      const body = JSON.stringify(options);
      const status = await fetch(`${paymentsUrl}/test/payments/${ref}/${act}`, { method: 'POST', body, signal })
        .then((response) => response.status)
        .catch(() => undefined);
      if (status !== undefined || giveUp.aborted) return status === 200;
      await pause(200);
    }
  };
