import type { BestPlaces, ChosenSeat, Seat, SeatRequest, SoldFor } from '../../../services/purchase/seats/purchase.ts';
import { operator, stranger } from '../../../services/shared/identity/principal.ts';
import type { Act, BestAct, HoldAct, ItemAct, SeatAct } from './acts.ts';
import { seatName } from './places.ts';
import { offerOf } from './price-rules.ts';
import type { Request } from './requests.ts';
import { type Model, seatMap, zoneOf } from './state.ts';

/** Earlier holds, requests and keys, for later acts to refer to. `zoneIds`: the event's zones as it began. */
export type Past = { holdIds: string[]; keyed: Request[]; keys: string[]; zoneIds: number[] };

/** Turns an act into a request, given the current state. */
export function requestOf(act: Act, model: Model, past: Past): Request {
  const { eventId, venueId } = model.inventory;
  const idempotent = (isKeyed: boolean, what: object) => {
    if (!isKeyed) return {};
    const key = `key-${past.keys.length + 1}`;
    past.keys.push(key);
    return { idempotency: { key, scope: 'stranger', fingerprint: `${act.does} ${JSON.stringify(what)}` } };
  };
  switch (act.does) {
    case 'sell':
    case 'hold': {
      const request = seatRequestOf(act, model, past);
      const { does, buyer: buyerId, client, venue, mayTakeBlocked, keyed } = act;
      // Without an offer, most codes would only be refused.
      const promotion = model.inventory.offer || act.promotion === 'OVER' ? act.promotion : undefined;
      const paidBy = does === 'sell' ? paidByOf(act.pays, mayTakeBlocked) : undefined;
      const wanted = { request, promotion, buyerId, mayTakeBlocked, paidBy };
      const principal = mayTakeBlocked ? operator : stranger;
      return {
        ...{ does, eventId, ...wanted, principal, client, ...idempotent(keyed, wanted) },
        ...(venue !== 'any' && { venueId: venue === 'right' ? venueId : 'elsewhere' }),
      };
    }
    case 'confirm': {
      const holdId = holdOf(act.hold, model, past);
      const { does, isSeller } = act;
      const paidBy = isSeller ? paidByOf(act.pays, isSeller) : undefined;
      return { does, eventId, holdId, isSeller, paidBy, ...idempotent(act.keyed, { holdId, isSeller, paidBy }) };
    }
    case 'begin payment':
    case 'confirm payment':
    case 'end payment': {
      const holdId = holdOf(act.hold, model, past);
      const hold = model.holds.get(holdId);
      const { attempt: newest = firstAttempt, order } = hold ?? {};
      const attempt = newest + { older: -1, newest: 0, newer: 1 }[act.attempt];
      // Of a forgotten hold checkout knows the order: here, any.
      const orderId = order?.orderId ?? latest([...model.orders.keys()], 0) ?? 'unknown';
      return { does: act.does, eventId, holdId, orderId, attempt, leaseMs };
    }
    case 'extend':
    case 'release': {
      const holdId = holdOf(act.hold, model, past);
      return { does: act.does, eventId, holdId, ...idempotent(act.keyed && act.does !== 'release', { holdId }) };
    }
    case 'give up': {
      const holdId = holdOf(act.hold, model, past);
      const { tickets = [] } = model.holds.get(holdId)?.order ?? {};
      return {
        does: 'give up',
        eventId,
        holdId,
        ticketId: (act.ticket !== 'unknown' && latest(tickets, act.ticket)?.ticketId) || 'unknown',
      };
    }
    case 'cancel': {
      const { orderId, ticketId } = orderOf(act.order, model);
      const ticketIds = [...new Set(act.tickets.map(ticketId))];
      const { isBlocking, isCheckout } = act;
      const wanted = { orderId, ticketIds, isBlocking, isCheckout };
      return { does: 'cancel', eventId, ...wanted, ...idempotent(act.keyed, wanted) };
    }
    case 'exchange': {
      const { orderId, ticketId: idOf } = orderOf(act.order, model);
      const ticketId = idOf(act.ticket);
      const place =
        'zone' in act.place
          ? { zoneId: past.zoneIds[act.place.zone] ?? 404 }
          : (seatsOf([act.place], model, past)[0] ?? { zoneId: 404 });
      return { does: 'exchange', eventId, orderId, ticketId, place, ...idempotent(act.keyed, { orderId, ticketId, place }) };
    }
    case 'block':
    case 'unblock': {
      const from = act.does === 'unblock' ? act.seats.map((pick) => (pick.from === 'lost' ? pick : swapped(pick))) : act.seats;
      return { does: act.does, eventId, seats: seatsOf(from, model, past) };
    }
    case 'retry': {
      const request = latest(past.keyed, act.request) ?? { does: 'sweep', eventId };
      const { idempotency } = request;
      if (act.as === 'the same' || !idempotency) return request;
      return { ...request, idempotency: { ...idempotency, fingerprint: `another ${idempotency.fingerprint}` } };
    }
    case 'sweep':
      return { does: 'sweep', eventId };
    default:
      throw act satisfies never;
  }
}

const leaseMs = 300_000;
/** High enough for older ones. */
const firstAttempt = 100;

/** Sellers mostly say how it was paid; others may not, and rarely do. */
const paidByOf = (pays: number, isSeller: boolean): SoldFor | undefined =>
  (isSeller ? pays > 6 : pays === 19) ? 'cash' : undefined;

