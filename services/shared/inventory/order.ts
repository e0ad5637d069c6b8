import { type Static, Type } from 'typebox';
import {
  BuyerId,
  CategoryId,
  Currency,
  EventId,
  PromotionCode,
  Row,
  TicketTypeId,
  Uuid,
  VenueId,
  ZoneId,
} from '../terms/identifiers.ts';
import { SeatLabel } from '../terms/seat-label.ts';
import { PaidBy, type Ticket } from '../terms/ticket.ts';

/** Bounds the size of an order, and so of a domain event. */
const maxTicketsPerOrder = 1_000;

export const PriceMinor = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'In minor units of the currency: 10000 is 100.00 USD',
});

export const SoldTicket = Type.Object({
  ticketId: Uuid,
  zoneId: ZoneId,
  row: Type.Optional(Row),
  column: Type.Optional(SeatLabel),
  category: Type.Optional(CategoryId),
  ticketType: Type.Optional(TicketTypeId),
  priceMinor: PriceMinor,
  currency: Currency,
  promotion: Type.Optional(PromotionCode),
  fullPriceMinor: Type.Optional({ ...PriceMinor, description: 'The price without the promotion, in minor units' }),
  sold: Type.Optional(
    Type.Object(
      {
        sequence: Type.Integer({ minimum: 1 }),
        timeMs: Type.Integer({ minimum: 0, maximum: 8.64e15 }),
      },
      { description: 'The exchange that sold it, if its order did not' },
    ),
  ),
});

/** An order as the scripts sell it, and as its domain event publishes it. */
export const SoldOrder = Type.Object({
  sequence: Type.Integer({ minimum: 1, description: "The domain event's sequence number within its event" }),
  orderId: Uuid,
  buyerId: Type.Optional(BuyerId),
  paidBy: Type.Optional(PaidBy),
  venueId: VenueId,
  eventId: EventId,
  tickets: Type.Array(SoldTicket, { minItems: 1, maxItems: maxTicketsPerOrder }),
});

/** The domain event that cancelled a ticket, and its time; true if the ticket was cancelled before orders recorded this. */
export type CancelledBy = { sequence: number; timeMs: number } | true;

/**
 * `conflicted`: another ticket has its seat, according to MySQL when the inventory was rebuilt. `exchangedFor`: the ticket that
 * replaced it; then `cancelled` is the exchange.
 */
export type TicketInRedis = Static<typeof SoldTicket> & {
  cancelled?: CancelledBy;
  conflicted?: true;
  exchangedFor?: string;
};

/** A ticket's status, as the API returns it. */
export const statusOf = ({ cancelled, conflicted }: TicketInRedis): Ticket['status'] =>
  cancelled ? 'CANCELLED' : conflicted ? 'CONFLICTED' : 'PAID';

/** An order as Redis keeps it; a held one has no sequence number yet. */
export type OrderInRedis = Omit<Static<typeof SoldOrder>, 'sequence' | 'tickets'> & {
  sequence?: number;
  tickets: TicketInRedis[];
};

/** An order with the time (ms) of its sale. */
export type KeptOrder = { order: OrderInRedis; soldAtMs: number };

/** Parses an order as the scripts keep it: the time of its sale (ms), a space, and JSON. */
export function parseOrder(text: string): KeptOrder {
  const space = text.indexOf(' ');
  return { order: JSON.parse(text.slice(space + 1)) as OrderInRedis, soldAtMs: Number(text.slice(0, space)) };
}
