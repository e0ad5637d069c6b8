import { parse as uuidBytes, stringify as uuidText } from 'uuid';
import type { Database } from '../../shared/database.ts';
import { formatMoney, parseMoney } from '../../shared/money.ts';
import type { Ticket } from '../../shared/ticket.ts';

/** Where a page of tickets ended: they are by event, in the order of sale, and within an order by id. */
export type TicketPosition = { eventId: string; sequence: number; ticketId: string };

/** Up to `limit` tickets that come after a position, an event's newest last: those of an event, of a buyer, or of both. */
export async function listTickets(
  db: Database,
  page: { eventId: string | undefined; buyerId: string | undefined; after: TicketPosition | undefined; limit: number },
): Promise<(Ticket & { sequence: number })[]> {
  const { eventId, buyerId, after, limit } = page;
  let query = ticketRows(db)
    .$if(buyerId !== undefined, (all) => withOrders(all).where('order_events.buyer_id', '=', buyerId ?? null))
    .orderBy('tickets.event_id')
    .orderBy('tickets.sequence')
    .orderBy('tickets.ticket_id')
    .limit(limit);
  if (eventId !== undefined) query = query.where('tickets.event_id', '=', eventId);
  if (after) {
    const { sequence } = after;
    query = query
      .where('tickets.event_id', '>=', after.eventId)
      .where(({ eb, or, and }) =>
        or([
          eb('tickets.event_id', '>', after.eventId),
          eb('tickets.sequence', '>', sequence),
          and([eb('tickets.sequence', '=', sequence), eb('tickets.ticket_id', '>', bytesOf(after.ticketId))]),
        ]),
      );
    // Within one event that much is clear, and lets the index begin there.
    if (eventId !== undefined) query = query.where('tickets.sequence', '>=', sequence);
  }
  const rows = await query.execute();
  return rows.map((row) => ({ ...ticketOf(row), sequence: row.sequence }));
}

export async function findTicket(db: Database, ticketId: string): Promise<Ticket | undefined> {
  const row = await ticketRows(db).where('tickets.ticket_id', '=', bytesOf(ticketId)).executeTakeFirst();
  return row && ticketOf(row);
}

export const bytesOf = (uuid: string) => Buffer.from(uuidBytes(uuid));

export const ticketRows = (db: Database) =>
  db
    .selectFrom('tickets')
    .select([
      'tickets.ticket_id',
      'tickets.order_id',
      'tickets.venue_id',
      'tickets.event_id',
      'tickets.zone_id',
      'tickets.seat_row',
      'tickets.seat_column',
      'tickets.price',
      'tickets.currency',
      'tickets.status',
      'tickets.sequence',
      'tickets.created_on',
    ]);

/** With what sold them: tickets have its event and sequence, which is what the indexes of both tables know. */
export const withOrders = (tickets: ReturnType<typeof ticketRows>) =>
  tickets.innerJoin('order_events', (join) =>
    join
      .onRef('order_events.event_id', '=', 'tickets.event_id')
      .onRef('order_events.sequence', '=', 'tickets.sequence')
      .onRef('order_events.order_id', '=', 'tickets.order_id'),
  );

type TicketRow = Awaited<ReturnType<ReturnType<typeof ticketRows>['executeTakeFirstOrThrow']>>;

export function ticketOf(row: TicketRow): Ticket {
  return {
    ticketId: uuidText(row.ticket_id),
    orderId: uuidText(row.order_id),
    venueId: row.venue_id,
    eventId: row.event_id,
    zoneId: row.zone_id,
    row: row.seat_row,
    column: row.seat_column === null ? null : String(row.seat_column),
    status: row.status,
    price: formatMoney(parseMoney(row.price, row.currency), row.currency),
    currency: row.currency,
    createdOn: row.created_on.toISOString(),
  };
}
