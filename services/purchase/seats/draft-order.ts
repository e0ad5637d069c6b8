import type { Refusal } from '../../shared/inventory/decisions.ts';
import type { Promotion } from '../../shared/inventory/offer.ts';
import type { OrderInRedis } from '../../shared/inventory/order.ts';
import { bitOf, findSeat, type Position, type ZoneLayout } from '../../shared/inventory/zone-layout.ts';
import { draftSearch, type Search } from './draft-search.ts';
import type { Layout } from './layouts.ts';
import { isValid, type Period, periodAt, priceOf } from './prices.ts';
import { type BestPlaces, type ChosenSeat, itemsOf, type Purchase } from './purchase.ts';
import { newUuid } from './uuid.ts';

/** A ticket's zone, and its seat's bit in the bitmap of taken seats: as text, because the script mostly passes it on. */
type Place = [zoneId: number, bit: string, position?: number];

/** The order that a purchase will become, and what take-seats.lua needs to know of it. */
export type Draft = {
  order: OrderInRedis;
  period: Period | undefined;
  /** Why the layout rules out the purchase. */
  refusal?: [Refusal['code'], ...numbers: number[]];
  quantity: number;
  places: Place[];
  best?: Search[];
  types?: { id: string; count: number; limit?: number }[];
  promotion?: { id: string; tickets?: number; orders?: number; ticketsPerBuyer?: number; first?: number };
  reduced?: number;
};

/** For events that do not say how many tickets an order may have. */
const defaultTicketsPerOrder = 10;

/**
 * Drafts a purchase's order from its event's layout, as of a time: everything that does not depend on other buyers. `left`: how many
 * tickets this buyer gets with the automatic promotion, if a script has said so.
 */
export function draftOrder(
  purchase: Purchase,
  layout: Layout,
  { nowMs, left }: { nowMs: number; left?: number | undefined },
): Draft {
  const { eventId, venueId, buyerId, paidBy, request } = purchase;
  const named = { ...(buyerId !== undefined && { buyerId }), ...(paidBy !== undefined && { paidBy }) };
  const order: OrderInRedis = { orderId: newUuid(), eventId, venueId: layout.venueId, ...named, tickets: [] };
  const draft: Draft = { order, period: periodAt(layout.moments, nowMs), quantity: 0, places: [] };
  if (venueId !== undefined && venueId !== layout.venueId) return { ...draft, refusal: ['EVENT_NOT_FOUND'] };

  const items = itemsOf(request);
  let size = 0;
  for (const item of items) size += 'quantity' in item ? item.quantity : 1;
  const limit = layout.ticketsPerOrder ?? defaultTicketsPerOrder;
  if (size > limit) return { ...draft, refusal: ['TOO_MANY_TICKETS', limit] };
  const promotion = findPromotion(purchase, layout, nowMs);
  if (promotion === 'unknown') return { ...draft, refusal: ['PROMOTION_NOT_FOUND'] };
  /** An automatic promotion is for the first buyers' tickets only. */
  const first = promotion?.isAutomatic ? Math.min(size, left ?? leftOf(layout, promotion)) : undefined;
  const pricing = { offer: layout.offer, promotion, reducedBefore: first ?? (promotion ? size : 0), nowMs };

  const faults = new Map<Refusal['code'], number[]>();
  for (const [position, item] of items.entries()) {
    const zone = layout.zones.get(item.zoneId);
    const fault = zone ? addItem(draft, layout, zone, item, position, pricing) : 'ZONE_NOT_FOUND';
    if (fault) faults.set(fault, [...(faults.get(fault) ?? []), position]);
  }
  for (const [code, positions] of faults) return { ...draft, refusal: [code, ...positions] };
  draft.quantity = size;
  return withLimits(draft, layout, promotion, first);
}

/** How to price tickets: those before `reducedBefore` in the order have the promotion, if it applies to them. */
type Pricing = Pick<Layout, 'offer'> & { promotion: Promotion | undefined; reducedBefore: number; nowMs: number };

