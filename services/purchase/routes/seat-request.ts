import { type Static, type TObject, type TProperties, Type } from 'typebox';
import { documentedAs } from '../../shared/http/documented-as.ts';
import type { ProblemCode, ProblemError } from '../../shared/http/problems.ts';
import { buyerIdOf } from '../../shared/identity/order-access.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import { foldRow } from '../../shared/inventory/zone-layout.ts';
import {
  BuyerId,
  CategoryId,
  EventId,
  maxColumns,
  PromotionCode,
  Row,
  SeatText,
  TicketTypeId,
  VenueId,
  ZoneId,
} from '../../shared/terms/identifiers.ts';
import { seatLabelOf } from '../../shared/terms/seat-label.ts';
import { SellerPaidBy } from '../../shared/terms/ticket.ts';
import { type BestPlaces, type ChosenSeat, itemsOf, type Purchase, type SeatRequest } from '../seats/purchase.ts';

/** The schema fields that name a seat in a request. */
export const seatFields = {
  zoneId: ZoneId,
  row: { ...Row, description: "The row's label; if it is one to three letters, in either case" },
  column: Type.Union([SeatText, Type.Integer({ minimum: 1, maximum: maxColumns })], {
    description: "The seat's label in its row, as a string; or as an integer, if it is one",
    examples: ['1'],
  }),
};

/** The schema field for the ticket's type of a chosen seat. */
export const typeOfSeat = {
  ticketType: Type.Optional({ ...TicketTypeId, description: "The ticket's type; without it, the event's first" }),
};

const seatSchema = Type.Object({ ...seatFields, ...typeOfSeat }, { additionalProperties: false });

/** The seat that a request names, in its canonical spelling. */
export const seatOf = ({
  zoneId,
  row,
  column,
  ticketType,
}: Static<TObject<typeof seatFields & typeof typeOfSeat>>): ChosenSeat => ({
  zoneId,
  row: foldRow(row),
  column: seatLabelOf(String(column)),
  ...(ticketType !== undefined && { ticketType }),
});

/** Per order or hold; an event may allow fewer. */
export const maxTickets = 50;

/** The fields that every request for seats may have. */
export const common = {
  venueId: Type.Optional(VenueId),
  eventId: EventId,
  buyerId: Type.Optional(BuyerId),
  promotion: Type.Optional(PromotionCode),
};
/** Beside them, what a purchase may have that sells at once. */
export const paid = { paidBy: Type.Optional(SellerPaidBy) };
const best = {
  zoneId: { ...ZoneId, description: 'The zone to take the best seats from, or places in general admission' },
  quantity: Type.Integer({ minimum: 1, maximum: maxTickets, description: 'How many tickets', examples: [4] }),
  split: Type.Optional(
    Type.Boolean({ description: 'If there are not enough side by side, take the fewest groups', examples: [false] }),
  ),
  ticketTypes: Type.Optional(
    Type.Record(TicketTypeId, Type.Integer({ minimum: 1, maximum: maxTickets }), {
      maxProperties: maxTickets,
      description: "How many tickets of each type, `quantity` in all; without it, all are of the event's first type",
      examples: [{ adult: 2, child: 2 }],
    }),
  ),
  category: Type.Optional({ ...CategoryId, description: 'Only seats of this price category' }),
  sameCategory: Type.Optional(
    Type.Boolean({ description: 'Prefer seats of one price category to nearer ones of several', examples: [false] }),
  ),
  accessible: Type.Optional(
    Type.Boolean({
      description: 'Wheelchair places, with companion places beside them. Without it, the best seats are never such places',
      examples: [false],
    }),
  ),
};
const bestSchema = Type.Object(best, { additionalProperties: false });
const chosenDescription = 'Chosen seats, from any zones; instead of zoneId and quantity';
const itemsDescription = 'Chosen seats and the best places of zones, in any mixture; all or none';

