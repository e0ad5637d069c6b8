import { isDeepStrictEqual } from 'node:util';
import type { Refusal } from '../../../services/shared/inventory/decisions.ts';
import type { OrderInRedis, TicketInRedis } from '../../../services/shared/inventory/order.ts';
import type { Cancel, OfHold, Open, Outcome, Request, Take } from './requests.ts';
import { seatName } from './requests.ts';
import { type Hold, having, isPast, left, type Model, seatMap, without, zoneOf } from './state.ts';
import { Illegal, positionsOf, refused, requireBest, requireSame, whyNotTake, whyOverLimit } from './take-rules.ts';

/** A rule's verdict: the only legal outcome, and the model after it. */
type Ruling = { expected: Outcome; next: Model };

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
  if (!idempotency || !isKept(outcome)) return next;
  return { ...next, answers: having(next.answers, idempotency.key, { fingerprint: idempotency.fingerprint, outcome }) };
}

function rule(model: Model, request: Request, outcome: Outcome): Ruling {
  switch (request.does) {
    case 'sell':
    case 'hold':
      return take(model, request, outcome);
    case 'confirm':
      return confirm(model, request, outcome);
    case 'extend':
      return extend(model, request, outcome);
    case 'release':
      return release(model, request, outcome);
    case 'cancel':
      return cancel(model, request, outcome);
    case 'sweep':
      return sweep(model, outcome);
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
  'NOT_ON_SALE',
  'BUYER_REQUIRED',
];
const isKept = (outcome: Outcome) => outcome.kind !== 'refused' || !keptForNoKey.includes(outcome.code);

function take(model: Model, request: Take, outcome: Outcome): Ruling {
  const refusal = whyNotTake(model, request);
  if (refusal) return { expected: refusal, next: model };
  const { does, buyerId, request: wanted } = request;
  const { order: answered } = notRefused(outcome);
  if (!('seats' in wanted) && zoneOf(model, wanted.zoneId)?.grid) requireBest(model, wanted, answered.tickets);
  const ids = answered.tickets.map(({ ticketId }) => ticketId);
  requireNew(model, answered.orderId, ids);
  const { eventId, venueId, currency } = model.inventory;
  const seats = 'seats' in wanted ? wanted.seats : answered.tickets.map((ticket) => ({ ...ticket, zoneId: wanted.zoneId }));
  const order: OrderInRedis = {
    orderId: answered.orderId,
    eventId,
    venueId,
    ...(buyerId !== undefined && { buyerId }),
    tickets: seats.map(({ zoneId, row, column }, at) => ({
      ticketId: ids[at] ?? '',
      zoneId,
      ...(row !== undefined && column !== undefined && { row: row.toUpperCase(), column }),
      priceMinor: zoneOf(model, zoneId)?.priceMinor ?? Number.NaN,
      currency,
    })),
  };
  if (does === 'sell') return sell(model, order, outcome);

  const { holdId, heldUntilMs } = 'holdId' in outcome ? outcome : { holdId: '', heldUntilMs: Number.NaN };
  if (model.holds.has(holdId)) throw new Illegal(`hold ${holdId} already exists`);
  requireNotBefore(model, heldUntilMs, model.inventory.holdMs);
  const held: Hold = { state: 'held', order, extended: false, untilMs: heldUntilMs };
  return {
    expected: { kind: 'held', isReplay: false, holdId, heldUntilMs, order },
    next: { ...model, holds: having(model.holds, holdId, held) },
  };
}

function notRefused(outcome: Outcome) {
  if ('order' in outcome) return outcome;
  throw new Illegal(`the outcome is ${JSON.stringify(outcome)}: there is no reason to refuse`);
}

function requireNew(model: Model, orderId: string, ticketIds: string[]): void {
  const known = [...model.orders.values(), ...model.holds.values()].flatMap(({ order }) => [
    order.orderId,
    ...order.tickets.map(({ ticketId }) => ticketId),
  ]);
  const ids = [orderId, ...ticketIds];
  if (new Set(ids).size < ids.length || ids.some((id) => known.includes(id))) throw new Illegal(`${ids.join()} are not new ids`);
}

function requireNotBefore({ nowMs }: Model, timeMs: number, ms = 0): void {
  if (!(timeMs >= nowMs + ms)) throw new Illegal(`${timeMs} is before ${nowMs} + ${ms}`);
}

function sell(model: Model, order: OrderInRedis, outcome: Outcome): Ruling {
  notRefused(outcome);
  const soldAtMs = 'soldAtMs' in outcome ? outcome.soldAtMs : Number.NaN;
  requireNotBefore(model, soldAtMs);
  const sale = { soldAtMs, order: { ...order, sequence: model.sequence + 1 } };
  return {
    expected: { kind: 'sold', isReplay: false, ...sale },
    next: { ...model, sequence: model.sequence + 1, orders: having(model.orders, order.orderId, sale) },
  };
}

/** A hold that is over is deleted at some time after its hour, so from then on it may be known or not. */
function knownHold(model: Model, holdId: string, outcome: Outcome): Hold | undefined {
  const hold = model.holds.get(holdId);
  const isUnknown = outcome.kind === 'refused' && outcome.code === 'HOLD_NOT_FOUND';
  return hold && hold.state !== 'held' && isPast(model, hold) && isUnknown ? undefined : hold;
}

const noHold = (model: Model): Ruling => ({ expected: refused('HOLD_NOT_FOUND'), next: model });

/** A hold owns its seats until its deadline. After that it can be confirmed only if they are all free, within the buyer's limit. */
function confirm(model: Model, { holdId }: OfHold, outcome: Outcome): Ruling {
  const hold = knownHold(model, holdId, outcome);
  if (!hold) return noHold(model);
  const { order, state } = hold;
  const sale = model.orders.get(order.orderId);
  if (state === 'sold' && sale) return { expected: { kind: 'sold', isReplay: true, wasConfirmed: true, ...sale }, next: model };

  if (state === 'expired' || isPast(model, hold)) {
    const map = seatMap(model);
    const isLost = (ticket: TicketInRedis) =>
      ticket.row === undefined
        ? left(model, ticket.zoneId) < order.tickets.length
        : map.get(seatName(ticket))?.owner !== undefined;
    const refusal = order.tickets.some(isLost)
      ? refused('HOLD_EXPIRED')
      : whyOverLimit(model, order.buyerId, order.tickets.length);
    if (refusal) return { expected: refusal, next: model };
  }
  const { expected, next } = sell(model, order, outcome);
  return { expected, next: { ...next, holds: having(next.holds, holdId, { ...hold, state: 'sold', untilMs: undefined }) } };
}

/** A hold gets its full time again once, if it has not expired. */
function extend(model: Model, { holdId }: OfHold, outcome: Outcome): Ruling {
  const hold = knownHold(model, holdId, outcome);
  if (!hold) return noHold(model);
  if (hold.state === 'sold') return { expected: refused('HOLD_CONFIRMED'), next: model };
  if (hold.state === 'expired' || isPast(model, hold)) return { expected: refused('HOLD_EXPIRED'), next: model };
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
function release(model: Model, { holdId }: OfHold, outcome: Outcome): Ruling {
  const hold = knownHold(model, holdId, outcome);
  if (!hold) return noHold(model);
  if (hold.state === 'sold') return { expected: refused('HOLD_CONFIRMED'), next: model };
  return { expected: { kind: 'released' }, next: { ...model, holds: without(model.holds, holdId) } };
}

/** Tickets are cancelled once and stay cancelled, and the returned order shows all of them. */
function cancel(model: Model, { orderId, ticketIds }: Cancel, outcome: Outcome): Ruling {
  const sale = model.orders.get(orderId);
  if (!sale) return { expected: refused('ORDER_NOT_FOUND'), next: model };
  const { tickets } = sale.order;
  const noTicket = positionsOf(ticketIds, (ticketId) => !tickets.some((ticket) => ticket.ticketId === ticketId));
  if (noTicket.length > 0) return { expected: refused('TICKET_NOT_FOUND', { positions: noTicket }), next: model };

  const isMeant = ({ ticketId }: TicketInRedis) => ticketIds.length === 0 || ticketIds.includes(ticketId);
  const count = tickets.filter((ticket) => isMeant(ticket) && !ticket.cancelled).length;
  if (count === 0) return { expected: { kind: 'cancelled', isReplay: false, ...sale, count }, next: model };
  const sequence = model.sequence + 1;
  const marks = notRefused(outcome).order.tickets.flatMap(({ cancelled }) => (typeof cancelled === 'object' ? [cancelled] : []));
  const timeMs = marks.find((mark) => mark.sequence === sequence)?.timeMs ?? Number.NaN;
  requireNotBefore(model, timeMs);
  const cancelled = { sequence, timeMs };
  const order = {
    ...sale.order,
    tickets: tickets.map((ticket) => (isMeant(ticket) && !ticket.cancelled ? { ...ticket, cancelled } : ticket)),
  };
  return {
    expected: { kind: 'cancelled', isReplay: false, soldAtMs: sale.soldAtMs, order, count },
    next: { ...model, sequence, orders: having(model.orders, orderId, { ...sale, order }) },
  };
}

/** Ends overdue holds: when it reports no more, all of them. */
function sweep(model: Model, outcome: Outcome): Ruling {
  if (outcome.kind !== 'swept') throw new Illegal(`the outcome is ${outcome.kind}, not swept`);
  const isAnyPast = [...model.holds.values()].some((hold) => isPast(model, hold));
  if (outcome.more && !isAnyPast) throw new Illegal('nothing is overdue, yet the sweep reports more');
  if (outcome.more || !isAnyPast) return { expected: outcome, next: model };
  const after = [...model.holds].flatMap(([holdId, hold]): [string, Hold][] => {
    if (!isPast(model, hold)) return [[holdId, hold]];
    return hold.state === 'held' ? [[holdId, { ...hold, state: 'expired', untilMs: undefined }]] : [];
  });
  return { expected: outcome, next: { ...model, holds: new Map(after) } };
}

/** Opening an event again may change its prices or on-sale time; tickets already taken are not affected. */
function open(model: Model, { inventory }: Open): Ruling {
  const isChange = !isDeepStrictEqual(inventory, model.inventory);
  return { expected: { kind: isChange ? 'changed' : 'unchanged' }, next: isChange ? { ...model, inventory } : model };
}
