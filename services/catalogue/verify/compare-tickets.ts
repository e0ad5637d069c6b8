import { epochOf } from '../../shared/events/epochs.ts';
import type { System } from '../system.ts';
import { readClashes, readTickets, readTicketsById, type TicketRow } from './check-mysql.ts';
import { bucketOf, type Digests, differing } from './digests.ts';
import { untilApplied } from './missing-events.ts';
import { readMoment, readOrders } from './read-redis.ts';
import type { Differences } from './report.ts';
import { fingerprintOf, isLive, type LiveTicket, placeOf, soldBy, ticketOf } from './tickets.ts';

/** A ticket that seems to differ between the stores, and its orders according to them. */
type Suspect = { ticketId: string; orderIds: string[] };

/** `isWhole`: MySQL has applied every domain event up to `upTo`. It is given `patienceMs` to apply those after it. */
type Known = { upTo: number; isWhole: boolean; patienceMs: number };

/** Bounds memory: a ticket takes a few hundred bytes. */
const maxTicketsAtOnce = 100_000;
const judgedAtOnce = 500;

/** Reports the tickets that differ between Redis and MySQL. Returns how many await a cancellation that is on its way. */
export async function compareTickets(
  system: System,
  eventId: string,
  compared: { inRedis: Digests; inMysql: Digests; isCompared: (sequence: number) => boolean },
  known: Known,
  differences: Differences,
): Promise<number> {
  const buckets = differing(compared.inRedis, compared.inMysql);
  let awaited = 0;
  for await (const suspects of matchTickets(system, eventId, buckets, compared.inRedis, compared.isCompared)) {
    awaited += await judgeTickets(system, eventId, suspects, known, differences);
  }
  return awaited;
}

/**
 * Finds the tickets that differ in buckets whose digests differ, including some that only seem to, because the stores are read one after
 * the other. Reads both stores again, once for each 100,000 tickets in such buckets.
 */
async function* matchTickets(
  { db, redis }: System,
  eventId: string,
  buckets: number[],
  { counts }: Digests,
  isCompared: (sequence: number) => boolean,
): AsyncGenerator<Suspect[]> {
  for (let at = 0; at < buckets.length; ) {
    const group = new Set<number>();
    for (let tickets = 0; at < buckets.length && tickets < maxTicketsAtOnce; at++) {
      const bucket = buckets[at] as number;
      group.add(bucket);
      tickets += counts[bucket] ?? 0;
    }
    const found = new Map<string, string>();
    for await (const orders of readOrders(redis, eventId)) {
      for (const { order } of orders) {
        for (const ticket of order.tickets) {
          if (!isCompared(soldBy(order, ticket)) || !isLive(ticket) || !group.has(bucketOf(ticket.ticketId))) continue;
          found.set(ticket.ticketId, inOnePiece(fingerprintOf(ticketOf(order, ticket))));
        }
      }
    }
    const suspects: Suspect[] = [];
    await readTickets(db, eventId, (ticket) => {
      const { ticketId, orderId, status, sequence } = ticket;
      if (status !== 'PAID' || !isCompared(sequence) || !group.has(bucketOf(ticketId))) return;
      const inRedis = found.get(ticketId);
      found.delete(ticketId);
      if (inRedis === fingerprintOf(ticket)) return;
      suspects.push({ ticketId, orderIds: inRedis === undefined ? [orderId] : [orderId, orderIn(inRedis)] });
    });
    for (const [ticketId, text] of found) suspects.push({ ticketId, orderIds: [orderIn(text)] });
    yield suspects;
  }
}

/** Copies a concatenated string, which V8 keeps as its parts, at several times the memory. */
const inOnePiece = (text: string) => Buffer.from(text).toString();

const orderIn = (fingerprint: string) => fingerprint.split(' ')[1] ?? '';

type Judged = LiveTicket & { live: boolean };

/**
 * Reads tickets again: in Redis at one moment, then in MySQL once it has applied all that happened until then. Reports what still
 * differs. Returns how many are cancelled in Redis and may become so in MySQL by domain events that it has yet to apply.
 */
export async function judgeTickets(
  { db, redis }: System,
  eventId: string,
  suspects: Suspect[],
  known: Known,
  differences: Differences,
): Promise<number> {
  let awaited = 0;
  let { patienceMs } = known;
  for (let at = 0; at < suspects.length; at += judgedAtOnce) {
    const chunk = suspects.slice(at, at + judgedAtOnce);
    const moment = await readMoment(redis, eventId, { orderIds: [...new Set(chunk.flatMap(({ orderIds }) => orderIds))] });
    const ends = new Map([[epochOf(moment.sequence), moment.sequence]]);
    const { count } = await untilApplied(db, eventId, ends, { from: known.upTo + 1, patienceMs });
    if (count > 0) patienceMs = 0;
    const isWhole = known.isWhole && count === 0;

    const inRedis = new Map<string, Judged>();
    for (const order of moment.orders) {
      for (const ticket of order.tickets) inRedis.set(ticket.ticketId, { ...ticketOf(order, ticket), live: isLive(ticket) });
    }
    const inMysql = await readTicketsById(
      db,
      chunk.map(({ ticketId }) => ticketId),
    );
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
    ['category', ticket.category, row.category],
    ['ticket type', ticket.ticketType, row.ticketType],
    ['promotion', ticket.promotion, row.promotion],
    ['full price', ticket.fullPrice, row.fullPrice],
    ['payment', ticket.paidBy, row.paidBy],
    ['order', ticket.orderId, row.orderId],
    ['sequence', String(ticket.sequence), String(row.sequence)],
  ] as const;
  for (const [field, here, there] of fields) {
    if (here !== there)
      add(
        `tickets whose ${field} differs`,
        ticket,
        `differs in its ${field}: ${here || 'none'} in Redis, ${there || 'none'} in MySQL; one was changed`,
      );
  }
}

const nameOf = (ticket: LiveTicket) =>
  `ticket ${ticket.ticketId} of order ${ticket.orderId} (${placeOf(ticket)}, domain event ${ticket.sequence})`;
