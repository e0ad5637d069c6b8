import { type Static, Type } from 'typebox';
import { BuyerId, Currency, EventId, Money, Timestamp, Uuid, VenueId, ZoneId } from './identifiers.ts';

const orNull = (description: string, example: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description, examples: [example] });

/** A ticket as its buyer, and the operator, see it. */
export const Ticket = Type.Object({
  ticketId: Uuid,
  orderId: Uuid,
  venueId: VenueId,
  eventId: EventId,
  zoneId: ZoneId,
  row: orNull('Row letters, or null in a zone without seats', 'A'),
  column: orNull('Column, or null in a zone without seats', '1'),
  status: Type.Enum(['PAID', 'CANCELLED', 'CONFLICTED'], {
    description:
      'CONFLICTED: another ticket held the seat already; unless its cancellation is yet to come, the organiser has to settle it',
  }),
  price: Money,
  currency: Currency,
  createdOn: Timestamp,
});

export type Ticket = Static<typeof Ticket>;

/** A ticket in public: with its order's id, anybody could ask for what only its buyer may have. */
export const ListedTicket = Type.Object({
  ...Ticket.properties,
  orderId: Type.Optional({ ...Uuid, description: 'Its order; for the operator only' }),
});

export type ListedTicket = Static<typeof ListedTicket>;

/** What one accepted request bought, as both services answer it. */
export const Order = Type.Object({
  orderId: Uuid,
  venueId: VenueId,
  eventId: EventId,
  buyerId: Type.Optional(BuyerId),
  status: Type.Enum(['PAID', 'CANCELLED'], { description: 'CANCELLED once each of its tickets is' }),
  totalPrice: Type.String({ ...Money, description: 'Of its PAID tickets' }),
  currency: Currency,
  createdOn: Timestamp,
  tickets: Type.Array(Ticket),
});

export type Order = Static<typeof Order>;
