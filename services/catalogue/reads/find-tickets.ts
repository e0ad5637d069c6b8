import { sql } from 'kysely';
import { validate } from 'uuid';
import type { Database } from '../../shared/stores/database.ts';
import { seatColumns, seatOf } from '../../shared/stores/seat-columns.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { plainDecimal } from '../../shared/terms/money.ts';
import { seatLabelOf } from '../../shared/terms/seat-label.ts';
import type { Ticket } from '../../shared/terms/ticket.ts';
import { ticketsOf } from './tickets-of.ts';

/** What tickets are looked for by; all of it must match. `seat`: the zone's id, the row and the seat, as in "1/A/12". */
export type Wanted = { buyer?: string; order?: string; seat?: string; status?: Ticket['status'] };

/** The columns of a found ticket; what it does not have is ''. Times are RFC 3339, UTC; prices are decimals. */
export const foundColumns = [
  ...(['soldOn', 'orderId', 'buyerId', 'ticketId', 'status', 'zoneId', 'row', 'seat', 'category', 'ticketType'] as const),
  ...(['price', 'promotion', 'fullPrice', 'currency', 'cancelledOn', 'exchangedFor', 'paidBy'] as const),
] as const;
export type FoundTicket = Record<(typeof foundColumns)[number], string | number>;

/** A reader may pause for this long, as a person does who leafs through the output. */
const readerPauseSeconds = 86_400;

/** Passes an event's tickets that match, in the order of sale, to `use`, as they come from MySQL. Rejects a malformed order or seat. */
export async function findTickets(
  db: Database,
  eventId: string,
  wanted: Wanted,
  use: (tickets: AsyncIterable<FoundTicket>) => Promise<void>,
): Promise<void> {
  await db.connection().execute(async (connection) => {
    await sql`set session net_write_timeout = ${readerPauseSeconds}`.execute(connection);
    await use(streamTickets(connection, eventId, wanted));
  });
}

/** Where a page of tickets ended. */
export type TicketPosition = { sequence: number; ticketId: string };

/** Up to `limit` of an event's tickets that match, in the order of sale, after a position. Rejects a malformed order or seat. */
export async function findTicketPage(
  db: Database,
  eventId: string,
  wanted: Wanted,
  { after, limit }: { after: TicketPosition | undefined; limit: number },
): Promise<{ ticket: FoundTicket; position: TicketPosition }[]> {
  const rows = await wantedTickets(db, eventId, wanted)
    .$if(after !== undefined, (all) => all.where(isAfter(after)))
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    ticket: foundTicket(row),
    position: { sequence: row.sequence, ticketId: uuidText(row.ticket_id) },
  }));
}

const ticketsAtOnce = 2_000;

/** Yields an event's tickets that match, page after page, so that a slow reader holds neither a connection nor memory. */
export async function* readTicketsInPages(db: Database, eventId: string, wanted: Wanted): AsyncGenerator<FoundTicket> {
  let after: TicketPosition | undefined;
  for (;;) {
    const page: Awaited<ReturnType<typeof findTicketPage>> = await findTicketPage(db, eventId, wanted, {
      after,
      limit: ticketsAtOnce,
    });
    for (const { ticket } of page) yield ticket;
    if (page.length < ticketsAtOnce) return;
    after = page.at(-1)?.position;
  }
}

function isAfter({ sequence, ticketId }: TicketPosition = { sequence: 0, ticketId: '' }) {
  const id = uuidBytes(ticketId);
  return sql<boolean>`(tickets.sequence >= ${sequence} and (tickets.sequence > ${sequence} or tickets.ticket_id > ${id}))`;
}

async function* streamTickets(db: Database, eventId: string, wanted: Wanted): AsyncGenerator<FoundTicket> {
  for await (const row of wantedTickets(db, eventId, wanted).stream()) yield foundTicket(row);
}

function wantedTickets(db: Database, eventId: string, { buyer, order, seat, status }: Wanted) {
  if (order !== undefined && !validate(order)) throw new Error(`"${order}" is not the id of an order`);
  return ticketsOf(db, eventId)
    .$if(buyer !== undefined, (all) => all.where('order_events.buyer_id', '=', buyer ?? ''))
    .$if(order !== undefined, (all) => all.where('order_events.order_id', '=', uuidBytes((order ?? '').toLowerCase())))
    .$if(seat !== undefined, (all) => all.where(isSeat(seat ?? '')))
    .$if(status !== undefined, (all) => all.where('tickets.status', '=', status ?? 'PAID'))
    .orderBy('tickets.sequence')
    .orderBy(sql`tickets.ticket_id`);
}

/** Labels may have slashes too, so every way to read the text counts. */
function isSeat(text: string) {
  const [zone = '', ...parts] = text.split('/');
  const seats = parts.slice(1).map((_, at) => {
    const column = seatLabelOf(parts.slice(at + 1).join('/'));
    const { seat_row, seat_column, seat_label } = seatColumns({ row: parts.slice(0, at + 1).join('/'), column });
    return sql`(${Number(zone)}, ${seat_row}, ${seat_column}, ${seat_label})`;
  });
  if (!/^[1-9][0-9]{0,5}$/.test(zone) || seats.length === 0) {
    throw new Error(`"${text}" is not a seat: give its zone's number, its row and its label in the row, such as 1/A/12`);
  }
  return sql<boolean>`(tickets.zone_id, tickets.seat_row, tickets.seat_column, tickets.seat_label) in (${sql.join(seats)})`;
}

type Row = Awaited<ReturnType<ReturnType<typeof ticketsOf>['executeTakeFirstOrThrow']>>;

function foundTicket(row: Row): FoundTicket {
  const { currency, full_price, cancelled_on, exchanged_for } = row;
  const seat = seatOf(row);
  return {
    soldOn: row.created_on.toISOString(),
    orderId: uuidText(row.order_id),
    buyerId: row.buyer_id ?? '',
    ticketId: uuidText(row.ticket_id),
    status: row.status,
    zoneId: row.zone_id,
    row: seat?.row ?? '',
    seat: seat?.column ?? '',
    category: row.category ?? '',
    ticketType: row.ticket_type ?? '',
    price: plainDecimal(row.price, currency),
    promotion: row.promotion ?? '',
    fullPrice: full_price === null ? '' : plainDecimal(full_price, currency),
    currency,
    cancelledOn: cancelled_on?.toISOString() ?? '',
    exchangedFor: exchanged_for === null ? '' : uuidText(exchanged_for),
    paidBy: row.paid_by ?? '',
  };
}
