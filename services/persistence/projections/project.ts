import { channel } from 'node:diagnostics_channel';
import { sql, type Transaction } from 'kysely';
import type { Database } from '../../shared/database.ts';
import type { Schema } from '../../shared/schema.ts';
import type { TicketEvent } from '../../shared/ticket-events.ts';
import { readKnown } from './known.ts';
import { type Changes, changesOf, nothingKnown } from './rows.ts';

/** ER_DUP_ENTRY: something of the batch is there already. ER_LOCK_*: another worker was in the way. */
const worthAnotherTry = new Set(['ER_DUP_ENTRY', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT']);
const maxTries = 5;

/** Hears of the rows that a transaction wrote once it is committed, by table (RowsWritten). */
export const rowsWritten = channel('onsale:rows-written');

export type RowsWritten = { table: string; rows: number };

/** How many conflicts a batch added, and what of it could not be applied because its sequence is another order's. */
export type Projected = { conflicts: number; clashes: TicketEvent[] };

/**
 * Applies a batch of domain events; those that were applied before change nothing, and the order in which they come makes
 * no difference in the end. Cancellations go first, in a transaction of their own: a seat that was sold again is then free.
 * Rejects when the database is away or refuses the data, with all of a transaction undone.
 */
export async function projectEvents(db: Database, events: TicketEvent[]): Promise<Projected> {
  const cancellations = events.filter(({ type }) => type === 'onsale.tickets.cancelled');
  const purchases = events.filter(({ type }) => type === 'onsale.tickets.purchased');
  const first = await applyBatch(db, cancellations, { readFirst: true });
  const second = await applyBatch(db, purchases, { readFirst: false });
  return { conflicts: first.conflicts + second.conflicts, clashes: [...first.clashes, ...second.clashes] };
}

/**
 * Unless it is to read first, the first try takes everything for new, as purchases nearly always are, and lets the keys
 * object; only then is read what is there. What they cannot object to is a seat that Redis sold twice and whose first ticket
 * was cancelled before the second sale came: it looks like a seat sold again, until something more of it comes.
 */
async function applyBatch(db: Database, events: TicketEvent[], { readFirst }: { readFirst: boolean }): Promise<Projected> {
  if (events.length === 0) return { conflicts: 0, clashes: [] };
  for (let tries = 1; ; tries++) {
    try {
      const { written, ...projected } = await db
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (trx) => {
          const known = readFirst || tries > 1 ? await readKnown(trx, events) : nothingKnown;
          const { clashes, ...changes } = changesOf(events, known);
          await write(trx, changes);
          return { conflicts: changes.rows.seat_conflicts.length, clashes, written: changes.rows };
        });
      for (const [table, { length }] of Object.entries(written)) {
        if (length > 0) rowsWritten.publish({ table, rows: length } satisfies RowsWritten);
      }
      return projected;
    } catch (error) {
      if (tries === maxTries || !worthAnotherTry.has((error as { code?: string }).code ?? '')) throw error;
    }
  }
}

/** The sums come last: their few rows are what all workers share, and so are locked for the shortest time. */
async function write(trx: Transaction<Schema>, { gone, rows }: Changes): Promise<void> {
  for (const table of ['tickets', 'seat_conflicts'] as const) {
    if (gone[table].length > 0) await trx.deleteFrom(table).where('ticket_id', 'in', gone[table]).execute();
  }
  for (const table of ['order_events', 'tickets', 'seat_conflicts'] as const) {
    if (rows[table].length > 0) await insertRows(trx, table, rows[table]);
  }
  if (rows.sales_by_zone.length > 0) await addSales(trx, rows.sales_by_zone);
}

/**
 * Adds to the sums of zones. MariaDB does not know MySQL's row alias, MySQL deprecates VALUES(), and MySQL does not know MariaDB's
 * VALUE(): JSON_TABLE gives both a name for the new rows, and exact types.
 */
async function addSales(trx: Transaction<Schema>, sales: Changes['rows']['sales_by_zone']): Promise<void> {
  await sql`
    insert into sales_by_zone (event_id, zone_id, tickets, revenue)
    select more.event_id, more.zone_id, more.tickets, more.revenue
    from json_table(${JSON.stringify(sales)}, '$[*]' columns (
      event_id varchar(64) path '$.event_id',
      zone_id int path '$.zone_id',
      tickets int path '$.tickets',
      revenue decimal(19, 4) path '$.revenue'
    )) as more
    on duplicate key update
      tickets = sales_by_zone.tickets + more.tickets,
      revenue = sales_by_zone.revenue + more.revenue
  `.execute(trx);
}

/**
 * Inserts rows that all have the columns of the first. They are one parameter, a list of lists, which mysql2 escapes in one
 * go: with a parameter for each value Kysely would compile, and mysql2 look for, thousands of placeholders. What is NULL in
 * every row is left out: the server parses a statement's values one by one. However many the rows, one statement takes them: it
 * is some four times as long as the messages that tell of them, and ten of SNS' messages are far from a server's limit.
 */
async function insertRows(trx: Transaction<Schema>, table: keyof Schema, rows: Record<string, unknown>[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).filter((column) => rows.some((row) => row[column] !== null));
  const values = rows.map((row) => columns.map((column) => row[column]));
  await sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${values}`.execute(
    trx,
  );
}
