import type { Offer, PriceStep, Promotion } from '../../shared/inventory/offer.ts';
import type { ZoneInventory } from '../../shared/inventory/zone-layout.ts';

/** What a ticket gets by its seat's category and its type: the fields of a ticket (order.ts). */
export type Priced = {
  category?: string;
  ticketType?: string;
  priceMinor: number;
  promotion?: string;
  fullPriceMinor?: number;
};

/** From a moment (ms) on, and before another; prices and promotions do not change in between. */
export type Period = { fromMs: number; untilMs: number };

/** The moments (ms) at which prices change or promotions begin or end, in order. */
export function momentsOf({ categories, promotions }: Offer): number[] {
  const moments = new Set<number>();
  for (const { prices } of categories)
    for (const steps of Object.values(prices)) for (const { fromMs } of steps) moments.add(fromMs);
  for (const { fromMs = 0, untilMs = 0 } of promotions) moments.add(fromMs).add(untilMs);
  moments.delete(0);
  return [...moments].toSorted((a, b) => a - b);
}

/** The period around a time; undefined if prices never change. */
export function periodAt(moments: number[], nowMs: number): Period | undefined {
  if (moments.length === 0) return undefined;
  const fromMs = moments.findLast((moment) => moment <= nowMs) ?? 0;
  const untilMs = moments.find((moment) => moment > nowMs) ?? Number.MAX_SAFE_INTEGER;
  return { fromMs, untilMs };
}

/** `category`: the index of the seat's category; `ticketType`: undefined if the event has none. */
type PricedBy = { category: number; ticketType: string | undefined; promotion: Promotion | undefined; nowMs: number };

/**
 * The price of a ticket for a place of a zone, at a time; with the promotion, if it applies to this ticket. Undefined if the category is
 * not sold to the type.
 */
export function priceOf(
  offer: Offer,
  zone: Pick<ZoneInventory, 'priceMinor' | 'categories'>,
  { category: index, ticketType, promotion, nowMs }: PricedBy,
): Priced | undefined {
  // Events without types and promotions sell the most tickets at a time.
  if (zone.priceMinor !== undefined && ticketType === undefined && promotion === undefined)
    return { priceMinor: zone.priceMinor };
  const categoryId = zone.categories?.[index];
  const fullMinor = categoryId === undefined ? zone.priceMinor : minorAt(offer, categoryId, ticketType, nowMs);
  if (fullMinor === undefined) return undefined;
  const fields = { ...(categoryId !== undefined && { category: categoryId }), ...(ticketType !== undefined && { ticketType }) };
  if (!promotion || !appliesTo(promotion, fields)) return { ...fields, priceMinor: fullMinor };
  const priceMinor = reduced(fullMinor, promotion);
  return { ...fields, priceMinor, promotion: promotion.promotionId, fullPriceMinor: fullMinor };
}

function minorAt({ categories }: Offer, categoryId: string, ticketType: string | undefined, nowMs: number): number | undefined {
  const prices = categories.find((category) => category.categoryId === categoryId)?.prices;
  const steps: PriceStep[] | undefined = prices?.[ticketType ?? ''] ?? prices?.[''];
  return steps?.findLast(({ fromMs }) => fromMs <= nowMs)?.minor;
}

const appliesTo = ({ categories, ticketTypes }: Promotion, { category = '', ticketType = '' }: Partial<Priced>) =>
  (categories?.includes(category) ?? true) && (ticketTypes?.includes(ticketType) ?? true);

/** Halves of a minor unit are rounded up. */
function reduced(minor: number, { percent, amountMinor, priceMinor }: Promotion): number {
  if (percent !== undefined) return Math.floor((minor * (100 - percent) + 50) / 100);
  if (amountMinor !== undefined) return Math.max(0, minor - amountMinor);
  return Math.min(minor, priceMinor ?? minor);
}

/** Whether a promotion applies at a time. */
export const isValid = ({ fromMs = 0, untilMs = Number.POSITIVE_INFINITY }: Promotion, nowMs: number) =>
  fromMs <= nowMs && nowMs < untilMs;
