import { setTimeout as pause } from 'node:timers/promises';
import { buyerIdOf } from '../../services/shared/identity/order-access.ts';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { Order, Ticket } from '../../services/shared/terms/ticket.ts';
import type { Random } from '../testing/random.ts';
import type { Answer, Ask } from './ask.ts';
import type { History, Hold, Outcome, PricedPlace, PromisedOrder, Purchase } from './history.ts';
import { chooseSeats } from './seat-requests.ts';
import type { Session } from './session.ts';

/** A buyer's identity and dependencies. */
export type BuyerStage = {
  name: string;
  random: Random;
  ask: Ask;
  /** Of a signed-in buyer, who needs neither a buyerId nor order tokens. */
  session?: Session | undefined;
  history: History;
  /** The events that can be bought now; and those that have to be paid, which this buyer tries to get for nothing. */
  onSale: () => Inventory[];
  toPay: () => Inventory[];
  /** Once aborted, the buyer starts nothing new, but finishes the request in progress. */
  stopping: AbortSignal;
};

/** Thirty buyers then send a few hundred requests a second, which leaves CPU for services that have to restart. */
const longestThoughtMs = 120;
const shareAnonymous = 0.2;
const longestHoldPauseMs = 3_000;

type Mine = PromisedOrder & { eventId: string };

