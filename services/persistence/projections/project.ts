import { sql, type Transaction } from 'kysely';
import type { Database } from '../../shared/database.ts';
import type { Schema } from '../../shared/schema.ts';
import type { TicketsPurchased } from '../../shared/ticket-events.ts';
import { appliedKey, type Known, nothingKnown, type Rows, rowsOf, seatKey } from './rows.ts';

/** ER_DUP_ENTRY: something of the batch is there already. ER_LOCK_*: another worker was in the way. */
const worthAnotherTry = new Set(['ER_DUP_ENTRY', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT']);
const maxTries = 5;

/** What a batch changed, and what of it could not be applied because its sequence is another order's. */
export type Projected = { events: number; tickets: number; conflicts: number; clashes: TicketsPurchased[] };

/**
 * Applies a batch of domain events in one transaction; those that were applied before change nothing. The first try
 * takes everything for new, as it nearly always is, and lets the keys object; only then is read what is there.
 * Rejects, with nothing changed, when the database is away or refuses the data.
 */
export async function projectEvents(db: Database, events: TicketsPurchased[]): Promise<Projected> {
  for (let tries = 1; ; tries++) {
    try {
      return await db
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (trx) => {
          const { rows, clashes } = rowsOf(events, tries === 1 ? nothingKnown : await readKnown(trx, events));
          await insertRows(trx, rows);
          return { events: rows.orders.length, tickets: rows.tickets.length, conflicts: rows.seat_conflicts.length, clashes };
        });
    } catch (error) {
      if (tries === maxTries || !worthAnotherTry.has((error as { code?: string }).code ?? '')) throw error;
    }
  }
}

async function readKnown(trx: Transaction<Schema>, events: TicketsPurchased[]): Promise<Known> {
  const known: Known = { applied: new Map(), liveSeats: new Map() };
  for (const [eventId, group = []] of Map.groupBy(events, ({ data }) => data.eventId)) {
    const sequences = group.map(({ data }) => data.sequence);
    const applied = await trx
      .selectFrom('applied_sequences')
      .select(['sequence', 'order_id'])
      .where('event_id', '=', eventId)
      .where('sequence', 'in', sequences)
      .execute();
    for (const { sequence, order_id } of applied) known.applied.set(appliedKey(eventId, sequence), order_id);

    const seats = group.flatMap(({ data }) =>
      data.tickets.flatMap(({ zoneId, row, column }) => (row ? [[zoneId, row, column]] : [])),
    );
    if (seats.length === 0) continue;
    const live = await trx
      .selectFrom('tickets')
      .select(['ticket_id', 'order_id', 'zone_id', sql<string>`seat_row`.as('row'), sql<number>`seat_column`.as('column')])
      .where('event_id', '=', eventId)
      .where('live', '=', 1)
      .where(sql<boolean>`(zone_id, seat_row, seat_column) in (${sql.join(seats.map((seat) => sql`(${sql.join(seat)})`))})`)
      .execute();
    for (const { ticket_id, order_id, zone_id, row, column } of live) {
      known.liveSeats.set(seatKey(eventId, zone_id, row, column), { ticketId: ticket_id, orderId: order_id });
    }
  }
  return known;
}

/** The sums come last: their few rows are what all workers share, and so are locked for the shortest time. */
async function insertRows(trx: Transaction<Schema>, rows: Rows): Promise<void> {
  if (rows.applied_sequences.length === 0) return;
  await trx.insertInto('applied_sequences').values(rows.applied_sequences).execute();
  await trx.insertInto('orders').values(rows.orders).execute();
  await trx.insertInto('tickets').values(rows.tickets).execute();
  if (rows.seat_conflicts.length > 0) await trx.insertInto('seat_conflicts').values(rows.seat_conflicts).execute();
  if (rows.sales_by_zone.length === 0) return;
  await trx
    .insertInto('sales_by_zone')
    .values(rows.sales_by_zone)
    .onDuplicateKeyUpdate({ tickets: sql`tickets + values(tickets)`, revenue: sql`revenue + values(revenue)` })
    .execute();
}
