import type { Insertable } from 'kysely';
import { parse as uuidBytes } from 'uuid';
import { formatMoney } from '../../shared/money.ts';
import type { Schema } from '../../shared/schema.ts';
import type { TicketsPurchased } from '../../shared/ticket-events.ts';

/** What the database already holds of a batch: the order of each applied event, and which ticket has which seat. */
export type Known = { applied: Map<string, Buffer>; liveSeats: Map<string, LiveTicket> };

export const nothingKnown: Known = { applied: new Map(), liveSeats: new Map() };

type LiveTicket = { ticketId: Buffer; orderId: Buffer };

/** The rows that a batch of domain events adds to each table of the projection. */
export type Rows = {
  [Table in 'applied_sequences' | 'orders' | 'tickets' | 'seat_conflicts' | 'sales_by_zone']: Insertable<Schema[Table]>[];
};

export const appliedKey = (eventId: string, sequence: number) => `${eventId}/${sequence}`;
export const seatKey = (eventId: string, zoneId: number, row: string, column: number) => `${eventId}/${zoneId}/${row}/${column}`;

/**
 * Turns domain events into rows. An event that was applied, or that stands twice in the batch, adds nothing; a ticket
 * whose seat has another live ticket is kept as CONFLICTED, with both named, and is not counted. An event whose sequence
 * belongs to another order (Redis forgot it, and gave it again) cannot be applied, and is given back in `clashes`.
 */
export function rowsOf(events: TicketsPurchased[], known: Known): { rows: Rows; clashes: TicketsPurchased[] } {
  const rows: Rows = { applied_sequences: [], orders: [], tickets: [], seat_conflicts: [], sales_by_zone: [] };
  const clashes: TicketsPurchased[] = [];
  const applied = new Map(known.applied);
  const liveSeats = new Map(known.liveSeats);
  const sales = new Map<string, { eventId: string; zoneId: number; tickets: number; minor: bigint; currency: string }>();

  for (const event of inOrder(events)) {
    const { time, data } = event;
    const { eventId, venueId, sequence } = data;
    const orderId = bytesOf(data.orderId);
    const key = appliedKey(eventId, sequence);
    const appliedOrder = applied.get(key);
    if (appliedOrder) {
      if (!appliedOrder.equals(orderId)) clashes.push(event);
      continue;
    }
    applied.set(key, orderId);
    rows.applied_sequences.push({ event_id: eventId, sequence, order_id: orderId });
    const createdOn = new Date(time);
    rows.orders.push({ order_id: orderId, event_id: eventId, buyer_id: data.buyerId ?? null, sequence, created_on: createdOn });

    for (const { zoneId, row, column, priceMinor, currency, ...ticket } of data.tickets) {
      const ticketId = bytesOf(ticket.ticketId);
      const seat = row !== undefined && column !== undefined ? seatKey(eventId, zoneId, row, column) : undefined;
      const live = seat === undefined ? undefined : liveSeats.get(seat);
      rows.tickets.push({
        ticket_id: ticketId,
        order_id: orderId,
        venue_id: venueId,
        event_id: eventId,
        zone_id: zoneId,
        seat_row: row ?? null,
        seat_column: column ?? null,
        price: formatMoney(priceMinor, currency),
        currency,
        status: live ? 'CONFLICTED' : 'PAID',
        sequence,
        created_on: createdOn,
        cancelled_on: null,
      });
      if (live) {
        rows.seat_conflicts.push({
          ticket_id: ticketId,
          order_id: orderId,
          live_ticket_id: live.ticketId,
          live_order_id: live.orderId,
          recorded_on: createdOn,
        });
        continue;
      }
      if (seat !== undefined) liveSeats.set(seat, { ticketId, orderId });
      const zone = `${eventId}/${zoneId}`;
      const sum = sales.get(zone) ?? { eventId, zoneId, tickets: 0, minor: 0n, currency };
      sales.set(zone, { ...sum, tickets: sum.tickets + 1, minor: sum.minor + BigInt(priceMinor) });
    }
  }

  rows.sales_by_zone = [...sales.values()].map(({ eventId, zoneId, tickets, minor, currency }) => ({
    event_id: eventId,
    zone_id: zoneId,
    tickets,
    revenue: formatMoney(minor, currency),
  }));
  return { rows, clashes };
}

/** By event and sequence: the buyer who came first keeps the seat, and workers lock rows in one order. */
function inOrder(events: TicketsPurchased[]): TicketsPurchased[] {
  return events.toSorted((a, b) => compare(a.data.eventId, b.data.eventId) || a.data.sequence - b.data.sequence);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const bytesOf = (uuid: string) => Buffer.from(uuidBytes(uuid));