/** Adds the tickets of an item to a draft, and where they are to be; or returns what is wrong with it. */
function addItem(
  draft: Draft,
  { currency, offer }: Layout,
  zone: ZoneLayout,
  item: ChosenSeat | BestPlaces,
  position: number,
  pricing: Pricing,
): Refusal['code'] | undefined {
  const { tickets } = draft.order;
  const isUnknown = (type: string) => !offer.ticketTypes.some(({ ticketTypeId }) => ticketTypeId === type);
  if ('quantity' in item) {
    if (item.ticketTypes?.some(isUnknown)) return 'TICKET_TYPE_NOT_FOUND';
    const first = tickets.length;
    const drafted = draftSearch(item, zone, (category, at) =>
      priced(pricing, zone, category, item.ticketTypes?.[at], first + at),
    );
    if ('refusal' in drafted) return drafted.refusal;
    draft.best ??= [];
    draft.best.push({ ...drafted.search, first: first + 1 });
    for (const fields of drafted.tickets) tickets.push({ ticketId: newUuid(), zoneId: zone.zoneId, ...fields, currency });
    return undefined;
  }
  if (item.ticketType !== undefined && isUnknown(item.ticketType)) return 'TICKET_TYPE_NOT_FOUND';
  const found = findSeat(zone, item);
  if (!found) return 'SEAT_NOT_FOUND';
  const fields = priced(pricing, zone, categoryAt(zone, found), item.ticketType, tickets.length);
  if (!fields) return 'TICKET_TYPE_NOT_FOUND';
  const { places } = draft;
  const bit = String(bitOf(zone, found));
  if (places.some((place) => place[1] === bit)) return 'SEAT_REPEATED';
  places.push(position === places.length ? [zone.zoneId, bit] : [zone.zoneId, bit, position]);
  tickets.push({ ticketId: newUuid(), zoneId: zone.zoneId, ...found.name, ...fields, currency });
  return undefined;
}

/** The price of the order's ticket `at`; without a type, of the event's first. */
function priced(
  { offer, promotion, reducedBefore, nowMs }: Pricing,
  zone: ZoneLayout,
  category: number,
  ticketType: string | undefined,
  at: number,
) {
  const type = ticketType ?? offer.ticketTypes[0]?.ticketTypeId;
  return priceOf(offer, zone, { category, ticketType: type, promotion: at < reducedBefore ? promotion : undefined, nowMs });
}

const categoryAt = ({ rows }: ZoneLayout, { row, column }: Position) => rows?.[row - 1]?.categories?.[column - 1] ?? 0;

/** Adds what the script counts: tickets by type, and those with the promotion. */
function withLimits(draft: Draft, { offer }: Layout, promotion: Promotion | undefined, first: number | undefined): Draft {
  const { tickets } = draft.order;
  if (offer.ticketTypes.length > 0) {
    const counts = Map.groupBy(tickets, ({ ticketType = '' }) => ticketType);
    draft.types = [...counts].map(([id, { length: count }]) => {
      const limit = offer.ticketTypes.find(({ ticketTypeId }) => ticketTypeId === id)?.limit;
      return { id, count, ...(limit !== undefined && { limit }) };
    });
  }
  if (promotion) {
    const { promotionId: id, tickets: most, orders, ticketsPerBuyer } = promotion;
    draft.promotion = {
      id,
      ...(most !== undefined && { tickets: most }),
      ...(orders !== undefined && { orders }),
      ...(ticketsPerBuyer !== undefined && { ticketsPerBuyer }),
      ...(first !== undefined && { first }),
    };
    draft.reduced = tickets.filter((ticket) => ticket.promotion !== undefined).length;
  }
  return draft;
}

/** The promotion whose code the buyer names; without a code, the automatic one. */
function findPromotion({ promotion }: Purchase, { offer }: Layout, nowMs: number): Promotion | undefined | 'unknown' {
  if (offer.promotions.length === 0) return promotion === undefined ? undefined : 'unknown';
  const valid = offer.promotions.filter((one) => isValid(one, nowMs));
  if (promotion === undefined) return valid.find(({ isAutomatic }) => isAutomatic);
  const code = promotion.toUpperCase();
  return valid.find(({ promotionId, isAutomatic }) => promotionId === code && !isAutomatic) ?? 'unknown';
}

/** How many tickets an automatic promotion is left for, as far as is known; the script corrects it. */
const leftOf = ({ promotionsLeft }: Layout, { promotionId, tickets = 0 }: Promotion) =>
  promotionsLeft.get(promotionId) ?? tickets;