/** Buys, holds and cancels, one request at a time, and records every answer in the history. Resolves once it has stopped. */
export async function runBuyer(stage: BuyerStage): Promise<void> {
  const { name, random, ask, session, history, onSale, toPay, stopping } = stage;
  // One buyer in four sends no keys, so a lost answer leaves the outcome unknown.
  const usesKeys = !random.chance(0.25);
  const mine: Mine[] = [];
  let asked = 0;
  const keyed = () => (usesKeys ? { key: `request-of-${name}-${++asked}` } : {});

  while (!stopping.aborted) {
    const luck = random.integer(100);
    if (luck < 45) await buy();
    else if (luck < 70) await holdAndDecide();
    else if (luck < 75) await trespass();
    else await cancel();
    await pause(random.integer(longestThoughtMs));
  }

  /** The buyerId to send, and the one that the tickets will have. */
  function buyerFor({ ticketsPerBuyer }: Inventory): { given: string | undefined; buyerId: string | undefined } {
    if (session) return { given: undefined, buyerId: buyerIdOf(session) };
    const given = ticketsPerBuyer === undefined && random.chance(shareAnonymous) ? undefined : name;
    return { given, buyerId: given };
  }

  async function buy(): Promise<void> {
    const event = random.pick(onSale());
    const { eventId, venueId } = event;
    const { given, buyerId } = buyerFor(event);
    const { wanted, body } = chooseSeats(random, event);
    const [seat] = 'seats' in wanted && wanted.seats.length === 1 ? wanted.seats : [];
    const answer = await ask({
      method: 'POST',
      path: seat ? 'tickets' : 'orders',
      body: seat ? { venueId, eventId, ...seat, buyerId: given } : { ...body, buyerId: given },
      ...keyed(),
    });
    const outcome = settle(answer, takeRefusals, (told) => orderIn(seat ? ticketAlone(told) : told));
    record({ eventId, buyerId, wanted, outcome });
  }

  /** Tries to get tickets without paying, at once or by holding them first. A ticket of an event to pay for is judged by its payment. */
  async function trespass(): Promise<void> {
    const { body } = chooseSeats(random, random.pick(toPay()));
    const buyerId = session ? undefined : name;
    if (random.chance(0.5)) {
      const bought = await ask({ method: 'POST', path: 'orders', body: { ...body, buyerId }, ...keyed() });
      settle(bought, [...takeRefusals, ...mustPay], () => {});
      return;
    }
    const held = await ask({ method: 'POST', path: 'holds', body: { ...body, buyerId }, ...keyed() });
    const outcome = settle(held, [...takeRefusals, ...mustPay], ({ holdId }) => String(holdId));
    if (outcome.kind !== 'yes') return;
    const path = `holds/${outcome.told}`;
    const confirmed = await ask({ method: 'POST', path: `${path}/confirm`, isRepeatable: true, ...keyed() });
    settle(confirmed, [...mustPay, 'HOLD_EXPIRED'], () => {});
    const released = await ask({ method: 'DELETE', path, isRepeatable: true });
    settle(released, ['HOLD_NOT_FOUND'], () => {});
  }

  async function holdAndDecide(): Promise<void> {
    const event = random.pick(onSale());
    const { eventId } = event;
    const { given, buyerId } = buyerFor(event);
    const { body } = chooseSeats(random, event);
    const path = 'holds';
    const answer = await ask({ method: 'POST', path, body: { ...body, buyerId: given }, ...keyed() });
    const outcome = settle(answer, takeRefusals, (told) => told as { holdId: string; expiresOn: string; seats: PricedPlace[] });
    if (outcome.kind !== 'yes') return;
    const { holdId, expiresOn, seats } = outcome.told;
    const heldUntilMs = Date.parse(expiresOn);
    const hold: Hold = { eventId, holdId, seats, heldFromMs: heldUntilMs - event.holdMs, heldUntilMs };
    history.holds.push(hold);

    const luck = random.integer(100);
    if (luck < 15) return;
    if (luck < 30) return await release(hold);
    if (luck < 45) await extend(hold);
    else if (luck < 60) await pause(random.integer(longestHoldPauseMs));
    await confirm(hold, buyerId);
  }

  async function release(hold: Hold): Promise<void> {
    hold.releasedMs = Date.now();
    const answer = await ask({ method: 'DELETE', path: `holds/${hold.holdId}`, isRepeatable: true });
    // Not found: an earlier attempt, whose answer was lost, released it.
    settle(answer, ['HOLD_NOT_FOUND'], () => {});
  }

  async function extend(hold: Hold): Promise<void> {
    const answer = await ask({ method: 'POST', path: `holds/${hold.holdId}/extend`, ...keyed() });
    const outcome = settle(answer, ['HOLD_EXPIRED', 'HOLD_EXTENDED'], (told) => Date.parse(String(told.expiresOn)));
    if (outcome.kind === 'yes') hold.heldUntilMs = outcome.told;
  }

  async function confirm(hold: Hold, buyerId: string | undefined): Promise<void> {
    const { eventId, holdId, seats } = hold;
    const answer = await ask({ method: 'POST', path: `holds/${holdId}/confirm`, isRepeatable: true, ...keyed() });
    const outcome = settle(answer, ['HOLD_EXPIRED', 'BUYER_LIMIT_REACHED'], orderIn);
    if (outcome.kind === 'yes') hold.orderId = outcome.told.orderId;
    record({ eventId, buyerId, wanted: { seats }, held: seats, outcome });
  }

  async function cancel(): Promise<void> {
    const order = mine.splice(random.integer(mine.length), 1)[0];
    if (!order) return await buy();
    const { eventId, orderId, orderToken, tickets } = order;
    const some = random.chance(0.3) ? random.shuffled(tickets).slice(0, random.between(1, tickets.length)) : undefined;
    const ticketIds = (some ?? tickets).map(({ ticketId }) => ticketId);
    const body = { eventId, ...(some && { ticketIds }) };
    const proof = session ? {} : { headers: { 'order-token': orderToken } };
    const answer = await ask({ method: 'POST', path: `orders/${orderId}/cancel`, body, ...proof, ...keyed() });
    const outcome = settle(answer, [], (told) => {
      const live = (told.tickets as Ticket[]).filter(({ status }) => status !== 'CANCELLED').map(({ ticketId }) => ticketId);
      const kept = live.filter((ticketId) => ticketIds.includes(ticketId));
      if (kept.length > 0)
        history.surprises.push(`order ${orderId}: ${kept.join()} were cancelled, but the answer shows them as live`);
    });
    history.cancellations.push({ orderId, ticketIds, outcome });
  }

  function record(purchase: Purchase): void {
    history.purchases.push(purchase);
    if (purchase.outcome.kind === 'yes') mine.push({ ...purchase.outcome.told, eventId: purchase.eventId });
  }

  /** Classifies an answer. A refusal with a code that is not in `refusals` is a surprise. */
  function settle<Told>(
    answer: Answer | undefined,
    refusals: readonly string[],
    read: (told: Record<string, unknown>) => Told,
  ): Outcome<Told> {
    if (!answer || answer.status >= 500) return { kind: 'unknown' };
    if (answer.status < 300) return { kind: 'yes', told: read(answer.body) };
    history.refused++;
    if (!refusals.includes(answer.code)) history.surprises.push(`${name} got ${answer.status} ${JSON.stringify(answer.body)}`);
    return { kind: 'no', code: answer.code };
  }
}

/** The event may be closed or cancelled by now. */
const mustPay = ['PAYMENT_REQUIRED', 'SALE_CLOSED'];
const takeRefusals = ['SEAT_TAKEN', 'SOLD_OUT', 'NO_ADJACENT_SEATS', 'BUYER_LIMIT_REACHED'];

const ticketAlone = (told: object) => ({ ...told, tickets: [told] });

function orderIn(told: object): PromisedOrder {
  const { orderId, orderToken, tickets } = told as Order & { orderToken: string };
  return {
    orderId,
    orderToken,
    tickets: tickets.map(({ ticketId, zoneId, row, column, price }) => ({ ticketId, zoneId, row, column, price })),
  };
}