/** A request for seats, with `more` fields, as the OpenAPI document shows it: one of three shapes. */
const documented = (more: TProperties) => ({
  oneOf: [
    Type.Object(
      {
        ...common,
        ...more,
        seats: Type.Array(seatSchema, { minItems: 1, maxItems: maxTickets, uniqueItems: true, description: chosenDescription }),
      },
      { title: 'ChosenSeats', additionalProperties: false },
    ),
    Type.Object({ ...common, ...more, ...best }, { title: 'BestSeats', additionalProperties: false }),
    Type.Object(
      {
        ...common,
        ...more,
        items: Type.Array(Type.Union([seatSchema, bestSchema]), {
          minItems: 1,
          maxItems: maxTickets,
          description: itemsDescription,
        }),
      },
      { title: 'MixedSeats', additionalProperties: false },
    ),
  ],
  examples: [
    { eventId: 'Event1', zoneId: 1, quantity: 4 },
    { eventId: 'Event1', seats: [{ zoneId: 1, row: 'B', column: '1' }] },
    {
      eventId: 'Event1',
      items: [
        { zoneId: 2, quantity: 2 },
        { zoneId: 1, row: 'C', column: '7' },
      ],
    },
  ],
});

/** Flat, so that each fault names one field; `readItem` checks which of them go together. */
const itemSchema = Type.Object(Type.Partial(Type.Object({ ...seatFields, ...typeOfSeat, ...best })).properties, {
  additionalProperties: false,
});

/** The body of a hold. One flat schema checks it, so that each fault names one field. */
export const SeatRequestBody = Type.Object(
  {
    ...common,
    ...Type.Partial(Type.Object(best)).properties,
    seats: Type.Optional(Type.Array(seatSchema, { minItems: 1, maxItems: maxTickets })),
    items: Type.Optional(Type.Array(itemSchema, { minItems: 1, maxItems: maxTickets })),
  },
  { additionalProperties: false, [documentedAs]: documented({}) },
);

/** The body of an order. */
export const OrderRequestBody = Type.Object(
  { ...SeatRequestBody.properties, ...paid },
  { additionalProperties: false, [documentedAs]: documented(paid) },
);

/** The problems that a request for chosen seats can return. */
export const seatProblems = [
  'INVALID_REQUEST',
  'NOT_SIGNED_IN',
  'SIGN_IN_REQUIRED',
  'CHURN_LIMIT_REACHED',
  'KEPT_REPLIES_LIMIT_REACHED',
  'EVENT_NOT_FOUND',
  'ZONE_NOT_FOUND',
  'SEAT_NOT_FOUND',
  'TICKET_TYPE_NOT_FOUND',
  'PROMOTION_NOT_FOUND',
  'SEAT_TAKEN',
  'TICKET_TYPE_SOLD_OUT',
  'PROMOTION_USED_UP',
  'BUYER_LIMIT_REACHED',
  'NOT_ON_SALE',
  'SALE_PAUSED',
  'SALE_CLOSED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'IDEMPOTENCY_KEY_REUSED',
  'INVENTORY_UNAVAILABLE',
] as const satisfies ProblemCode[];

/** The problems that an order or hold request can return: it may also ask for the best seats. */
export const takeProblems = [
  ...seatProblems,
  'CATEGORY_NOT_FOUND',
  'SOLD_OUT',
  'NO_ADJACENT_SEATS',
] as const satisfies ProblemCode[];

/** The buyer of a request: the one that it names, or else the signed-in account that sent it. */
export const buyerIn = ({ body, principal }: { body: { buyerId?: string }; principal: Principal }): string | undefined =>
  body.buyerId ?? (principal.kind === 'account' ? buyerIdOf(principal) : undefined);

type Body = Omit<Static<typeof OrderRequestBody>, 'buyerId'> & { buyerId?: string | undefined };
type Read<Value> = Value | { errors: ProblemError[] };

/** Reads a request for seats from a valid body, with defaults filled in. Returns errors if the fields do not fit together. */
export function readSeatRequest(body: Body): Read<Omit<Purchase, 'eventId'>> {
  const { venueId, eventId: _, buyerId, promotion, paidBy, seats, items, ...alone } = body;
  const read = items ? readItems(items, { seats, ...alone }) : seats ? readSeats(seats, alone) : readBest(alone);
  if ('errors' in read) return read;
  return {
    venueId,
    buyerId,
    ...(promotion !== undefined && { promotion }),
    ...(paidBy !== undefined && { paidBy }),
    request: read,
  };
}

/** Everything but chosen seats must be left out beside a list. */
const leftOut = (fields: object, list: string): ProblemError[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [{ pointer: `#/${name}`, detail: `must be left out when ${list} are given` }],
  );

function readSeats(seats: NonNullable<Body['seats']>, others: object): Read<SeatRequest> {
  const chosen = seats.map(seatOf);
  const errors = [...leftOut(others, 'seats'), ...repeated(chosen, '#/seats')];
  return errors.length > 0 ? { errors } : { seats: chosen };
}

