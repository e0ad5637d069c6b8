import { type Static, Type } from 'typebox';
import type { Held, Sold } from '../../shared/inventory/decisions.ts';
import { statusOf } from '../../shared/inventory/order.ts';
import { PricedSeat, presentSeat } from '../../shared/inventory/present-seat.ts';
import { BuyerId, Currency, EventId, HoldId, Money, OrderToken, Timestamp, VenueId } from '../../shared/terms/identifiers.ts';
import { formatMoney } from '../../shared/terms/money.ts';
import { Order, orderOf, Ticket } from '../../shared/terms/ticket.ts';
import type { SeatRequest } from '../seats/purchase.ts';

/** The path at which an order can be read, with its token. */
export const orderLocation = (orderId: string) => `/query/api/v1/orders/${orderId}`;

export const locationHeader = (what: string) => Type.String({ description: `${what}, at the query service` });

const orderToken = Type.String({
  ...OrderToken,
  description: 'Reads and cancels the order, sent in the header Order-Token. It works for anyone who has it: keep it secret',
});

type SoldOrder = Pick<Sold, 'order' | 'soldAtMs'>;

/** An order's tickets, as the API returns them. */
export function presentTickets({ order, soldAtMs }: SoldOrder): Ticket[] {
  const { orderId, venueId, eventId, paidBy, tickets } = order;
  const createdOn = new Date(soldAtMs).toISOString();
  return tickets.map((ticket) => ({
    orderId,
    venueId,
    eventId,
    ...presentSeat(ticket),
    status: statusOf(ticket),
    ...(paidBy !== undefined && { paidBy }),
    currency: ticket.currency,
    createdOn: ticket.sold ? new Date(ticket.sold.timeMs).toISOString() : createdOn,
    ...(ticket.exchangedFor !== undefined && { exchangedFor: ticket.exchangedFor }),
  }));
}

/** An order, as the API returns it. */
export const presentOrder = (sold: SoldOrder): Order =>
  orderOf(presentTickets(sold) as [Ticket, ...Ticket[]], sold.order.buyerId);

/** Seats set aside for a buyer, as the API returns them. */
export const Hold = Type.Object({
  holdId: HoldId,
  venueId: VenueId,
  eventId: EventId,
  buyerId: Type.Optional(BuyerId),
  expiresOn: Timestamp,
  totalPrice: Money,
  currency: Currency,
  seats: Type.Array(PricedSeat),
});

/** A hold, as the API returns it. */
export function presentHold({ holdId, order, heldUntilMs }: Held): Static<typeof Hold> {
  const { venueId, eventId, buyerId, tickets } = order;
  const currency = tickets[0]?.currency ?? '';
  const totalMinor = tickets.reduce((sum, { priceMinor }) => sum + BigInt(priceMinor), 0n);
  return {
    holdId,
    venueId,
    eventId,
    ...(buyerId !== undefined && { buyerId }),
    expiresOn: new Date(heldUntilMs).toISOString(),
    totalPrice: formatMoney(totalMinor, currency),
    currency,
    seats: tickets.map(presentSeat),
  };
}

const chosenForYou = {
  adjacent: Type.Optional(
    Type.Boolean({ description: 'Whether the best seats of a zone are side by side; false only with `split`' }),
  ),
};

/** A ticket, an order and a hold, as returned to their buyer. */
export const NewTicket = Type.Object({ ...Ticket.properties, orderToken });
export const ConfirmedOrder = Type.Object({ ...Order.properties, orderToken });
export const NewOrder = Type.Object({ ...ConfirmedOrder.properties, ...chosenForYou });
export const NewHold = Type.Object({ ...Hold.properties, ...chosenForYou });

export const presentNewOrder = (sold: Sold, request: SeatRequest, orderToken: string) => ({
  ...presentOrder(sold),
  orderToken,
  ...adjacency(sold, request),
});
export const presentNewHold = (held: Held, request: SeatRequest) => ({ ...presentHold(held), ...adjacency(held, request) });

function adjacency({ order, groups }: Sold | Held, request: SeatRequest): { adjacent?: boolean } {
  const [first] = order.tickets;
  if (!('quantity' in request) || first?.column === undefined) return {};
  if (groups !== undefined) return { adjacent: groups === 1 };
  // Replies that were kept by earlier versions do not say it, but are of grids, whose columns are numbers.
  const start = Number(first.column);
  return { adjacent: order.tickets.every(({ row, column }, at) => row === first.row && column === start + at) };
}