export const latest = <Item>(list: Item[], at: number): Item | undefined => list[list.length - 1 - (at % (list.length || 1))];

/** Mostly blocked seats instead of free ones. */
const swapped = ({ from, at }: SeatAct): SeatAct => ({
  from: from === 'free' ? 'blocked' : from === 'blocked' ? 'free' : from,
  at,
});

function holdOf(hold: HoldAct, model: Model, past: Past): string {
  const unsold = [...model.holds].flatMap(([id, { state }]) => (state === 'sold' ? [] : [id]));
  const paid = unsold.filter((id) => model.holds.get(id)?.attempt !== undefined);
  const all = [...model.holds.keys()];
  const holdIds = { unsold: unsold.length > 0 ? unsold : all, paid: paid.length > 0 ? paid : unsold, all, ever: past.holdIds };
  return (hold !== 'unknown' && latest(holdIds[hold.of], hold.at)) || `${model.inventory.eventId}~unknown`;
}

function orderOf(order: number | 'unknown', model: Model) {
  const orderId = (order !== 'unknown' && latest([...model.orders.keys()], order)) || 'unknown';
  const { tickets = [] } = model.orders.get(orderId)?.order ?? {};
  return { orderId, ticketId: (at: number | 'unknown') => (at !== 'unknown' && latest(tickets, at)?.ticketId) || 'unknown' };
}

/** In the plainest of the three forms that can say it. */
function seatRequestOf(act: { items: ItemAct[]; lowerCase: boolean }, model: Model, past: Past): SeatRequest {
  const taken: Seat[] = [];
  const items = act.items.flatMap((item): (ChosenSeat | BestPlaces)[] => {
    if ('zone' in item) return [bestOf(item, model, past)];
    const [seat] = seatsOf([item.seat], model, past);
    // Rarely a seat twice.
    if (!seat || (item.seat.at !== 2 && taken.some((other) => seatName(other) === seatName(seat)))) return [];
    taken.push(seat);
    const row = act.lowerCase && /^[A-Za-z]{1,3}$/.test(seat.row) ? seat.row.toLowerCase() : seat.row;
    const ticketType = typeIdOf(model, item.type);
    return [{ ...seat, row, ...(ticketType !== undefined && { ticketType }) }];
  });
  const [first] = items;
  if (items.length === 1 && first && 'quantity' in first) return first;
  const seats = items.flatMap((item) => ('quantity' in item ? [] : [item]));
  return seats.length === items.length ? { seats } : { items };
}

function bestOf({ zone, types, category, sameCategory, accessible, ...rest }: BestAct, model: Model, past: Past): BestPlaces {
  const zoneId = past.zoneIds[zone] ?? 404;
  const ticketTypes = types?.slice(0, rest.quantity).map((at) => typeIdOf(model, at ?? 0) ?? 'adult');
  const { categories } = zoneOf(model, zoneId) ?? {};
  const categoryId = category === undefined ? undefined : category === 3 ? 'Z' : categories?.[category % categories.length];
  return {
    zoneId,
    ...rest,
    ...(ticketTypes && offerOf(model).ticketTypes.length > 0 && { ticketTypes }),
    ...(categoryId !== undefined && { category: categoryId }),
    ...(sameCategory && { sameCategory }),
    ...(accessible && { accessible }),
  };
}

/** The last number is a type that the event does not have. */
function typeIdOf(model: Model, at: number | undefined): string | undefined {
  const { ticketTypes } = offerOf(model);
  return at === undefined ? undefined : at === 3 ? 'pensioner' : ticketTypes[at]?.ticketTypeId;
}

/** The seats that these picks mean now; if there are none such, others. */
export function seatsOf(picks: SeatAct[], model: Model, past: Past): Seat[] {
  const all = [...seatMap(model).values()];
  const over = new Set(
    [...model.holds.values()].flatMap(({ state, order }) => (state === 'sold' ? [] : order.tickets.map(seatName))),
  );
  const from = {
    free: all.filter(({ taken }) => !taken),
    // The seats of an expired hold, which can still be confirmed unless somebody takes them.
    lost: all.filter(({ taken, seat }) => !taken && over.has(seatName(seat))),
    taken: all.filter(({ taken }) => typeof taken === 'object'),
    blocked: all.filter(({ taken }) => taken === 'blocked'),
    unknown: unknownSeats(past.zoneIds).map((seat) => ({ seat })),
  };
  return picks.flatMap((pick) => {
    const list = from[pick.from].length > 0 ? from[pick.from] : all;
    return list[pick.at % (list.length || 1)]?.seat ?? [];
  });
}

/** Seats just outside every edge of every zone, seats with almost the labels of others, and one in an unknown zone. */
const unknownSeats = (zoneIds: number[]): Seat[] => [
  ...zoneIds.flatMap((zoneId) => [
    { zoneId, row: 'A', column: 0 },
    { zoneId, row: 'A', column: 18 },
    { zoneId, row: 'E', column: 1 },
    { zoneId, row: 'AA', column: 1 },
    { zoneId, row: 'B', column: '' },
    { zoneId, row: 'loge 3', column: 1 },
    { zoneId, row: 'Loge 3', column: 'w1' },
  ]),
  { zoneId: 404, row: 'A', column: 1 },
];
