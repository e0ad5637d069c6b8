import { v7 as uuidv7 } from 'uuid';
import type { TicketsCancelled, TicketsPurchased } from '../../services/shared/events/domain-events.ts';
import { rowLabel } from '../../services/shared/terms/row-label.ts';

type EventSold = { eventId: string; venueId: string; currency: string };

export type TicketSold = TicketsPurchased['data']['tickets'][number];

const envelope = <Name extends 'purchased' | 'cancelled'>(name: Name, eventId: string, sequence: number, time: string) => ({
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

/** The domain event that cancels an order: the tickets at these positions, or all of them. */
export function cancelled({ time, data }: TicketsPurchased, sequence: number, positions?: number[]): TicketsCancelled {
  return {
    ...envelope('cancelled', data.eventId, sequence, new Date(Date.UTC(2026, 4, 1, 11, 0, sequence)).toISOString()),
    data: {
      ...data,
      sequence,
      tickets: data.tickets.filter((_ticket, at) => positions?.includes(at) ?? true),
      purchase: { sequence: data.sequence, timeMs: Date.parse(time) },
    },
  };
}

/** The domain events of a zone of `rows` × `columns` that sells out row by row, with sequence numbers from 1. */
export function soldOut(event: EventSold, rows: number, columns: number): TicketsPurchased[] {
  return Array.from({ length: rows * columns }, (_, at) =>
    purchased(event, { sequence: at + 1, row: rowLabel(Math.floor(at / columns) + 1), column: (at % columns) + 1 }),
  );
}
