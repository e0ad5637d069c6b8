import { type BestPlaces, type ChosenSeat, itemsOf } from '../../../services/purchase/seats/purchase.ts';
import type { Refusal } from '../../../services/shared/inventory/decisions.ts';
import { seatName } from './places.ts';
import { fullPrice, offerOf, typeOf } from './price-rules.ts';
import type { Take } from './requests.ts';
import { positionsOf, refused } from './same.ts';
import { categoriesFor } from './search-rules.ts';
import { liveHolds, type Model, seatMap, ticketsOf, zoneOf } from './state.ts';
import { promotionOf } from './tally-rules.ts';

export const sizeOf = (request: Take['request']) =>
  itemsOf(request).reduce((sum, item) => sum + ('quantity' in item ? item.quantity : 1), 0);

export const isClosed = ({ state, inventory, nowMs }: Model) =>
  state === 'closed' || (inventory.offSaleAtMs !== undefined && nowMs >= inventory.offSaleAtMs);

/** Why a request must be refused whatever its searches find, if so: the first reason that applies. */
export function whyNotAsked(model: Model, request: Take): Refusal | undefined {
  const { eventId, venueId, buyerId, request: wanted, mayTakeBlocked } = request;
  const { inventory, nowMs, state } = model;
  const unpaid = whyNotUnpaid(model, request);
  if (unpaid) return unpaid;
  if (eventId !== inventory.eventId || (venueId !== undefined && venueId !== inventory.venueId))
    return refused('EVENT_NOT_FOUND');
  const size = sizeOf(wanted);
  const { ticketsPerOrder = 10 } = inventory;
  if (size > ticketsPerOrder)
    return refused('TOO_MANY_TICKETS', { detail: `An order of this event has at most ${ticketsPerOrder} tickets` });
  const promoted = promotionOf(model, request, size);
  if (promoted === 'unknown') return refused('PROMOTION_NOT_FOUND');
  const fault = faultIn(model, itemsOf(wanted));
  if (fault) return fault;

  const isLimitedByCode = request.promotion !== undefined && promoted.promotion?.ticketsPerBuyer !== undefined;
  if ((inventory.ticketsPerBuyer !== undefined || isLimitedByCode) && buyerId === undefined) return refused('BUYER_REQUIRED');
  if (state.startsWith('paused')) return refused('SALE_PAUSED');
  if (isClosed(model)) return refused('SALE_CLOSED');
  if (nowMs < inventory.onSaleAtMs)
    return refused('NOT_ON_SALE', { detail: `On sale from ${new Date(inventory.onSaleAtMs).toISOString()}` });
  const overLimit = whyOverClient(model, request, size) ?? whyOverLimit(model, buyerId, size);
  if (overLimit) return overLimit;

  const taken = positionsOf(itemsOf(wanted), (item) => {
    const now = 'row' in item ? seatMap(model).get(seatName(item))?.taken : undefined;
    return now !== undefined && !(now === 'blocked' && mayTakeBlocked);
  });
  return taken.length > 0 ? refused('SEAT_TAKEN', { positions: taken }) : undefined;
}

/** Only sellers say how it was paid; and only they sell directly what must be paid. */
function whyNotUnpaid({ inventory }: Model, { does, paidBy, mayTakeBlocked }: Take): Refusal | undefined {
  const needsPayment = inventory.payment === 'required' && does === 'sell';
  if (mayTakeBlocked) return needsPayment && paidBy === undefined ? refused('PAID_BY_REQUIRED') : undefined;
  if (paidBy !== undefined) return refused('PAID_BY_NOT_YOURS');
  return needsPayment ? refused('PAYMENT_REQUIRED') : undefined;
}

/** What is wrong with the request itself: the code of the first item at fault, and the positions of all with the same. */
function faultIn(model: Model, items: (ChosenSeat | BestPlaces)[]): Refusal | undefined {
  const names = new Set<string>();
  const codes = items.map((item): Refusal['code'] | undefined => {
    const code = 'quantity' in item ? faultInSearch(model, item) : faultInSeat(model, item);
    if (code || 'quantity' in item) return code;
    const name = seatName(item);
    if (names.has(name)) return 'SEAT_REPEATED';
    names.add(name);
    return undefined;
  });
  const first = codes.find((code) => code !== undefined);
  return first && refused(first, { positions: positionsOf(codes, (code) => code === first) });
}

const isNoType = (model: Model, type: string | undefined) =>
  type !== undefined && !offerOf(model).ticketTypes.some(({ ticketTypeId }) => ticketTypeId === type);

function faultInSeat(model: Model, seat: ChosenSeat): Refusal['code'] | undefined {
  const zone = zoneOf(model, seat.zoneId);
  if (!zone) return 'ZONE_NOT_FOUND';
  if (isNoType(model, seat.ticketType)) return 'TICKET_TYPE_NOT_FOUND';
  const place = seatMap(model).get(seatName(seat));
  if (!place) return 'SEAT_NOT_FOUND';
  const isSold = fullPrice(model, zone, place.category, typeOf(model, seat.ticketType)) !== undefined;
  return isSold ? undefined : 'TICKET_TYPE_NOT_FOUND';
}

function faultInSearch(model: Model, search: BestPlaces): Refusal['code'] | undefined {
  const zone = zoneOf(model, search.zoneId);
  if (!zone) return 'ZONE_NOT_FOUND';
  if (search.ticketTypes?.some((type) => isNoType(model, type))) return 'TICKET_TYPE_NOT_FOUND';
  const { isUnknown, isSold } = categoriesFor(model, zone, search);
  if (isUnknown) return 'CATEGORY_NOT_FOUND';
  if (!isSold) return 'TICKET_TYPE_NOT_FOUND';
  return search.accessible && !zone.grid ? 'SEAT_NOT_FOUND' : undefined;
}

/** The refusal if a client would hold more at one time than it may; what it has bought does not count. Box offices are not limited. */
function whyOverClient(model: Model, { does, client, mayTakeBlocked }: Take, quantity: number): Refusal | undefined {
  if (does === 'sell' || !client || mayTakeBlocked) return undefined;
  const [id, mostHolds, mostTickets] = client;
  const holds = liveHolds(model, false).filter((hold) => hold.client === id);
  const tickets = holds.reduce((sum, { order }) => sum + order.tickets.length, 0);
  if (holds.length < mostHolds && tickets + quantity <= mostTickets) return undefined;
  return refused('HOLD_LIMIT_REACHED', {
    detail: `One client may hold at most ${mostTickets} tickets of an event at one time, in ${mostHolds} holds`,
  });
}

/** The refusal if a buyer would exceed the event's limit; tickets bought and held count together. */
export function whyOverLimit(model: Model, buyerId: string | undefined, quantity: number): Refusal | undefined {
  const { ticketsPerBuyer } = model.inventory;
  if (ticketsPerBuyer === undefined || buyerId === undefined) return undefined;
  const has = ticketsOf(model, buyerId);
  if (has + quantity <= ticketsPerBuyer) return undefined;
  const detail = `A buyer may have or hold at most ${ticketsPerBuyer} tickets`;
  return refused('BUYER_LIMIT_REACHED', { detail, secret: `${detail}; this one has or holds ${has}` });
}
