import { type Static, Type } from 'typebox';
import { documentedAs } from '../../shared/documented-as.ts';
import { BuyerId, EventId, VenueId, ZoneId } from '../../shared/identifiers.ts';
import type { ProblemCode, ProblemError } from '../../shared/problems.ts';
import type { Purchase, Seat, Wish } from '../seats/take-seats.ts';
import { seatFields, seatOf } from './seat.ts';

/** Of one order or hold. */
export const maxTickets = 10;

const common = { venueId: Type.Optional(VenueId), eventId: EventId, buyerId: Type.Optional(BuyerId) };
const chosen = {
  seats: Type.Array(Type.Object(seatFields, { additionalProperties: false }), {
    minItems: 1,
    maxItems: maxTickets,
    description: 'Chosen seats, of any zones; instead of zoneId and quantity',
  }),
};
const best = {
  zoneId: { ...ZoneId, description: 'Zone to take the best seats of, or places in general admission' },
  quantity: Type.Integer({ minimum: 1, maximum: maxTickets, description: 'How many of them', examples: [4] }),
  split: Type.Optional(
    Type.Boolean({ description: 'Where so many are not left side by side, take the fewest groups', examples: [false] }),
  ),
};

/** A wish as the API's document shows it: one thing or the other. */
const documented = {
  oneOf: [
    Type.Object({ ...common, ...chosen }, { title: 'ChosenSeats', additionalProperties: false }),
    Type.Object({ ...common, ...best }, { title: 'BestSeats', additionalProperties: false }),
  ],
  examples: [
    { eventId: 'Event1', zoneId: 1, quantity: 4 },
    { eventId: 'Event1', seats: [{ zoneId: 1, row: 'B', column: '1' }] },
  ],
};

/** What is to be sold or held: chosen seats, or the best of a zone. Checked by one flat schema, whose faults name one field each. */
export const WishRequest = Type.Object(
  { ...common, ...Type.Partial(Type.Object({ ...chosen, ...best })).properties },
  { additionalProperties: false, [documentedAs]: documented },
);

/** What selling or holding a wish can answer, beside success. */
export const takeProblems = [
  'INVALID_REQUEST',
  'NOT_SIGNED_IN',
  'EVENT_NOT_FOUND',
  'ZONE_NOT_FOUND',
  'SEAT_NOT_FOUND',
  'SEAT_TAKEN',
  'SOLD_OUT',
  'NO_ADJACENT_SEATS',
  'BUYER_LIMIT_REACHED',
  'NOT_ON_SALE',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'IDEMPOTENCY_KEY_REUSED',
  'INVENTORY_UNAVAILABLE',
] as const satisfies ProblemCode[];

/** What a valid body asks for, with defaults filled in, or what is wrong between its fields. */
export function readWish(body: Static<typeof WishRequest>): Omit<Purchase, 'eventId'> | { errors: ProblemError[] } {
  const { venueId, buyerId, seats, zoneId, quantity, split } = body;
  if (seats) {
    const chosen = seats.map(seatOf);
    const errors = [
      ...Object.entries({ zoneId, quantity, split }).flatMap(([name, value]) =>
        value === undefined ? [] : [{ pointer: `#/${name}`, detail: 'must be left out when seats are given' }],
      ),
      ...repeated(chosen),
    ];
    return errors.length > 0 ? { errors } : { venueId, buyerId, wish: { seats: chosen } };
  }
  if (zoneId === undefined || quantity === undefined) {
    const missing = zoneId !== undefined ? '#/quantity' : quantity !== undefined ? '#/zoneId' : '#/seats';
    return { errors: [{ pointer: missing, detail: 'is missing: give either seats, or zoneId and quantity' }] };
  }
  return { venueId, buyerId, wish: { zoneId, quantity, split: split ?? false } };
}

const seatName = ({ zoneId, row, column }: Seat) => `zone ${zoneId}, row ${row}, column ${column}`;

function repeated(seats: Seat[]): ProblemError[] {
  const names = seats.map(seatName);
  return names.flatMap((name, at) =>
    names.indexOf(name) < at ? [{ pointer: `#/seats/${at}`, detail: `is ${name} again` }] : [],
  );
}

/** What the client called a wanted seat: the field that named it, and words for it. */
export function nameIn(wish: Wish) {
  return (position: number) => {
    if (!('seats' in wish)) return { pointer: '#/zoneId', name: `zone ${wish.zoneId}` };
    const seat = wish.seats[position];
    return { pointer: `#/seats/${position}`, name: seat ? seatName(seat) : '' };
  };
}
