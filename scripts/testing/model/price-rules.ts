import type { Offer, Promotion } from '../../../services/shared/inventory/offer.ts';
import type { TicketInRedis } from '../../../services/shared/inventory/order.ts';
import type { ZoneInventory } from '../../../services/shared/inventory/zone-layout.ts';
import type { Model } from './state.ts';

type Terms = Pick<TicketInRedis, 'category' | 'ticketType' | 'priceMinor' | 'promotion' | 'fullPriceMinor'>;

export const offerOf = ({ inventory }: Model): Offer => inventory.offer ?? { categories: [], ticketTypes: [], promotions: [] };

/** A request that names no ticket type gets the event's first. */
export const typeOf = (model: Model, named: string | undefined) => named ?? offerOf(model).ticketTypes[0]?.ticketTypeId;

/** The price that applies now, or undefined if the category is not sold to the type. */
export function fullPrice(model: Model, zone: ZoneInventory, category: number, type: string | undefined): number | undefined {
  const categoryId = zone.categories?.[category];
  if (categoryId === undefined) return zone.priceMinor;
  const { prices = {} } = offerOf(model).categories.find((one) => one.categoryId === categoryId) ?? {};
  const steps = prices[type ?? ''] ?? prices[''];
  return steps?.filter(({ fromMs }) => fromMs <= model.nowMs).at(-1)?.minor;
}

/** What a ticket says about its price; `promotion` only if this one is among those that may have it. */
export function termsOf(
  model: Model,
  {
    zone,
    category,
    type,
    promotion,
  }: { zone: ZoneInventory; category: number; type?: string | undefined; promotion?: Promotion | undefined },
): Terms {
  const full = fullPrice(model, zone, category, type) ?? Number.NaN;
  const categoryId = zone.categories?.[category];
  const named = { ...(categoryId !== undefined && { category: categoryId }), ...(type !== undefined && { ticketType: type }) };
  const isFor = (list: string[] | undefined, id: string | undefined) => list === undefined || list.includes(id ?? '');
  if (!promotion || !isFor(promotion.categories, categoryId) || !isFor(promotion.ticketTypes, type))
    return { ...named, priceMinor: full };
  const { percent, amountMinor, priceMinor = full } = promotion;
  const reduced =
    percent !== undefined
      ? Math.round((full * (100 - percent)) / 100)
      : amountMinor !== undefined
        ? full - amountMinor
        : priceMinor;
  return {
    ...named,
    priceMinor: Math.max(0, Math.min(full, reduced)),
    promotion: promotion.promotionId,
    fullPriceMinor: full,
  };
}
