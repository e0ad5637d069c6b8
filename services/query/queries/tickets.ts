import { type ExpressionBuilder, sql } from 'kysely';
import type { Database } from '../../shared/stores/database.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { seatOf } from '../../shared/stores/seat-columns.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { formatMoney, parseMoney } from '../../shared/terms/money.ts';
import type { Ticket } from '../../shared/terms/ticket.ts';

/** Where a page of tickets ended. */
export type TicketPosition = { createdOn: Date; eventId: string; sequence: number; ticketId: string };

/**
 * Up to `limit` tickets after a position in order of sale: an event's, a buyer's, those of both, or all. Sales in the same
 * millisecond are ordered by event and by the event's sequence numbers, so that filtering a list keeps its order.
 */
export async function listTickets(
  db: Database,
  page: { eventId: string | undefined; buyerId: string | undefined; after: TicketPosition | undefined; limit: number },
): Promise<{ ticket: Ticket; position: TicketPosition }[]> {
  const { eventId, buyerId, after, limit } = page;
  const rows = await ticketRows(db, eventId === undefined && buyerId === undefined ? byTime : undefined)
    .$if(buyerId !== undefined, (all) => withOrders(all).where('order_events.buyer_id', '=', buyerId ?? null))
    .$if(eventId !== undefined, (all) => all.where('tickets.event_id', '=', eventId ?? ''))
    // Within an event, sequence numbers are in order of time, and have their own index.
    .$if(eventId === undefined, (all) => all.orderBy('tickets.created_on').orderBy('tickets.event_id'))
    .orderBy('tickets.sequence')
    .orderBy('tickets.ticket_id')
    .$if(after !== undefined, (all) => all.where(isAfter(after as TicketPosition, eventId !== undefined)))
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const ticket = ticketOf(row);
    const { created_on: createdOn, sequence } = row;
    return { ticket, position: { createdOn, eventId: ticket.eventId, sequence, ticketId: ticket.ticketId } };
  });
}

/**
 * Each condition starts with a bound on the first column alone, so that the index scan starts there. Neither MySQL nor MariaDB does so
 * for `(a, b) > (x, y)`.
 */
function isAfter({ createdOn, eventId, sequence, ticketId }: TicketPosition, isOneEvent: boolean) {
  return ({ eb, and, or }: ExpressionBuilder<Schema, 'tickets'>) => {
    const inSequence = and([
      eb('tickets.sequence', '>=', sequence),
      or([eb('tickets.sequence', '>', sequence), eb('tickets.ticket_id', '>', uuidBytes(ticketId))]),
    ]);
    if (isOneEvent) return inSequence;
    return and([
      eb('tickets.created_on', '>=', createdOn),
      or([
        eb('tickets.created_on', '>', createdOn),
        eb('tickets.event_id', '>', eventId),
        and([eb('tickets.event_id', '=', eventId), inSequence]),
      ]),
    ]);
  };
}

export async function findTicket(db: Database, ticketId: string): Promise<Ticket | undefined> {
  const row = await ticketRows(db).where('tickets.ticket_id', '=', uuidBytes(ticketId)).executeTakeFirst();
  return row && ticketOf(row);
}

/** The index is forced: by the server's statistics, which lag behind a sale, reading and sorting the whole table may look cheaper. */
const byTime = sql<Schema['tickets']>`tickets`.as<'tickets'>(sql`tickets force index (tickets_by_time)`);

export const ticketRows = (db: Database, from: 'tickets' | typeof byTime = 'tickets') =>
  db
    .selectFrom(from as 'tickets')
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
      'tickets.seat_label',
      'tickets.category',
      'tickets.ticket_type',
      'tickets.promotion',
      'tickets.full_price',
      'tickets.exchanged_for',
      'tickets.paid_by',
    ]);

/** Joins tickets with the domain events that sold them. Event and sequence number are in the join because both tables index them. */
export const withOrders = (tickets: ReturnType<typeof ticketRows>) =>
  tickets.innerJoin('order_events', (join) =>
    join
      .onRef('order_events.event_id', '=', 'tickets.event_id')
      .onRef('order_events.sequence', '=', 'tickets.sequence')
      .onRef('order_events.order_id', '=', 'tickets.order_id'),
  );

type TicketRow = Awaited<ReturnType<ReturnType<typeof ticketRows>['executeTakeFirstOrThrow']>>;

export function ticketOf(row: TicketRow): Ticket {
  const seat = seatOf(row);
  const { category, ticket_type: ticketType, promotion, full_price, exchanged_for, paid_by: paidBy } = row;
  const money = (decimal: string) => formatMoney(parseMoney(decimal, row.currency), row.currency);
  return {
    ticketId: uuidText(row.ticket_id),
    orderId: uuidText(row.order_id),
    venueId: row.venue_id,
    eventId: row.event_id,
    zoneId: row.zone_id,
    row: seat?.row ?? null,
    column: seat ? String(seat.column) : null,
    ...(category !== null && { category }),
    ...(ticketType !== null && { ticketType }),
    status: row.status,
    ...(paidBy !== null && { paidBy }),
    price: money(row.price),
    ...(full_price !== null && { fullPrice: money(full_price) }),
    ...(promotion !== null && { promotion }),
    currency: row.currency,
    createdOn: row.created_on.toISOString(),
    ...(exchanged_for !== null && { exchangedFor: uuidText(exchanged_for) }),
  };
}
