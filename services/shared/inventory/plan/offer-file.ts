import { type Static, Type } from 'typebox';
import { listWords } from '../../basics/text.ts';
import { CategoryId, Money, TicketTypeId } from '../../terms/identifiers.ts';
import type { Category, Offer, PriceStep, TicketType } from '../offer.ts';
import { Limit, Promotions, readPromotions } from './promotion-file.ts';
import { EventTime, idsIn, Name, type Reading, wellFormed } from './reading.ts';

const maxTicketTypes = 20;
const maxCategories = 50;
const maxPriceSteps = 20;
const TicketTypeEntry = Type.Object(
  {
    ticketTypeId: TicketTypeId,
    name: Type.Optional(Type.String({ ...Name, description: 'Its name; its id by default' })),
    limit: Limit('The most tickets of this type that may be sold or held'),
  },
  { additionalProperties: false },
);

const Price = (description: string) =>
  Type.Union(
    [
      Money,
      Type.Array(
        Type.Object(
          {
            from: Type.Optional(EventTime('From when on; the first price is from the beginning, and has no such field')),
            price: Type.String({ ...Money, description: 'The price from then on' }),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: maxPriceSteps },
      ),
    ],
    { description },
  );
type Price = Static<ReturnType<typeof Price>>;

const CategoryEntry = Type.Object(
  {
    categoryId: CategoryId,
    name: Type.Optional(Type.String({ ...Name, description: 'Its name; its id by default' })),
    price: Type.Optional(
      Price('The price of a ticket of each type that `prices` does not have; or prices one after another in time'),
    ),
    prices: Type.Optional(
      Type.Record(TicketTypeId, Price('The price of this ticket type'), {
        additionalProperties: false,
        description: 'Prices by ticket type. A type without a price is not sold in this category',
      }),
    ),
  },
  { additionalProperties: false },
);

/** What an event file offers beside its zones. */
export const offerFields = {
  ticketTypes: Type.Optional(
    Type.Array(TicketTypeEntry, {
      maxItems: maxTicketTypes,
      description: 'Ticket types, such as adult and child; a buyer who names none gets the first',
    }),
  ),
  categories: Type.Optional(Type.Array(CategoryEntry, { maxItems: maxCategories, description: 'Price categories' })),
  promotions: Type.Optional(Promotions),
};

/** Reads the lists of an event file as far as they match the schema, and notes the faults that a schema cannot express. */
export function readOffer(file: { [field: string]: unknown }, reading: Reading): Offer {
  const typeIds = idsIn(file.ticketTypes, 'ticketTypeId');
  const categoryIds = idsIn(file.categories, 'categoryId');
  refuseRepeated(typeIds, '/ticketTypes', 'ticketTypeId', reading);
  refuseRepeated(categoryIds, '/categories', 'categoryId', reading);
  return {
    ticketTypes: wellFormed(file.ticketTypes, TicketTypeEntry, maxTicketTypes).map(({ entry }): TicketType => {
      return { ...entry, name: entry.name ?? entry.ticketTypeId };
    }),
    categories: wellFormed(file.categories, CategoryEntry, maxCategories).map(({ at, entry }) =>
      readCategory(entry, `/categories/${at}`, typeIds, reading),
    ),
    promotions: readPromotions(file.promotions, { typeIds, categoryIds }, reading),
  };
}

function refuseRepeated(ids: string[], where: string, field: string, { fault }: Reading): void {
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) < at))) fault(where, `have the ${field} ${id} twice`);
}

function readCategory(
  { categoryId, name = categoryId, price, prices = {} }: Static<typeof CategoryEntry>,
  where: string,
  typeIds: string[],
  reading: Reading,
): Category {
  const read: Record<string, PriceStep[]> = {};
  if (price !== undefined) read[''] = readPrice(price, `${where}/price`, reading);
  for (const [typeId, priceOfType] of Object.entries(prices)) {
    const at = `${where}/prices/${typeId}`;
    if (!typeIds.includes(typeId))
      reading.fault(at, `is not one of the event's ticket types (${listWords(typeIds) || 'it has none'})`);
    read[typeId] = readPrice(priceOfType, at, reading);
  }
  if (Object.keys(read).length === 0) reading.fault(where, 'needs a price, or prices by ticket type');
  return { categoryId, name, prices: read };
}

function readPrice(price: Price, where: string, { amountAt, timeAt, fault }: Reading): PriceStep[] {
  if (typeof price === 'string') return [{ fromMs: 0, minor: amountAt(where, price) }];
  let lastMs = 0;
  return price.map((step, at) => {
    const pointer = `${where}/${at}`;
    const minor = amountAt(`${pointer}/price`, step.price);
    if (at === 0) {
      if (step.from !== undefined) fault(`${pointer}/from`, 'must be left out: the first price is from the beginning');
      return { fromMs: 0, minor };
    }
    if (step.from === undefined) fault(`${pointer}/from`, 'is missing');
    const fromMs = (step.from !== undefined && timeAt(`${pointer}/from`, step.from)) || lastMs + 1;
    if (fromMs <= lastMs) fault(`${pointer}/from`, 'must be later than the one before it');
    lastMs = fromMs;
    return { fromMs, minor };
  });
}
