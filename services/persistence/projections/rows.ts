import type { Insertable } from 'kysely';
import { parse as uuidBytes } from 'uuid';
import { formatMoney } from '../../shared/money.ts';
import type { Schema } from '../../shared/schema.ts';
import type { TicketsPurchased } from '../../shared/ticket-events.ts';

/** What the database already holds of a batch: which events were applied, and which ticket has which seat. */
export type Known = { applied: Set<string>; liveSeats: Map<string, LiveTicket> };
type LiveTicket = { ticketId: Buffer; orderId: Buffer };

/** The rows that a batch of domain events adds to each table of the projection. */
export type Rows = {
  [Table in 'applied_sequences' | 'orders' | 'tickets' | 'seat_conflicts' | 'sales_by_zone']: Insertable<Schema[Table]>[];
};

export const appliedKey = (eventId: string, sequence: number) => `${eventId}/${sequence}`;
export const seatKey = (eventId: string, zoneId: number, row: string, column: number) => `${eventId}/${zoneId}/${row}/${column}`;

/**
 * Turns domain events into rows. An event that was applied, or that stands twice in the batch, adds nothing; a ticket
 * whose seat has another live ticket is kept as CONFLICTED, with both named, and is not counted.
 */
export function rowsOf(events: TicketsPurchased[], known: Known): Rows {
  const rows: Rows = { applied_sequences: [], orders: [], tickets: [], seat_conflicts: [], sales_by_zone: [] };
  const applied = new Set(known.applied);
  const liveSeats = new Map(known.liveSeats);
  const sales = new Map<string, { eventId: string; zoneId: number; tickets: number; minor: bigint; currency: string }>();

  for (const { time, data } of inOrder(events)) {
    const { eventId, venueId, sequence } = data;
    const key = appliedKey(eventId, sequence);
    if (applied.has(key)) continue;
    applied.add(key);
    rows.applied_sequences.push({ event_id: eventId, sequence });
    const createdOn = new Date(time);
    const orderId = bytesOf(data.orderId);
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
  return rows;
}

/** By event and sequence: the buyer who came first keeps the seat, and workers lock rows in one order. */
function inOrder(events: TicketsPurchased[]): TicketsPurchased[] {
  return events.toSorted((a, b) => compare(a.data.eventId, b.data.eventId) || a.data.sequence - b.data.sequence);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const bytesOf = (uuid: string) => Buffer.from(uuidBytes(uuid));
