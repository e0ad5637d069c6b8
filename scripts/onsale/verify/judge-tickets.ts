import { stringify as uuidText } from 'uuid';
import { epochOf } from '../../../services/shared/events/epochs.ts';
import type { System } from '../system.ts';
import { untilApplied } from './applied.ts';
import type { Differences } from './differences.ts';
import type { Suspect } from './match-tickets.ts';
import { readMoment } from './read-moment.ts';
import { type TicketRow, ticketColumns, ticketOfRow } from './read-mysql.ts';
import { isLive, type LiveTicket, placeOf, ticketOf } from './tickets.ts';

const ticketsAtOnce = 500;

type Judged = LiveTicket & { live: boolean };

/**
 * Reads tickets again: in Redis at one moment, then in MySQL once it has applied all that happened until then. Reports what still
 * differs. Returns how many are cancelled in Redis and may become so in MySQL by domain events that it has yet to apply.
 */
export async function judgeTickets(
  { db, redis }: System,
  eventId: string,
  suspects: Suspect[],
  known: { upTo: number; isWhole: boolean; patienceMs: number },
  differences: Differences,
): Promise<number> {
  let awaited = 0;
  let { patienceMs } = known;
  for (let at = 0; at < suspects.length; at += ticketsAtOnce) {
    const chunk = suspects.slice(at, at + ticketsAtOnce);
    const moment = await readMoment(redis, eventId, [...new Set(chunk.flatMap(({ orderIds }) => orderIds))]);
    const ends = new Map([[epochOf(moment.sequence), moment.sequence]]);
    const { count } = await untilApplied(db, eventId, ends, { from: known.upTo + 1, patienceMs });
    if (count > 0) patienceMs = 0;
    const isWhole = known.isWhole && count === 0;

    const inRedis = new Map<string, Judged>();
    for (const order of moment.orders.values()) {
      for (const ticket of order.tickets) inRedis.set(ticket.ticketId, { ...ticketOf(order, ticket), live: isLive(ticket) });
    }
    const inMysql = await readRows(db, chunk);
    const clashes = await readClashes(
      db,
      eventId,
      [...inRedis.values()].filter(({ ticketId }) => !inMysql.has(ticketId)),
    );
    for (const { ticketId } of chunk) {
      const ticket = inRedis.get(ticketId);
      const row = inMysql.get(ticketId);
      if (!ticket?.live && row?.status === 'PAID' && !isWhole) awaited++;
      else judge(ticket, row, { eventId, upTo: moment.sequence, clashes }, differences);
    }
  }
  return awaited;
}

function judge(
  ticket: Judged | undefined,
  row: TicketRow | undefined,
  { eventId, upTo, clashes }: { eventId: string; upTo: number; clashes: Map<number, string> },
  differences: Differences,
): void {
  const add = (kind: string, of: LiveTicket, what: string) => differences.add(kind, () => `${nameOf(of)} ${what}`);
  if (ticket?.live && !row) {
    const other = clashes.get(ticket.sequence);
    if (other === undefined) {
      add(
        'tickets missing in MySQL',
        ticket,
        'is live in Redis but not in MySQL, although MySQL has applied its sale: its row is gone',
      );
    } else {
      const what = `is live in Redis, but in MySQL domain event ${ticket.sequence} belongs to order ${other}: Redis forgot that order and assigned its number again. Find this ticket in the dead-letter queue, settle it with its buyer, then: npm run onsale -- rebuild ${eventId} --although-healthy --accept-lost-sales`;
      add('tickets whose sequence number belongs to another order', ticket, what);
    }
  } else if (ticket?.live && row?.status === 'PAID') compareFields(ticket, row, add);
  else if (ticket?.live && row?.status === 'CANCELLED' && (row.cancelledSequence ?? 0) <= upTo) {
    add(
      'tickets cancelled in MySQL alone',
      ticket,
      'is cancelled in MySQL but live in Redis: Redis forgot its cancellation, and its seat is not sold again',
    );
  } else if (ticket && !ticket.live && row?.status === 'PAID') {
    add(
      'tickets cancelled in Redis alone',
      ticket,
      'is cancelled in Redis but PAID in MySQL, although MySQL has applied its cancellation: counts and revenue are too high',
    );
  } else if (!ticket && row?.status === 'PAID') {
    add(
      'tickets unknown to Redis',
      row,
      `is PAID in MySQL but unknown to Redis, which may sell its seat again; to repair: npm run onsale -- rebuild ${eventId} --although-healthy`,
    );
  }
}

function compareFields(ticket: LiveTicket, row: LiveTicket, add: (kind: string, of: LiveTicket, what: string) => void): void {
  const fields = [
    ['seat', placeOf(ticket), placeOf(row)],
    ['price', `${ticket.price} ${ticket.currency}`, `${row.price} ${row.currency}`],
    ['order', ticket.orderId, row.orderId],
    ['sequence', String(ticket.sequence), String(row.sequence)],
  ] as const;
  for (const [field, here, there] of fields) {
    if (here !== there)
      add(
        `tickets whose ${field} differs`,
        ticket,
        `differs in its ${field}: ${here} in Redis, ${there} in MySQL; one was changed`,
      );
  }
}

const nameOf = (ticket: LiveTicket) =>
  `ticket ${ticket.ticketId} of order ${ticket.orderId} (${placeOf(ticket)}, domain event ${ticket.sequence})`;

async function readRows(db: System['db'], suspects: Suspect[]): Promise<Map<string, TicketRow>> {
  const ids = suspects.map(({ ticketId }) => Buffer.from(ticketId.replaceAll('-', ''), 'hex'));
  const rows = await db.selectFrom('tickets').select(ticketColumns).where('ticket_id', 'in', ids).execute();
  return new Map(rows.map(ticketOfRow).map((row) => [row.ticketId, row]));
}

/** By sequence number, the order that MySQL applied it for, if that is not the ticket's. */
async function readClashes(db: System['db'], eventId: string, tickets: LiveTicket[]): Promise<Map<number, string>> {
  if (tickets.length === 0) return new Map();
  const orders = new Map(tickets.map(({ sequence, orderId }) => [sequence, orderId]));
  const rows = await db
    .selectFrom('order_events')
    .select(['sequence', 'order_id'])
    .where('event_id', '=', eventId)
    .where('sequence', 'in', [...orders.keys()])
    .execute();
  const applied = rows.map(({ sequence, order_id }) => [sequence, uuidText(order_id)] as const);
  return new Map(applied.filter(([sequence, orderId]) => orders.get(sequence) !== orderId));
}
