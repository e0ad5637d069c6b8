import { sql, type Transaction } from 'kysely';
import { type DomainEvent, ticketsOf } from '../../shared/events/domain-events.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { seatColumns } from '../../shared/stores/seat-columns.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { appliedKey, type Known } from './rows.ts';
import { compareText, type TicketRow } from './settle.ts';

/**
 * Reads the rows that concern a batch, in a READ COMMITTED transaction. They stay valid until it ends:
 * - Every transaction that reads locks its zones first, so those on the same zone run one after another.
 * - The others only insert sales. If one of them inserts a ticket or a live seat of this batch, a unique key makes one of the two
 *   retry. Otherwise that seat is free, and the other transaction may have it.
 */
export async function readKnown(trx: Transaction<Schema>, domainEvents: DomainEvent[]): Promise<Known> {
  await lockZones(trx, domainEvents);
  const known: Known = { applied: new Map(), tickets: await readTicketsWithoutSeat(trx, domainEvents), conflicts: [] };
  for (const [eventId, group] of Map.groupBy(domainEvents, ({ data }) => data.eventId)) {
    for (const { sequence, order_id } of await readApplied(trx, eventId, group)) {
      known.applied.set(appliedKey(eventId, sequence), uuidText(order_id));
    }
    known.tickets.push(...(await readTicketsOfSeats(trx, eventId, group)));
  }
  known.conflicts = await readConflicts(trx, known.tickets);
  return known;
}

/** Locks a zone by its row in sales_by_zone, and creates the row if there is none yet. */
async function lockZones(trx: Transaction<Schema>, domainEvents: DomainEvent[]): Promise<void> {
  const zones = new Map(
    domainEvents.flatMap((domainEvent) => {
      const { eventId } = domainEvent.data;
      return ticketsOf(domainEvent).map(({ zoneId }) => [`${eventId}/${zoneId}`, { eventId, zoneId }]);
    }),
  );
  await trx
    .insertInto('sales_by_zone')
    .values(
      [...zones.values()]
        .toSorted((a, b) => compareText(a.eventId, b.eventId) || a.zoneId - b.zoneId)
        .map(({ eventId, zoneId }) => ({ event_id: eventId, zone_id: zoneId, tickets: 0, revenue: '0' })),
    )
    .onDuplicateKeyUpdate({ tickets: sql`tickets` })
    .execute();
}

const readApplied = (trx: Transaction<Schema>, eventId: string, domainEvents: DomainEvent[]) =>
  trx
    .selectFrom('order_events')
    .select(['sequence', 'order_id'])
    .where('event_id', '=', eventId)
    .where(
      'sequence',
      'in',
      domainEvents.map(({ data }) => data.sequence),
    )
    .execute();

const ticketColumns = [
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
  'cancelled_on',
  'cancelled_sequence',
  'seat_label',
  'category',
  'ticket_type',
  'promotion',
  'full_price',
  'exchanged_for',
  'paid_by',
] as const satisfies (keyof TicketRow)[];

/** All tickets ever sold for the batch's seats. */
async function readTicketsOfSeats(trx: Transaction<Schema>, eventId: string, domainEvents: DomainEvent[]): Promise<TicketRow[]> {
  const seats = domainEvents.flatMap(ticketsOf).flatMap(({ zoneId, ...ticket }) => {
    const { seat_row, seat_column, seat_label } = seatColumns(ticket);
    return seat_row === null ? [] : [sql`(${zoneId}, ${seat_row}, ${seat_column}, ${seat_label})`];
  });
  if (seats.length === 0) return [];
  return trx
    .selectFrom('tickets')
    .select(ticketColumns)
    .where('event_id', '=', eventId)
    .where(sql<boolean>`(zone_id, seat_row, seat_column, seat_label) in (${sql.join(seats)})`)
    .execute();
}

async function readTicketsWithoutSeat(trx: Transaction<Schema>, domainEvents: DomainEvent[]): Promise<TicketRow[]> {
  const ids = domainEvents
    .flatMap(ticketsOf)
    .flatMap(({ ticketId, ...ticket }) => (seatColumns(ticket).seat_row === null ? [uuidBytes(ticketId)] : []));
  if (ids.length === 0) return [];
  return trx.selectFrom('tickets').select(ticketColumns).where('ticket_id', 'in', ids).execute();
}

async function readConflicts(trx: Transaction<Schema>, tickets: TicketRow[]): Promise<Known['conflicts']> {
  if (tickets.length === 0) return [];
  return trx
    .selectFrom('seat_conflicts')
    .selectAll()
    .where(
      'ticket_id',
      'in',
      tickets.map(({ ticket_id }) => ticket_id),
    )
    .execute();
}
