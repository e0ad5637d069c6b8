import { v7 as uuidv7 } from 'uuid';
import type { Inventory } from '../../services/purchase/seats/inventory.ts';
import { rowLabel } from '../../services/shared/row-label.ts';
import type { TicketsPurchased } from '../../services/shared/ticket-events.ts';

/** The domain event of one sold seat of an event, as the relay publishes it. */
export function purchased(
  { eventId, venueId, currency }: Pick<Inventory, 'eventId' | 'venueId' | 'currency'>,
  sale: { sequence: number; zoneId?: number; row?: string; column?: number; priceMinor?: number },
): TicketsPurchased {
  const { sequence, zoneId = 1, row = 'A', column = 1, priceMinor = 10_000 } = sale;
  return {
    specversion: '1.0',
    id: String(sequence),
    source: `/onsale/events/${eventId}`,
    type: 'onsale.tickets.purchased',
    time: '2026-05-01T10:00:00.000Z',
    datacontenttype: 'application/json',
    dataschema: 'urn:onsale:tickets.purchased:1',
    data: {
      sequence,
      orderId: uuidv7(),
      venueId,
      eventId,
      tickets: [{ ticketId: uuidv7(), zoneId, row, column, priceMinor, currency }],
    },
  };
}

/** The domain events of a zone of `rows` × `columns` that sells out, row by row, sequences from 1. */
export function soldOut(inventory: Inventory, rows: number, columns: number): TicketsPurchased[] {
  return Array.from({ length: rows * columns }, (_, at) =>
    purchased(inventory, { sequence: at + 1, row: rowLabel(Math.floor(at / columns) + 1), column: (at % columns) + 1 }),
  );
}