function readBest({ zoneId, quantity, ...wishes }: Partial<Static<typeof bestSchema>>, at = '#'): Read<BestPlaces> {
  if (zoneId === undefined || quantity === undefined) {
    const missing = zoneId !== undefined ? 'quantity' : quantity !== undefined ? 'zoneId' : at === '#' ? 'seats' : 'zoneId';
    const instead = at === '#' ? 'send either seats, or zoneId and quantity' : 'name a seat by its row and column, or a quantity';
    return { errors: [{ pointer: `${at}/${missing}`, detail: `is missing: ${instead}` }] };
  }
  const { split = false, ticketTypes, category, sameCategory, accessible } = wishes;
  const types = Object.entries(ticketTypes ?? {}).flatMap(([type, count]) =>
    Array<string>(Math.min(count, maxTickets)).fill(type),
  );
  if (ticketTypes && types.length !== quantity) {
    const detail = `must add up to quantity, which is ${quantity}, and not to ${types.length}`;
    return { errors: [{ pointer: `${at}/ticketTypes`, detail }] };
  }
  return {
    zoneId,
    quantity,
    split,
    ...(ticketTypes && { ticketTypes: types }),
    ...(category !== undefined && { category }),
    ...(sameCategory && { sameCategory }),
    ...(accessible && { accessible }),
  };
}

function readItems(items: NonNullable<Body['items']>, others: object): Read<SeatRequest> {
  const errors = leftOut(others, 'items');
  const read = items.flatMap((item, position) => {
    const one = readItem(item, `#/items/${position}`);
    if (!('errors' in one)) return [one];
    errors.push(...one.errors);
    return [];
  });
  errors.push(...(errors.length > 0 ? [] : repeated(read, '#/items')));
  return errors.length > 0 ? { errors } : { items: read };
}

function readItem(item: Static<typeof itemSchema>, at: string): Read<ChosenSeat | BestPlaces> {
  const { zoneId, row, column, ticketType, ...wishes } = item;
  if (row === undefined && column === undefined) {
    const { errors } = {
      errors: ticketType === undefined ? [] : [{ pointer: `${at}/ticketType`, detail: 'needs a row and a column' }],
    };
    return errors.length > 0 ? { errors } : readBest({ ...wishes, ...(zoneId !== undefined && { zoneId }) }, at);
  }
  const missing = Object.entries({ zoneId, row, column }).flatMap(([name, value]) =>
    value === undefined ? [{ pointer: `${at}/${name}`, detail: 'is missing' }] : [],
  );
  const extra = Object.keys(wishes).map((name) => ({ pointer: `${at}/${name}`, detail: 'must be left out for a chosen seat' }));
  if (zoneId === undefined || row === undefined || column === undefined || extra.length > 0)
    return { errors: [...missing, ...extra] };
  return seatOf({ zoneId, row, column, ...(ticketType !== undefined && { ticketType }) });
}

/**
 * What a request for seats asks for, for its fingerprint. Its names must stay as they are: fingerprints are kept for 24 hours, and other
 * versions of this service compare theirs with them.
 */
export const meaningOf = ({ venueId, buyerId, promotion, paidBy, request }: Omit<Purchase, 'eventId'>) => ({
  venueId,
  buyerId,
  wish: request,
  promotion: promotion?.toUpperCase(),
  paidBy,
});

const seatName = ({ zoneId, row, column }: ChosenSeat) => `zone ${zoneId}, row ${row}, column ${column}`;

function repeated(items: (ChosenSeat | BestPlaces)[], list: string): ProblemError[] {
  const names = items.map((item) => ('quantity' in item ? undefined : seatName(item)));
  return names.flatMap((name, at) =>
    name !== undefined && names.indexOf(name) < at ? [{ pointer: `${list}/${at}`, detail: `repeats ${name}` }] : [],
  );
}

/** How a client named what it wants: each item, by its position, and the field that says how many tickets it wants. */
export function namesIn(request: SeatRequest) {
  const items = itemsOf(request);
  const list = 'seats' in request ? '#/seats' : 'items' in request ? '#/items' : undefined;
  return {
    nameOf(position: number) {
      const item = items[position];
      const name = !item ? '' : 'quantity' in item ? `zone ${item.zoneId}` : seatName(item);
      return { pointer: list === undefined ? '#/zoneId' : `${list}/${position}`, name };
    },
    size: list ?? '#/quantity',
  };
}
