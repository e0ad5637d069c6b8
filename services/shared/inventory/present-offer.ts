import { type Static, Type } from 'typebox';
import { CategoryId, Money, TicketTypeId, Timestamp } from '../terms/identifiers.ts';
import { formatMoney } from '../terms/money.ts';
import type { Category, Offer, PriceStep, TicketType } from './offer.ts';

const CurrentPrice = Type.Object({
  ticketType: Type.Unsafe<string | null>({
    ...TicketTypeId,
    type: ['string', 'null'],
    description: 'Null if the event has none',
  }),
  price: { ...Money, description: 'The price now, without promotions' },
  changes: Type.Array(Type.Object({ at: Timestamp, price: Money }), { description: 'The prices from later moments on' }),
});

export const OfferedCategory = Type.Object({
  categoryId: CategoryId,
  name: Type.String(),
  prices: Type.Array(CurrentPrice, { description: 'One for each ticket type that is sold in this category' }),
});

export const OfferedTicketType = Type.Object({ ticketTypeId: TicketTypeId, name: Type.String() });

export type PresentedOffer = {
  categories: Static<typeof OfferedCategory>[];
  ticketTypes: Static<typeof OfferedTicketType>[];
};

/**
 * What buyers may know of an offer, with the prices of `nowMs`. Promotions are not part of it, because their codes are secret; nor are
 * limits of ticket types, because how many are left changes with each sale.
 */
export function presentOffer({ categories, ticketTypes }: Offer, currency: string, nowMs: number): PresentedOffer {
  return {
    categories: categories.map((category) => ({
      categoryId: category.categoryId,
      name: category.name,
      prices: pricesOf(category, ticketTypes, currency, nowMs),
    })),
    ticketTypes: ticketTypes.map(({ ticketTypeId, name }) => ({ ticketTypeId, name })),
  };
}

function pricesOf({ prices }: Category, ticketTypes: TicketType[], currency: string, nowMs: number) {
  const types = ticketTypes.length > 0 ? ticketTypes.map(({ ticketTypeId }) => ticketTypeId) : [null];
  return types.flatMap((ticketType) => {
    const steps = (ticketType !== null && prices[ticketType]) || prices[''];
    return steps ? [{ ticketType, ...priceAt(steps, currency, nowMs) }] : [];
  });
}

function priceAt(steps: PriceStep[], currency: string, nowMs: number) {
  const current = steps.findLast(({ fromMs }) => fromMs <= nowMs) ?? steps[0];
  return {
    price: formatMoney(current?.minor ?? 0, currency),
    changes: steps
      .filter(({ fromMs }) => fromMs > nowMs)
      .map(({ fromMs, minor }) => ({ at: new Date(fromMs).toISOString(), price: formatMoney(minor, currency) })),
  };
}
