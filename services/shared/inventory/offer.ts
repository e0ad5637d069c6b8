/** A price from a moment on (ms since 1970); the first of a list is from the beginning, so its moment is 0. */
export type PriceStep = { fromMs: number; minor: number };

/** The prices of a category's seats by ticket type; '' is the price of every type that has none of its own. In order of time. */
export type Category = { categoryId: string; name: string; prices: Record<string, PriceStep[]> };

/** Adult, child, member …: all of them share the seats. `limit`: the most tickets of this type that may be sold or held. */
export type TicketType = { ticketTypeId: string; name: string; limit?: number };

/**
 * A reduction for who names its code or, if it is automatic, for the first `tickets` tickets. It has one of percent, amountMinor (off each
 * ticket) and priceMinor (instead of the price, if that is higher). Limits count what is sold or held now: tickets, orders, and tickets
 * per buyer. It applies from one moment until before another, to these categories and ticket types; absent: to all.
 */
export type Promotion = {
  promotionId: string;
  isAutomatic?: true;
  percent?: number;
  amountMinor?: number;
  priceMinor?: number;
  tickets?: number;
  orders?: number;
  ticketsPerBuyer?: number;
  fromMs?: number;
  untilMs?: number;
  categories?: string[];
  ticketTypes?: string[];
};

/** What an event offers beside its places; each list may be empty. The first ticket type is the one of a request that names none. */
export type Offer = { categories: Category[]; ticketTypes: TicketType[]; promotions: Promotion[] };

export const emptyOffer: Offer = { categories: [], ticketTypes: [], promotions: [] };
