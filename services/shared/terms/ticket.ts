import { type Static, Type } from 'typebox';
import { BuyerId, Currency, EventId, Money, Timestamp, Uuid, VenueId, ZoneId } from './identifiers.ts';
import { formatMoney, parseMoney } from './money.ts';

const orNull = (description: string, example: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description, examples: [example] });

/** checkout: a payment that checkout knows. The others: as the seller said. */
export const PaidBy = Type.Enum(['checkout', 'cash', 'card', 'invoice', 'complimentary'], { description: 'How it was paid' });

/** How a seller was paid. */
export const SellerPaidBy = Type.Enum(['cash', 'card', 'invoice', 'complimentary'], {
  description: 'How it was paid; only those who may sell can say so, and must if the event has to be paid',
});

const uuidExample = '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b';

/** A ticket as its buyer and the operator see it. */
export const Ticket = Type.Object({
  ticketId: Uuid,
  orderId: Uuid,
  venueId: VenueId,
  eventId: EventId,
  zoneId: ZoneId,
  row: orNull("The row's label, or null in a zone without seats", 'A'),
  column: orNull("The seat's label in its row, or null in a zone without seats", '1'),
  category: Type.Optional(orNull('Its price category; absent or null: none', 'A')),
  ticketType: Type.Optional(orNull('Its ticket type; absent or null: none', 'child')),
  status: Type.Enum(['PAID', 'CANCELLED', 'CONFLICTED'], {
    description:
      'CONFLICTED: another ticket already owned the seat; unless its cancellation is still to arrive, the organiser must resolve this',
  }),
  paidBy: Type.Optional(
    Type.Unsafe<Static<typeof PaidBy> | null>({
      type: ['string', 'null'],
      enum: ['checkout', 'cash', 'card', 'invoice', 'complimentary', null],
      description: 'How it was paid: through checkout, or as the seller said; absent or null: that is not known',
    }),
  ),
  price: Money,
  fullPrice: Type.Optional(orNull('The price without the promotion; absent or null: there was none', '125.00')),
  promotion: Type.Optional(orNull('The promotion that reduced its price; absent or null: none', 'EARLYBIRD')),
  currency: Currency,
  createdOn: Timestamp,
  exchangedFor: Type.Optional(orNull('The ticket that replaced it, which is then CANCELLED; absent or null: none', uuidExample)),
});

export type Ticket = Static<typeof Ticket>;

/** A ticket as strangers see it: without its order's id and its promotion, which are not theirs to know. */
export const ListedTicket = Type.Object({
  ...Ticket.properties,
  orderId: Type.Optional({ ...Uuid, description: 'Its order; shown only to the operator' }),
  promotion: Type.Optional(orNull('The promotion that reduced its price; shown only to the operator', 'EARLYBIRD')),
  paidBy: Type.Optional({ ...Ticket.properties.paidBy, description: 'How it was paid; shown only to the operator' }),
});

export type ListedTicket = Static<typeof ListedTicket>;

/** The tickets bought by one accepted request, in the form that both services return. */
export const Order = Type.Object({
  orderId: Uuid,
  venueId: VenueId,
  eventId: EventId,
  buyerId: Type.Optional(BuyerId),
  status: Type.Enum(['PAID', 'CANCELLED'], { description: 'CANCELLED once all of its tickets are' }),
  totalPrice: Type.String({ ...Money, description: 'The total of its PAID tickets' }),
  currency: Currency,
  createdOn: Timestamp,
  tickets: Type.Array(Ticket),
});

export type Order = Static<typeof Order>;

/** An order, as the API returns it, with all of its tickets (at least one), whatever their status. */
export function orderOf(tickets: [Ticket, ...Ticket[]], buyerId?: string): Order {
  const { orderId, venueId, eventId, currency, createdOn } = tickets[0];
  const paid = tickets.filter(({ status }) => status === 'PAID');
  const total = paid.reduce((sum, { price }) => sum + parseMoney(price, currency), 0n);
  return {
    orderId,
    venueId,
    eventId,
    ...(buyerId !== undefined && { buyerId }),
    status: tickets.every(({ status }) => status === 'CANCELLED') ? 'CANCELLED' : 'PAID',
    totalPrice: formatMoney(total, currency),
    currency,
    createdOn,
    tickets,
  };
}
