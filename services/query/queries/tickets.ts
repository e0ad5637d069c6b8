import { sql } from 'kysely';
import { parse as uuidBytes, stringify as uuidText } from 'uuid';
import type { Database } from '../../shared/database.ts';
import { formatMoney, parseMoney } from '../../shared/money.ts';
import type { Ticket } from '../../shared/ticket.ts';

/** Where a page of tickets ended: they are in the order of sale, and within an order by id. */
export type TicketPosition = { sequence: number; ticketId: string };

/** Up to `limit` tickets of an event that come after a position, newest last. */
export async function listTickets(
  db: Database,
  page: { eventId: string; after: TicketPosition | undefined; limit: number },
): Promise<(Ticket & { sequence: number })[]> {
  const { eventId, after, limit } = page;
  let query = ticketRows(db).where('event_id', '=', eventId).orderBy('sequence').orderBy('ticket_id').limit(limit);
  if (after) {
    const ticketId = bytesOf(after.ticketId);
    query = query
      .where('sequence', '>=', after.sequence)
      .where(sql<boolean>`(sequence > ${after.sequence} or ticket_id > ${ticketId})`);
  }
  const rows = await query.execute();
  return rows.map((row) => ({ ...ticketOf(row), sequence: row.sequence }));
}

export async function findTicket(db: Database, ticketId: string): Promise<Ticket | undefined> {
  const row = await ticketRows(db).where('ticket_id', '=', bytesOf(ticketId)).executeTakeFirst();
  return row && ticketOf(row);
}

const bytesOf = (uuid: string) => Buffer.from(uuidBytes(uuid));

const ticketRows = (db: Database) =>
  db
    .selectFrom('tickets')
    .select([
      'ticket_id',
      'order_id',
      'venue_id',
      'event_id',
      'zone_id',
      'seat_row',
      'seat_column',
      'price',
      'currency',
      'status',
      'sequence',
      'created_on',
    ]);

type TicketRow = Awaited<ReturnType<ReturnType<typeof ticketRows>['executeTakeFirstOrThrow']>>;

function ticketOf(row: TicketRow): Ticket {
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
