import { type Static, Type } from 'typebox';
import { CategoryId, Money, PromotionCode, TicketTypeId } from '../../terms/identifiers.ts';
import type { Promotion } from '../offer.ts';
import { EventTime, type Reading, wellFormed } from './reading.ts';

const maxPromotions = 100;
/** Of tickets, orders or tickets per buyer: as many as an event may have seats. */
const maxLimit = 10_000_000;

export const Limit = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: maxLimit, description }));

const PromotionEntry = Type.Object(
  {
    code: Type.Optional(PromotionCode),
    first: Limit('Instead of a code: applies automatically to so many tickets, the first ones'),
    name: Type.Optional({ ...PromotionCode, description: 'The name of a promotion without a code; `FIRST500` by default' }),
    percent: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'The reduction, in percent of the price' })),
    amount: Type.Optional(Type.String({ ...Money, description: 'The reduction of each ticket' })),
    price: Type.Optional(Type.String({ ...Money, description: 'The price of each ticket, if that is less' })),
    tickets: Limit('The most tickets that get it'),
    orders: Limit('The most orders that get it'),
    ticketsPerBuyer: Limit('The most tickets that one buyer gets with it'),
    from: Type.Optional(EventTime('When it begins')),
    until: Type.Optional(EventTime('When it is over')),
    categories: Type.Optional(
      Type.Array(CategoryId, { minItems: 1, maxItems: 50, description: 'The categories that it is for; by default all' }),
    ),
    ticketTypes: Type.Optional(
      Type.Array(TicketTypeId, { minItems: 1, maxItems: 20, description: 'The ticket types that it is for; by default all' }),
    ),
  },
  { additionalProperties: false },
);

export const Promotions = Type.Array(PromotionEntry, {
  maxItems: maxPromotions,
  description: 'Codes that reduce prices, and reductions for the first buyers',
});

/** The ids that a promotion may be for. */
type Known = { typeIds: string[]; categoryIds: string[] };

/** Reads the promotions that match the schema, and notes the faults that a schema cannot express. */
export function readPromotions(list: unknown, known: Known, reading: Reading): Promotion[] {
  const ids = new Set<string>();
  return wellFormed(list, PromotionEntry, maxPromotions).map(({ at, entry }) => {
    const promotion = readPromotion(entry, `/promotions/${at}`, known, reading);
    const { promotionId } = promotion;
    if (ids.has(promotionId)) reading.fault(`/promotions/${at}`, `is the second one named ${promotionId}, in whichever case`);
    ids.add(promotionId);
    return promotion;
  });
}

function readPromotion(
  entry: Static<typeof PromotionEntry>,
  where: string,
  { typeIds, categoryIds }: Known,
  { amountAt, timeAt, fault }: Reading,
): Promotion {
  const { code, first, name, percent, amount, price, tickets = first, from, until, ...rest } = entry;
  if ((code === undefined) === (first === undefined)) fault(where, 'needs either a code, or first, and not both');
  if (code !== undefined && name !== undefined) fault(`${where}/name`, 'is only for a promotion without a code');
  if (first !== undefined && entry.tickets !== undefined) fault(`${where}/tickets`, 'must be left out: first is this limit');
  if ([percent, amount, price].filter((reduction) => reduction !== undefined).length !== 1) {
    fault(where, 'needs exactly one of percent, amount and price');
  }
  const [fromMs, untilMs] = [
    from === undefined ? undefined : timeAt(`${where}/from`, from),
    until === undefined ? undefined : timeAt(`${where}/until`, until),
  ];
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) fault(`${where}/until`, 'must be later than from');
  for (const [at, id] of (rest.categories ?? []).entries()) {
    if (!categoryIds.includes(id)) fault(`${where}/categories/${at}`, `${id} is not one of the event's categories`);
  }
  for (const [at, id] of (rest.ticketTypes ?? []).entries()) {
    if (!typeIds.includes(id)) fault(`${where}/ticketTypes/${at}`, `${id} is not one of the event's ticket types`);
  }
  const amountMinor = amount === undefined ? undefined : amountAt(`${where}/amount`, amount);
  if (amountMinor === 0 && /^[0.]*$/.test(amount ?? '')) fault(`${where}/amount`, 'must be more than 0');
  return {
    promotionId: (code ?? name ?? `FIRST${first}`).toUpperCase(),
    ...(first !== undefined && { isAutomatic: true }),
    ...(percent !== undefined && { percent }),
    ...(amountMinor !== undefined && { amountMinor }),
    ...(price !== undefined && { priceMinor: amountAt(`${where}/price`, price) }),
    ...(tickets !== undefined && { tickets }),
    ...(fromMs !== undefined && { fromMs }),
    ...(untilMs !== undefined && { untilMs }),
    ...rest,
  };
}
