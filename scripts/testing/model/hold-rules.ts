import type { OrderInRedis, TicketInRedis } from '../../../services/shared/inventory/order.ts';
import { seatName } from './places.ts';
import type { Confirm, GiveUp, OfHold, Outcome } from './requests.ts';
import { notRefused, type Ruling, requireNotBefore, sell } from './ruling.ts';
import { Illegal, refused } from './same.ts';
import { type Hold, having, isBeingPaid, isPast, left, type Model, seatMap, without, zoneOf } from './state.ts';
import { isClosed, whyOverLimit } from './take-rules.ts';
import { whyOverPromotion, whyOverTypes } from './tally-rules.ts';

/** A hold that is over is deleted at some time after its hour, so from then on it may be known or not. */
export function knownHold(model: Model, holdId: string, outcome: Outcome): Hold | undefined {
  const hold = model.holds.get(holdId);
  const isUnknown = outcome.kind === 'refused' && outcome.code === 'HOLD_NOT_FOUND';
  return hold && hold.state !== 'held' && isPast(model, hold) && isUnknown ? undefined : hold;
}

export const noHold = (model: Model): Ruling => ({ expected: refused('HOLD_NOT_FOUND'), next: model });

/** A hold owns its seats until its deadline. After that it takes them again like a new buyer, if they are all free. */
export function confirm(model: Model, { holdId, isSeller, paidBy }: Confirm, outcome: Outcome): Ruling {
  const hold = knownHold(model, holdId, outcome);
  if (!hold) return noHold(model);
  const { order, state } = hold;
  const sale = model.orders.get(order.orderId);
  if (state === 'sold' && sale) return { expected: { kind: 'sold', isReplay: true, wasConfirmed: true, ...sale }, next: model };

  const notNow = model.state === 'paused' ? refused('SALE_PAUSED') : whyNotUnpaid(model, hold, { isSeller, paidBy });
  const refusal = notNow ?? whyNotNow(model, hold);
  if (refusal) return { expected: refusal, next: model };
  const { expected, next } = sell(model, { ...order, ...(paidBy !== undefined && { paidBy }) }, outcome);
  return {
    expected,
    next: { ...next, holds: having(next.holds, holdId, { ...hold, state: 'sold', client: undefined, untilMs: undefined }) },
  };
}

/** Once its payment was begun, only checkout can confirm a hold; and if the event must be paid, only a seller who was paid. */
function whyNotUnpaid(model: Model, hold: Hold, { isSeller, paidBy }: Pick<Confirm, 'isSeller' | 'paidBy'>) {
  if (isBeingPaid(model, hold)) return refused('HOLD_BEING_PAID');
  if (hold.attempt !== undefined) return refused('HOLD_EXPIRED');
  if (model.inventory.payment !== 'required' || paidBy !== undefined) return undefined;
  return refused(isSeller ? 'PAID_BY_REQUIRED' : 'PAYMENT_REQUIRED');
}

/** Why a hold cannot be confirmed, if it is over. */
export function whyNotNow(model: Model, hold: Hold) {
  if (hold.state !== 'expired' && !isPast(model, hold)) return undefined;
  return model.state === 'paused, but confirming' ? refused('SALE_PAUSED') : whyNotAgain(model, hold.order);
}

function whyNotAgain(model: Model, { tickets, buyerId }: OrderInRedis) {
  if (isClosed(model)) return refused('SALE_CLOSED');
  const isLost = ({ zoneId, row, ...rest }: TicketInRedis) => {
    const zone = zoneOf(model, zoneId);
    if (row === undefined) {
      const wanted = tickets.filter((ticket) => ticket.zoneId === zoneId).length;
      return !zone || zone.grid !== undefined || left(model, zoneId) < wanted;
    }
    const place = seatMap(model).get(seatName({ ...rest, zoneId, row }));
    return !place || place.taken !== undefined;
  };
  if (tickets.some(isLost)) return refused('HOLD_EXPIRED');
  const promoted = tickets.flatMap(({ promotion = [] }) => promotion);
  const [promotionId] = promoted;
  return (
    whyOverLimit(model, buyerId, tickets.length) ??
    whyOverTypes(
      model,
      tickets.map(({ ticketType }) => ticketType),
    ) ??
    whyOverPromotion(model, { promotionId, number: promoted.length, buyerId })
  );
}

