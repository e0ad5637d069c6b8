import { v7 as uuidv7 } from 'uuid';
import type { TicketsCancelled, TicketsExchanged, TicketsPurchased } from '../../services/shared/events/domain-events.ts';
import { rowLabel } from '../../services/shared/terms/row-label.ts';

type EventSold = { eventId: string; venueId: string; currency: string };

export type TicketSold = TicketsPurchased['data']['tickets'][number];

const envelope = <Name extends 'purchased' | 'cancelled' | 'exchanged'>(
  name: Name,
  eventId: string,
  sequence: number,
  time: string,
) => ({
  specversion: '1.0' as const,
  id: String(sequence),
  source: `/onsale/events/${eventId}`,
  type: `onsale.tickets.${name}` as const,
  time,
  datacontenttype: 'application/json' as const,
  dataschema: `urn:onsale:tickets.${name}:1` as const,
});

/** The domain event of an order, as the relay publishes it. */
export function purchasedOrder(
  { eventId, venueId, currency }: EventSold,
  order: { sequence: number; buyerId?: string; tickets: Omit<TicketSold, 'ticketId' | 'currency'>[] },
): TicketsPurchased {
  const { sequence, tickets, ...buyer } = order;
  return {
    ...envelope('purchased', eventId, sequence, '2026-05-01T10:00:00.000Z'),
    data: {
      sequence,
      orderId: uuidv7(),
      ...buyer,
      venueId,
      eventId,
      tickets: tickets.map((ticket) => ({ ticketId: uuidv7(), ...ticket, currency })),
    },
  };
}

/** The domain event of an order of one seat. */
export function purchased(
  event: EventSold,
  sale: { sequence: number; buyerId?: string; zoneId?: number; row?: string; column?: number; priceMinor?: number },
): TicketsPurchased {
  const { zoneId = 1, row = 'A', column = 1, priceMinor = 10_000, ...order } = sale;
  return purchasedOrder(event, { ...order, tickets: [{ zoneId, row, column, priceMinor }] });
}

/** The domain event of a sale, and of an exchange as far as it is one. */
type Sale = TicketsPurchased | TicketsExchanged;

/** The tickets that a domain event sold. */
export const ticketsSold = ({ type, data }: Sale) => (type === 'onsale.tickets.exchanged' ? data.replacements : data.tickets);

/** The domain event that cancels what another sold: the tickets at these positions, or all of them. */
export const cancelled = (sale: Sale, sequence: number, positions?: number[]): TicketsCancelled => ({
  ...envelope('cancelled', sale.data.eventId, sequence, laterTime(sequence)),
  data: endOf(sale, sequence, positions),
});

/** The domain event that exchanges what another sold, at these positions, for other seats or places at the same prices. */
export function exchanged(
  sale: Sale,
  sequence: number,
  positions: number[],
  places: Pick<TicketSold, 'zoneId' | 'row' | 'column'>[],
): TicketsExchanged {
  const data = endOf(sale, sequence, positions);
  const replacements = data.tickets.map(({ zoneId: _zone, row: _row, column: _column, sold: _sold, ...ticket }, at) => {
    const place = places[at];
    if (!place) throw new Error('an exchange needs a place for each ticket');
    return { ...ticket, ticketId: uuidv7(), ...place };
  });
  return { ...envelope('exchanged', data.eventId, sequence, laterTime(sequence)), data: { ...data, replacements } };
}

const laterTime = (sequence: number) => new Date(Date.UTC(2026, 4, 1, 11, 0, sequence)).toISOString();

function endOf(sale: Sale, sequence: number, positions?: number[]): TicketsCancelled['data'] {
  const { orderId, buyerId, venueId, eventId } = sale.data;
  const isExchange = sale.type === 'onsale.tickets.exchanged';
  const sold = { sequence: sale.data.sequence, timeMs: Date.parse(sale.time) };
  return {
    sequence,
    orderId,
    ...(buyerId !== undefined && { buyerId }),
    venueId,
    eventId,
    tickets: ticketsSold(sale)
      .filter((_ticket, at) => positions?.includes(at) ?? true)
      .map((ticket) => (isExchange ? { ...ticket, sold } : ticket)),
    purchase: isExchange ? sale.data.purchase : sold,
  };
}

/** The domain events of a zone of `rows` × `columns` that sells out row by row, with sequence numbers from 1. */
export function soldOut(event: EventSold, rows: number, columns: number): TicketsPurchased[] {
  return Array.from({ length: rows * columns }, (_, at) =>
    purchased(event, { sequence: at + 1, row: rowLabel(Math.floor(at / columns) + 1), column: (at % columns) + 1 }),
  );
}
