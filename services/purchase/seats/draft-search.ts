import type { Refusal } from '../../shared/inventory/decisions.ts';
import type { ZoneLayout } from '../../shared/inventory/zone-layout.ts';
import type { Priced } from './prices.ts';
import type { BestPlaces } from './purchase.ts';

/** A search for the best places of a zone, as lua/lib/best-tickets.lua describes it. */
export type Search = {
  zone: number;
  first: number;
  quantity: number;
  split: boolean;
  accessible?: boolean;
  views: number[];
  otherwise?: number;
  offers?: (Priced | false)[][];
};

/**
 * Drafts a search, and the fields of its tickets. `priceOf` returns the price of the search's ticket `at` (from 0) on a seat of a category,
 * or undefined if that category is not sold to its type. A ticket's price is final unless the zone has several categories: then the
 * seat that the script finds decides it.
 */
export function draftSearch(
  wanted: BestPlaces,
  zone: ZoneLayout,
  priceOf: (category: number, at: number) => Priced | undefined,
): { search: Omit<Search, 'first'>; tickets: Priced[] } | { refusal: Refusal['code'] } {
  const { quantity, split, category, accessible } = wanted;
  const { zoneId, grid, categories = [] } = zone;
  const only = category === undefined ? undefined : categories.indexOf(category);
  if (only === -1) return { refusal: 'CATEGORY_NOT_FOUND' };
  if (accessible && !grid) return { refusal: 'SEAT_NOT_FOUND' };
  const search = { zone: zoneId, quantity, split, ...(accessible && { accessible }) };
  if (categories.length > 1) return draftByCategory(search, wanted, zone, only, priceOf);
  const tickets: Priced[] = [];
  for (let at = 0; at < quantity; at++) {
    const priced = priceOf(0, at);
    if (!priced) return { refusal: 'TICKET_TYPE_NOT_FOUND' };
    tickets.push(priced);
  }
  return { search: { ...search, views: onlyView }, tickets };
}

const onlyView = [0];

function draftByCategory(
  search: Omit<Search, 'first' | 'views'>,
  { quantity, sameCategory }: BestPlaces,
  { categories = [] }: ZoneLayout,
  only: number | undefined,
  priceOf: (category: number, at: number) => Priced | undefined,
): { search: Omit<Search, 'first'>; tickets: Priced[] } | { refusal: Refusal['code'] } {
  const all = categories.map((_, index) => index);
  const offers = all.map((index) => Array.from({ length: quantity }, (_, at) => priceOf(index, at) ?? (false as const)));
  const sold = (only === undefined ? all : [only]).filter((index) => offers[index]?.every((offer) => offer !== false));
  const [first] = sold;
  if (first === undefined) return { refusal: 'TICKET_TYPE_NOT_FOUND' };
  // The view of all categories comes first, and then one for each (arrange-zones.ts).
  const isAny = only === undefined && sold.length === all.length;
  const views = isAny && !sameCategory ? onlyView : sold.map((index) => index + 1);
  // The script fills in what depends on the seat.
  const tickets = (offers[first] as Priced[]).map(({ ticketType }) => ({
    priceMinor: 0,
    ...(ticketType !== undefined && { ticketType }),
  }));
  return { search: { ...search, views, ...(isAny && sameCategory && { otherwise: 0 }), offers }, tickets };
}