/** A hold gets its full time again once, if it has not expired. */
export function extend(model: Model, { holdId }: OfHold, outcome: Outcome): Ruling {
  const hold = knownHold(model, holdId, outcome);
  if (!hold) return noHold(model);
  if (hold.state === 'sold') return { expected: refused('HOLD_CONFIRMED'), next: model };
  if (hold.state === 'expired' || isPast(model, hold)) return { expected: refused('HOLD_EXPIRED'), next: model };
  if (isBeingPaid(model, hold)) return { expected: refused('HOLD_BEING_PAID'), next: model };
  if (hold.extended) return { expected: refused('HOLD_EXTENDED'), next: model };
  notRefused(outcome);
  const heldUntilMs = 'heldUntilMs' in outcome ? outcome.heldUntilMs : Number.NaN;
  requireNotBefore(model, heldUntilMs, model.inventory.holdMs);
  return {
    expected: { kind: 'held', isReplay: false, holdId, heldUntilMs, order: hold.order },
    next: { ...model, holds: having(model.holds, holdId, { ...hold, extended: true, untilMs: heldUntilMs }) },
  };
}

/** A released hold is deleted. A confirmed one cannot be released; its order can only be cancelled. */
export function release(model: Model, { holdId }: OfHold, outcome: Outcome): Ruling {
  const hold = knownHold(model, holdId, outcome);
  if (!hold) return noHold(model);
  if (hold.state === 'sold') return { expected: refused('HOLD_CONFIRMED'), next: model };
  if (isBeingPaid(model, hold)) return { expected: refused('HOLD_BEING_PAID'), next: model };
  return { expected: { kind: 'released' }, next: { ...model, holds: without(model.holds, holdId) } };
}

/** A hold keeps its other tickets until the same time; without its last one, it is deleted. */
export function giveUp(model: Model, { holdId, ticketId }: GiveUp, outcome: Outcome): Ruling {
  const hold = knownHold(model, holdId, outcome);
  if (!hold) return noHold(model);
  if (hold.state === 'sold') return { expected: refused('HOLD_CONFIRMED'), next: model };
  if (hold.state === 'expired' || isPast(model, hold)) return { expected: refused('HOLD_EXPIRED'), next: model };
  if (isBeingPaid(model, hold)) return { expected: refused('HOLD_BEING_PAID'), next: model };
  const tickets = hold.order.tickets.filter((ticket) => ticket.ticketId !== ticketId);
  if (tickets.length === hold.order.tickets.length) return { expected: refused('TICKET_NOT_FOUND'), next: model };
  if (tickets.length === 0) return { expected: { kind: 'released' }, next: { ...model, holds: without(model.holds, holdId) } };
  const order = { ...hold.order, tickets };
  return {
    expected: { kind: 'held', isReplay: false, holdId, heldUntilMs: hold.untilMs ?? Number.NaN, order },
    next: { ...model, holds: having(model.holds, holdId, { ...hold, order }) },
  };
}

/** Ends overdue holds: when it reports no more, all of them. */
export function sweep(model: Model, outcome: Outcome): Ruling {
  if (outcome.kind !== 'swept') throw new Illegal(`the outcome is ${outcome.kind}, not swept`);
  const isAnyPast = [...model.holds.values()].some((hold) => isPast(model, hold));
  if (outcome.more && !isAnyPast) throw new Illegal('nothing is overdue, yet the sweep reports more');
  if (outcome.more || !isAnyPast) return { expected: outcome, next: model };
  const after = [...model.holds].flatMap(([holdId, hold]): [string, Hold][] => {
    if (!isPast(model, hold)) return [[holdId, hold]];
    return hold.state === 'held' ? [[holdId, { ...hold, state: 'expired', client: undefined, untilMs: undefined }]] : [];
  });
  return { expected: outcome, next: { ...model, holds: new Map(after) } };
}
