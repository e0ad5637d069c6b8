import type { Refusal } from '../../../services/shared/inventory/decisions.ts';
import type { OrderInRedis } from '../../../services/shared/inventory/order.ts';
import { draftOf } from './draft-rules.ts';
import { confirm, extend, giveUp, release, sweep } from './hold-rules.ts';
import { block, open } from './operator-rules.ts';
import { cancel, exchange } from './order-rules.ts';
import { beginPayment, confirmPaid, endPayment } from './payment-rules.ts';
import { seatName } from './places.ts';
import type { Outcome, Request, Take } from './requests.ts';
import { notRefused, type Ruling, requireNew, requireNotBefore, sell } from './ruling.ts';
import { Illegal, refused, requireSame } from './same.ts';
import { type Hold, having, type Model } from './state.ts';
import { whyNotAsked } from './take-rules.ts';

/**
 * The rules of the write side. Takes a model, a request and its outcome, and returns the next model. Throws Illegal unless the outcome
 * is right in every part: code, positions, texts, prices and seats. It accepts from the outcome what the rules leave open: ids, the
 * time, and the choice among equally good seats.
 */
export function judge(model: Model, request: Request, outcome: Outcome): Model {
  const { idempotency } = request;
  const known = idempotency && model.answers.get(idempotency.key);
  if (known) {
    // A known key replays its outcome, whatever has happened since, or refuses another request; either way nothing changes.
    const isSame = known.fingerprint === idempotency.fingerprint;
    requireSame('the outcome', outcome, isSame ? { ...known.outcome, isReplay: true } : refused('IDEMPOTENCY_KEY_REUSED'));
    return model;
  }
  const { expected, next } = rule(model, request, outcome);
  requireSame('the outcome', outcome, expected);
  if (!idempotency || !isKept(request, outcome)) return next;
  return { ...next, answers: having(next.answers, idempotency.key, { fingerprint: idempotency.fingerprint, outcome }) };
}

function rule(model: Model, request: Request, outcome: Outcome): Ruling {
  switch (request.does) {
    case 'sell':
    case 'hold':
      return take(model, request, outcome);
    case 'confirm':
      return confirm(model, request, outcome);
    case 'begin payment':
      return beginPayment(model, request, outcome);
    case 'confirm payment':
      return confirmPaid(model, request, outcome);
    case 'end payment':
      return endPayment(model, request, outcome);
    case 'extend':
      return extend(model, request, outcome);
    case 'release':
      return release(model, request, outcome);
    case 'give up':
      return giveUp(model, request, outcome);
    case 'cancel':
      return cancel(model, request, outcome);
    case 'exchange':
      return exchange(model, request, outcome);
    case 'block':
    case 'unblock':
      return block(model, request, outcome);
    case 'sweep':
      return sweep(model, outcome);
    case 'set state':
      return { expected: { kind: 'set' }, next: { ...model, state: request.state } };
    case 'open':
      return open(model, request);
    default:
      throw request satisfies never;
  }
}

/** A refusal that the client can fix, or that passes with time, is not kept for its key: the next request with the key is a new one. */
const keptForNoKey: Refusal['code'][] = [
  'EVENT_NOT_FOUND',
  'ZONE_NOT_FOUND',
  'SEAT_NOT_FOUND',
  'TICKET_NOT_FOUND',
  'ORDER_NOT_FOUND',
  'HOLD_NOT_FOUND',
  'CATEGORY_NOT_FOUND',
  'TICKET_TYPE_NOT_FOUND',
  'PROMOTION_NOT_FOUND',
  'TOO_MANY_TICKETS',
  'SEAT_REPEATED',
  'NOT_ON_SALE',
  'SALE_PAUSED',
  'SALE_CLOSED',
  'BUYER_REQUIRED',
  'HOLD_LIMIT_REACHED',
  'HOLD_BEING_PAID',
  'PAYMENT_REQUIRED',
  'PAID_BY_REQUIRED',
  'PAID_BY_NOT_YOURS',
  'PAID_THROUGH_CHECKOUT',
];
const isKept = ({ does }: Request, outcome: Outcome) =>
  outcome.kind !== 'refused' || (does !== 'exchange' && !keptForNoKey.includes(outcome.code));

function take(model: Model, request: Take, outcome: Outcome): Ruling {
  const unasked = whyNotAsked(model, request);
  if (unasked) return { expected: unasked, next: model };
  const answered = 'order' in outcome ? outcome.order : undefined;
  const { tickets, groups, certain, possible } = draftOf(model, request, answered?.tickets);
  if (outcome.kind === 'refused') {
    // Two searches of an order may both find too little; the details tell which of them it was.
    const reasons = [certain ?? [], possible].flat().filter(({ code }) => code === outcome.code);
    const refusal = reasons.find(({ detail }) => detail === outcome.detail) ?? reasons[0] ?? certain;
    if (refusal) return { expected: refusal, next: model };
  }
  if (certain) return { expected: certain, next: model };

  const { orderId, tickets: told } = notRefused(outcome).order;
  const ids = told.map(({ ticketId }) => ticketId);
  requireNew(model, [orderId, ...ids]);
  const { does, buyerId, paidBy, client } = request;
  const { eventId, venueId } = model.inventory;
  const order: OrderInRedis = {
    orderId,
    eventId,
    venueId,
    ...(buyerId !== undefined && { buyerId }),
    ...(paidBy !== undefined && { paidBy }),
    tickets: tickets.map((ticket, at) => ({ ticketId: ids[at] ?? '', ...ticket })),
  };
  const grouped = groups === undefined ? {} : { groups };
  const ruling =
    does === 'sell'
      ? sell(model, order, outcome)
      : hold(model, { order, client: request.mayTakeBlocked ? undefined : client?.[0] }, outcome);
  const blocked = model.blocked.difference(new Set(tickets.map(seatName)));
  return { expected: { ...ruling.expected, ...grouped }, next: { ...ruling.next, blocked } };
}

function hold(model: Model, { order, client }: Pick<Hold, 'order' | 'client'>, outcome: Outcome): Ruling {
  const { holdId, heldUntilMs } = 'holdId' in outcome ? outcome : { holdId: '', heldUntilMs: Number.NaN };
  if (model.holds.has(holdId)) throw new Illegal(`hold ${holdId} already exists`);
  requireNotBefore(model, heldUntilMs, model.inventory.holdMs);
  const held: Hold = { state: 'held', order, client, extended: false, untilMs: heldUntilMs };
  return {
    expected: { kind: 'held', isReplay: false, holdId, heldUntilMs, order },
    next: { ...model, holds: having(model.holds, holdId, held) },
  };
}
