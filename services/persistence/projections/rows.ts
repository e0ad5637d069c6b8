import { isDeepStrictEqual } from 'node:util';
import type { Insertable } from 'kysely';
import type { DomainEvent } from '../../shared/events/domain-events.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { seatColumns } from '../../shared/stores/seat-columns.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { formatMoney, parseMoney } from '../../shared/terms/money.ts';
import { type ConflictRow, compareText, settle, type TicketRow } from './settle.ts';

/**
 * Rows in the database that concern a batch: the order of each applied domain event; all tickets ever sold for the batch's seats;
 * the batch's tickets without a seat; and the conflicts of these tickets.
 */
export type Known = { applied: Map<string, string>; tickets: TicketRow[]; conflicts: ConflictRow[] };

export const nothingKnown: Known = { applied: new Map(), tickets: [], conflicts: [] };

type NewRows = {
  [Table in 'order_events' | 'tickets' | 'seat_conflicts' | 'sales_by_zone']: Insertable<Schema[Table]>[];
};

type TicketSold = DomainEvent['data']['tickets'][number];
type Sale = Pick<TicketRow, 'order_id' | 'sequence' | 'created_on'>;

/** A batch's changes to the tables: first delete the `removed` tickets' rows, then insert `rows`; those of sales_by_zone are increments. */
export type Changes = { removed: { tickets: Buffer[]; seat_conflicts: Buffer[] }; rows: NewRows };

export const appliedKey = (eventId: string, sequence: number) => `${eventId}/${sequence}`;

/**
 * Turns domain events into changes. One that was already applied, or is in the batch twice, changes nothing. One whose sequence
 * number belongs to another order cannot be applied, and is returned in `clashes`: Redis lost the number and reused it.
 */
export function changesOf(domainEvents: DomainEvent[], known: Known): Changes & { clashes: DomainEvent[] } {
  const { fresh, clashes } = splitDomainEvents(domainEvents, known.applied);
  const orderEvents: NewRows['order_events'] = [];
  const tickets = new Map(known.tickets.map((row) => [uuidText(row.ticket_id), row]));
  for (const domainEvent of fresh) {
    const { type, time, data } = domainEvent;
    const { eventId: event_id, sequence, buyerId: buyer_id = null } = data;
    const order_id = uuidBytes(data.orderId);
    orderEvents.push({ event_id, sequence, order_id, buyer_id });
    const happened = { order_id, sequence, created_on: new Date(time) };
    const rowOf = (ticket: TicketSold, sale: Sale) => tickets.get(ticket.ticketId) ?? soldRow(data, ticket, sale);
    if (type !== 'onsale.tickets.purchased') {
      for (const [at, ticket] of data.tickets.entries()) {
        // It carries the tickets as they were sold, because their sale may not have been applied yet.
        const by = ticket.sold ?? data.purchase;
        const sale = { order_id, sequence: by.sequence, created_on: new Date(by.timeMs) };
        const replacement = type === 'onsale.tickets.exchanged' ? data.replacements[at] : undefined;
        tickets.set(ticket.ticketId, cancelledRow(rowOf(ticket, sale), happened, replacement));
      }
    }
    for (const ticket of ticketsSold(domainEvent)) tickets.set(ticket.ticketId, rowOf(ticket, happened));
  }
  const settled = settle([...tickets.values()]);
  const ticketRows = difference(known.tickets, settled.tickets);
  const conflictRows = difference(known.conflicts, settled.conflicts);
  return {
    removed: { tickets: ticketRows.removed.map(ticketId), seat_conflicts: conflictRows.removed.map(ticketId) },
    rows: {
      order_events: orderEvents,
      tickets: ticketRows.added,
      seat_conflicts: conflictRows.added,
      sales_by_zone: salesRows(ticketRows),
    },
    clashes,
  };
}

function ticketsSold({ type, data }: DomainEvent): TicketSold[] {
  if (type === 'onsale.tickets.purchased') return data.tickets;
  return type === 'onsale.tickets.exchanged' ? data.replacements : [];
}

