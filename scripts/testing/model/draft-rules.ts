import { type BestPlaces, itemsOf } from '../../../services/purchase/seats/purchase.ts';
import type { Refusal } from '../../../services/shared/inventory/decisions.ts';
import type { TicketInRedis } from '../../../services/shared/inventory/order.ts';
import type { ZoneInventory } from '../../../services/shared/inventory/zone-layout.ts';
import { runsOf, seatName } from './places.ts';
import { termsOf, typeOf } from './price-rules.ts';
import type { Take } from './requests.ts';
import { refused } from './same.ts';
import { categoriesFor, requireWanted, wantedSeats } from './search-rules.ts';
import { left, type Model, seatMap, zoneOf } from './state.ts';
import { sizeOf } from './take-rules.ts';
import { promotionOf, whyOverPromotion, whyOverTypes } from './tally-rules.ts';

type Draft = {
  tickets: Omit<TicketInRedis, 'ticketId'>[];
  groups?: number;
  /** Why the request must be refused. */
  certain?: Refusal;
  /** Why it may have been refused, depending on which of equally good seats an earlier search of the order chose. */
  possible: Refusal[];
};

/**
 * What must become of a request that nothing rules out beforehand, given the tickets of its outcome, or undefined if it was refused.
 * Throws Illegal unless the seats that were chosen for these tickets are right.
 */
export function draftOf(model: Model, request: Take, answered: TicketInRedis[] | undefined): Draft {
  const items = itemsOf(request.request);
  const promoted = promotionOf(model, request, sizeOf(request.request));
  const { promotion, first } = promoted === 'unknown' ? { first: 0 } : promoted;
  const { currency } = model.inventory;
  const draft: Draft = { tickets: [], possible: [] };
  const own = ownOf(model, request);
  const searched = new Set<number>();
  const termsAt = (zone: ZoneInventory, category: number, type: string | undefined, at: number) =>
    termsOf(model, { zone, category, type: typeOf(model, type), promotion: at < first ? promotion : undefined });
  const types: (string | undefined)[] = [];
  /** The least and the most tickets that may have the promotion. */
  const reduced = { least: 0, most: 0 };

  for (const item of items) {
    const { zoneId } = item;
    const zone = zoneOf(model, zoneId) as ZoneInventory;
    const at = draft.tickets.length;
    if (!('quantity' in item)) {
      const { seat, category } = seatMap(model).get(seatName(item)) ?? { seat: item, category: 0 };
      add(zone, [category], item.ticketType, { row: seat.row, column: seat.column });
      continue;
    }
    const { quantity, ticketTypes } = item;
    const number = left(model, zoneId) - own.count(zoneId);
    if (number < quantity) return { ...draft, certain: refused('SOLD_OUT', { detail: `${Math.max(0, number)} left` }) };
    own.add(zoneId, quantity);
    const chosen = zone.grid && chooseIn(zone, item, answered?.slice(at, at + quantity));
    if (chosen && 'kind' in chosen) return { ...draft, certain: chosen };
    for (let ticket = 0; ticket < quantity; ticket++) {
      const { seat, category } = chosen?.[ticket] ?? {};
      const { alternatives, otherwise = [] } = categoriesFor(model, zone, item);
      const categories = category === undefined ? [...alternatives, otherwise].flat() : [category];
      add(zone, categories, ticketTypes?.[ticket], seat && { row: seat.row, column: seat.column });
    }
  }
  const { buyerId } = request;
  const over = (count: number) => whyOverPromotion(model, { promotionId: promotion?.promotionId, number: count, buyerId });
  // Whoever names a code expects to pay less.
  const inVain = request.promotion === undefined ? undefined : refused('PROMOTION_NOT_FOUND');
  const certain = (reduced.most === 0 ? inVain : undefined) ?? whyOverTypes(model, types) ?? over(reduced.least);
  const maybe = [over(reduced.most), reduced.least === 0 ? inVain : undefined].flatMap((refusal) => refusal ?? []);
  return { ...draft, ...(certain && { certain }), possible: [...draft.possible, ...maybe] };

  function add(
    zone: ZoneInventory,
    categories: number[],
    type: string | undefined,
    seat?: Pick<TicketInRedis, 'row' | 'column'>,
  ) {
    const terms = categories.map((category) => termsAt(zone, category, type, draft.tickets.length));
    if (terms.every((one) => one.promotion !== undefined)) reduced.least += 1;
    if (terms.some((one) => one.promotion !== undefined)) reduced.most += 1;
    types.push(typeOf(model, type));
    draft.tickets.push({ zoneId: zone.zoneId, ...seat, priceMinor: Number.NaN, ...terms[0], currency });
  }

  /** The places that a search found, a refusal, or undefined if it cannot be known what it found. */
  function chooseIn(zone: ZoneInventory, search: BestPlaces, tickets: TicketInRedis[] | undefined) {
    const wanted = wantedSeats(model, zone, search, own.seats);
    if ('kind' in wanted) return wanted;
    if (!tickets) {
      const isLater = searched.has(search.zoneId);
      searched.add(search.zoneId);
      if (isLater)
        draft.possible.push(
          search.split && !search.accessible ? refused('SOLD_OUT', { detail: '0 left' }) : refused('NO_ADJACENT_SEATS'),
        );
      return undefined;
    }
    const found = requireWanted(model, { search, wanted, own: own.seats }, tickets);
    for (const { seat } of found) own.seats.add(seatName(seat));
    draft.groups = (draft.groups ?? 0) + runsOf(found).length;
    return found;
  }
}

/** What an order has beside what it still searches for: chosen seats' names, and how many places that were available in each zone. */
function ownOf(model: Model, { request }: Take) {
  const seats = new Set<string>();
  const counts = new Map<number, number>();
  const add = (zoneId: number, quantity: number) => counts.set(zoneId, (counts.get(zoneId) ?? 0) + quantity);
  for (const item of itemsOf(request)) {
    if (!('row' in item)) continue;
    seats.add(seatName(item));
    if (seatMap(model).get(seatName(item))?.taken !== 'blocked') add(item.zoneId, 1);
  }
  return { seats, add, count: (zoneId: number) => counts.get(zoneId) ?? 0 };
}
