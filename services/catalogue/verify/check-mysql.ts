import type { Selectable } from 'kysely';
import type { Database } from '../../shared/stores/database.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { seatOf } from '../../shared/stores/seat-columns.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { decimalOf, unitsOf } from '../../shared/terms/decimal-units.ts';
import { createDigests, type Digests, foldTicket } from './digests.ts';
import type { Differences } from './report.ts';
import { type LiveTicket, reportForeign, type Terms } from './tickets.ts';

const maxConflicts = 20;

/** Reads an event's tickets from MySQL, reports where MySQL contradicts itself, and returns their digests, how many are PAID, and the total of their prices. */
export async function checkMysql(
  db: Database,
  eventId: string,
  { terms, isCompared }: { terms: Terms; isCompared: (sequence: number) => boolean },
  differences: Differences,
): Promise<{ digests: Digests; tickets: number; revenue: string }> {
  const digests = createDigests();
  const sums: Sums = new Map();
  const conflicts: string[] = [];
  let conflictCount = 0;
  const kept = await readTickets(db, eventId, (ticket) => {
    if (ticket.status === 'PAID') {
      addToSums(sums, ticket);
      reportForeign('MySQL', terms, ticket, differences);
      if (isCompared(ticket.sequence)) foldTicket(digests, ticket);
      return;
    }
    conflictCount++;
    if (conflicts.length < maxConflicts) conflicts.push(ticket.ticketId);
  });
  compareSums(kept, sums, differences);
  const lines = conflicts.length > 0 ? await describeConflicts(db, conflicts) : [];
  for (let at = 0; at < conflictCount; at++) differences.add('tickets in conflict', () => lines[at] ?? '');
  const paid = [...sums.values()];
  return {
    digests,
    tickets: paid.reduce((total, { tickets }) => total + tickets, 0),
    revenue: decimalOf(paid.reduce((total, { units }) => total + units, 0n)),
  };
}

async function describeConflicts(db: Database, ticketIds: string[]): Promise<string[]> {
  const rows = await db.selectFrom('seat_conflicts').selectAll().where('ticket_id', 'in', ticketIds.map(uuidBytes)).execute();
  const conflicts = new Map(rows.map((row) => [uuidText(row.ticket_id), row]));
  return ticketIds.map((ticketId) => {
    const row = conflicts.get(ticketId);
    if (!row) return `ticket ${ticketId} is CONFLICTED, but seat_conflicts does not say with which order`;
    const [order, other] = [uuidText(row.order_id), uuidText(row.live_order_id)];
    return `ticket ${ticketId} of order ${order} was sold while order ${other} had its seat: two buyers have the same seat until order ${order} is cancelled`;
  });
}

type SumRow = { zone_id: number; tickets: number; revenue: string };

/** Tickets and the sum of their prices by zone, in the smallest unit that MySQL stores: 1/10,000 of the currency. */
type Sums = Map<number, { tickets: number; units: bigint }>;

function addToSums(sums: Sums, { zoneId, price }: Pick<LiveTicket, 'zoneId' | 'price'>): void {
  const sum = sums.get(zoneId) ?? { tickets: 0, units: 0n };
  sums.set(zoneId, sum);
  sum.tickets++;
  sum.units += unitsOf(price);
}

/** Reports sums stored in MySQL that are not those of its tickets. */
function compareSums(kept: SumRow[], counted: Sums, differences: Differences): void {
  const rows = new Map(kept.map((row) => [row.zone_id, row]));
  for (const zoneId of new Set([...rows.keys(), ...counted.keys()])) {
    const { tickets: keptTickets = 0, revenue = '0.0000' } = rows.get(zoneId) ?? {};
    const { tickets, units } = counted.get(zoneId) ?? { tickets: 0, units: 0n };
    if (keptTickets === tickets && unitsOf(revenue) === units) continue;
    differences.add(
      'wrong sums in MySQL',
      () =>
        `zone ${zoneId}: MySQL's sums are ${keptTickets} tickets for ${revenue}, but its tickets are ${tickets} for ${decimalOf(units)}: the counts and revenue reported are wrong`,
    );
  }
}

/** A ticket as MySQL has it. */
export type TicketRow = LiveTicket & { venueId: string; status: string; cancelledSequence: number | null };

const ticketColumns = [
  'ticket_id',
  'order_id',
  'venue_id',
  'zone_id',
  'seat_row',
  'seat_column',
  'price',
  'currency',
  'status',
  'sequence',
  'cancelled_sequence',
  'seat_label',
  'category',
  'ticket_type',
  'promotion',
  'full_price',
  'paid_by',
] as const;

type Row = Pick<Selectable<Schema['tickets']>, (typeof ticketColumns)[number]>;

const ticketOfRow = (row: Row): TicketRow => ({
  ticketId: uuidText(row.ticket_id),
  orderId: uuidText(row.order_id),
  venueId: row.venue_id,
  zoneId: row.zone_id,
  ...(seatOf(row) ?? { row: '', column: '' }),
  category: row.category ?? '',
  ticketType: row.ticket_type ?? '',
  price: row.price,
  promotion: row.promotion ?? '',
  fullPrice: row.full_price ?? '',
  paidBy: row.paid_by ?? '',
  currency: row.currency,
  sequence: row.sequence,
  status: row.status,
  cancelledSequence: row.cancelled_sequence,
});

/** Passes every ticket that is PAID or CONFLICTED to `look`, one by one. Returns the sums by zone of the same moment. */
export async function readTickets(db: Database, eventId: string, look: (ticket: TicketRow) => void) {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      const sums = await trx
        .selectFrom('sales_by_zone')
        .select(['zone_id', 'tickets', 'revenue'])
        .where('event_id', '=', eventId)
        .orderBy('zone_id')
        .execute();
      const rows = trx
        .selectFrom('tickets')
        .select(ticketColumns)
        .where('event_id', '=', eventId)
        .where('status', 'in', ['PAID', 'CONFLICTED'])
        .stream();
      for await (const row of rows) look(ticketOfRow(row));
      return sums;
    });
}

/** Tickets by id, whatever their status. */
export async function readTicketsById(db: Database, ticketIds: string[]): Promise<Map<string, TicketRow>> {
  const rows = await db.selectFrom('tickets').select(ticketColumns).where('ticket_id', 'in', ticketIds.map(uuidBytes)).execute();
  return new Map(rows.map(ticketOfRow).map((row) => [row.ticketId, row]));
}

/** By sequence number, the order that MySQL applied it for, if that is not the ticket's. */
export async function readClashes(db: Database, eventId: string, tickets: LiveTicket[]): Promise<Map<number, string>> {
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