/** Separates what can be applied from what cannot. Sorts by event and sequence, so that all workers lock rows in one order. */
function splitDomainEvents(
  domainEvents: DomainEvent[],
  applied: Known['applied'],
): { fresh: DomainEvent[]; clashes: DomainEvent[] } {
  const orders = new Map(applied);
  const fresh: DomainEvent[] = [];
  const clashes: DomainEvent[] = [];
  for (const domainEvent of domainEvents.toSorted(bySequence)) {
    const { eventId, sequence, orderId } = domainEvent.data;
    const key = appliedKey(eventId, sequence);
    const order = orders.get(key);
    if (order === undefined) {
      orders.set(key, orderId);
      fresh.push(domainEvent);
    } else if (order !== orderId) clashes.push(domainEvent);
  }
  return { fresh, clashes };
}

const bySequence = ({ data: a }: DomainEvent, { data: b }: DomainEvent) =>
  compareText(a.eventId, b.eventId) || a.sequence - b.sequence;

/** A ticket as it was sold. */
function soldRow(data: DomainEvent['data'], ticket: TicketSold, sale: Sale): TicketRow {
  const { priceMinor, fullPriceMinor, currency } = ticket;
  return {
    ticket_id: uuidBytes(ticket.ticketId),
    order_id: sale.order_id,
    venue_id: data.venueId,
    event_id: data.eventId,
    zone_id: ticket.zoneId,
    price: formatMoney(priceMinor, currency),
    currency,
    status: 'PAID',
    sequence: sale.sequence,
    created_on: sale.created_on,
    cancelled_on: null,
    cancelled_sequence: null,
    ...seatColumns(ticket),
    category: ticket.category ?? null,
    ticket_type: ticket.ticketType ?? null,
    promotion: ticket.promotion ?? null,
    full_price: fullPriceMinor === undefined ? null : formatMoney(fullPriceMinor, currency),
    exchanged_for: null,
    paid_by: data.paidBy ?? null,
  };
}

/** A ticket that was cancelled or, with a replacement, exchanged. What happened first counts. */
function cancelledRow(row: TicketRow, { sequence, created_on }: Sale, replacement: TicketSold | undefined): TicketRow {
  if (row.cancelled_sequence !== null && row.cancelled_sequence <= sequence) return row;
  return {
    ...row,
    cancelled_on: created_on,
    cancelled_sequence: sequence,
    exchanged_for: replacement ? uuidBytes(replacement.ticketId) : null,
  };
}

/** The rows to delete and insert to turn one list into the other; a changed row is in both. */
function difference<Row extends TicketRow | ConflictRow>(before: Row[], after: Row[]): { removed: Row[]; added: Row[] } {
  if (before.length === 0) return { removed: [], added: after };
  const missingFrom = (rows: Row[]) => {
    const byTicket = new Map(rows.map((row) => [idOf(row), row]));
    return (row: Row) => !isDeepStrictEqual(row, byTicket.get(idOf(row)));
  };
  return { removed: before.filter(missingFrom(after)), added: after.filter(missingFrom(before)) };
}

/** Sums PAID tickets by event and zone, sorted so that all workers lock rows in one order. */
function salesRows({ removed, added }: { removed: TicketRow[]; added: TicketRow[] }): NewRows['sales_by_zone'] {
  const sums = new Map<string, { event_id: string; zone_id: number; currency: string; tickets: number; minor: bigint }>();
  const count = ({ status, event_id, zone_id, price, currency }: TicketRow, sign: 1 | -1) => {
    if (status !== 'PAID') return;
    const key = `${event_id}/${zone_id}`;
    const sum = sums.get(key) ?? { event_id, zone_id, currency, tickets: 0, minor: 0n };
    sum.tickets += sign;
    sum.minor += BigInt(sign) * parseMoney(price, currency);
    sums.set(key, sum);
  };
  for (const row of removed) count(row, -1);
  for (const row of added) count(row, 1);
  return [...sums.values()]
    .filter(({ tickets, minor }) => tickets !== 0 || minor !== 0n)
    .toSorted((a, b) => compareText(a.event_id, b.event_id) || a.zone_id - b.zone_id)
    .map(({ minor, currency, ...sum }) => ({ ...sum, revenue: formatMoney(minor, currency) }));
}

const ticketId = ({ ticket_id }: TicketRow | ConflictRow) => ticket_id;
const idOf = (row: TicketRow | ConflictRow) => row.ticket_id.toString('hex');
