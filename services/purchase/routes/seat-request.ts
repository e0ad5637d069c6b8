import { type Static, type TObject, Type } from 'typebox';
import { patterned } from '../../shared/basics/patterned.ts';
import { documentedAs } from '../../shared/http/documented-as.ts';
import type { ProblemCode, ProblemError } from '../../shared/http/problems.ts';
import { BuyerId, EventId, maxColumns, Row, VenueId, ZoneId } from '../../shared/terms/identifiers.ts';
import type { Purchase, Seat, SeatRequest } from '../seats/draft-order.ts';

/** Without leading zeros: a seat must not have two names, "01" and "1". */
const columnPattern = '^[1-9][0-9]{0,3}$';
const columnSentence = `must be a number from 1 to ${maxColumns}, without leading zeros`;

/** The schema fields that name a seat in a request. */
export const seatFields = {
  zoneId: ZoneId,
  row: Row,
  column: Type.Union([patterned(columnPattern, columnSentence), Type.Integer({ minimum: 1, maximum: maxColumns })], {
    description: 'From 1, as a string or an integer',
    examples: ['1'],
  }),
};

/** The seat that a request names, in its canonical spelling. */
export const seatOf = ({ zoneId, row, column }: Static<TObject<typeof seatFields>>): Seat => ({
  zoneId,
  row: row.toUpperCase(),
  column: Number(column),
});

/** Per order or hold. */
export const maxTickets = 10;

const common = { venueId: Type.Optional(VenueId), eventId: EventId, buyerId: Type.Optional(BuyerId) };
const chosen = {
  seats: Type.Array(Type.Object(seatFields, { additionalProperties: false }), {
    minItems: 1,
    maxItems: maxTickets,
    description: 'Chosen seats, from any zones; instead of zoneId and quantity',
  }),
};
const best = {
  zoneId: { ...ZoneId, description: 'The zone to take the best seats from, or places in general admission' },
  quantity: Type.Integer({ minimum: 1, maximum: maxTickets, description: 'How many tickets', examples: [4] }),
  split: Type.Optional(
    Type.Boolean({ description: 'If there are not enough side by side, take the fewest groups', examples: [false] }),
  ),
};

/** A request for seats as the OpenAPI document shows it: one of two shapes. */
const documented = {
  oneOf: [
    Type.Object(
      { ...common, seats: { ...chosen.seats, uniqueItems: true } },
      { title: 'ChosenSeats', additionalProperties: false },
    ),
    Type.Object({ ...common, ...best }, { title: 'BestSeats', additionalProperties: false }),
  ],
  examples: [
    { eventId: 'Event1', zoneId: 1, quantity: 4 },
    { eventId: 'Event1', seats: [{ zoneId: 1, row: 'B', column: '1' }] },
  ],
};

/** The body of an order or hold: chosen seats, or the best of a zone. One flat schema checks it, so that each fault names one field. */
export const SeatRequestBody = Type.Object(
  { ...common, ...Type.Partial(Type.Object({ ...chosen, ...best })).properties },
  { additionalProperties: false, [documentedAs]: documented },
);

/** The problems that a request for chosen seats can return. */
export const seatProblems = [
  'INVALID_REQUEST',
  'NOT_SIGNED_IN',
  'EVENT_NOT_FOUND',
  'ZONE_NOT_FOUND',
  'SEAT_NOT_FOUND',
  'SEAT_TAKEN',
  'BUYER_LIMIT_REACHED',
  'NOT_ON_SALE',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'IDEMPOTENCY_KEY_REUSED',
  'INVENTORY_UNAVAILABLE',
] as const satisfies ProblemCode[];

/** The problems that an order or hold request can return: it may also ask for the best seats. */
export const takeProblems = [...seatProblems, 'SOLD_OUT', 'NO_ADJACENT_SEATS'] as const satisfies ProblemCode[];

/** Reads a request for seats from a valid body, with defaults filled in. Returns errors if the fields do not fit together. */
export function readSeatRequest(body: Static<typeof SeatRequestBody>): Omit<Purchase, 'eventId'> | { errors: ProblemError[] } {
  const { venueId, buyerId, seats, zoneId, quantity, split } = body;
  if (seats) {
    const chosen = seats.map(seatOf);
    const errors = [
      ...Object.entries({ zoneId, quantity, split }).flatMap(([name, value]) =>
        value === undefined ? [] : [{ pointer: `#/${name}`, detail: 'must be left out when seats are given' }],
      ),
      ...repeated(chosen),
    ];
    return errors.length > 0 ? { errors } : { venueId, buyerId, request: { seats: chosen } };
  }
  if (zoneId === undefined || quantity === undefined) {
    const missing = zoneId !== undefined ? '#/quantity' : quantity !== undefined ? '#/zoneId' : '#/seats';
    return { errors: [{ pointer: missing, detail: 'is missing: send either seats, or zoneId and quantity' }] };
  }
  return { venueId, buyerId, request: { zoneId, quantity, split: split ?? false } };
}

/**
 * What a request for seats asks for, for its fingerprint. Its names must stay as they are: fingerprints are kept for 24 hours, and other
 * versions of this service compare theirs with them.
 */
export const meaningOf = ({ venueId, buyerId, request }: Omit<Purchase, 'eventId'>) => ({ venueId, buyerId, wish: request });

const seatName = ({ zoneId, row, column }: Seat) => `zone ${zoneId}, row ${row}, column ${column}`;

function repeated(seats: Seat[]): ProblemError[] {
  const names = seats.map(seatName);
  return names.flatMap((name, at) => (names.indexOf(name) < at ? [{ pointer: `#/seats/${at}`, detail: `repeats ${name}` }] : []));
}

/** Returns a function that maps the position of a wanted seat to the field in which the client named it, and to its name. */
export function nameIn(request: SeatRequest) {
  return (position: number) => {
    if (!('seats' in request)) return { pointer: '#/zoneId', name: `zone ${request.zoneId}` };
    const seat = request.seats[position];
    return { pointer: `#/seats/${position}`, name: seat ? seatName(seat) : '' };
  };
}
