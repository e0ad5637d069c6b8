import { channel } from 'node:diagnostics_channel';
import { sql, type Transaction } from 'kysely';
import type { DomainEvent } from '../../shared/events/domain-events.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { readKnown } from './known.ts';
import { type Changes, changesOf, nothingKnown } from './rows.ts';

/** ER_DUP_ENTRY: part of the batch was already applied, or a seat is taken. ER_LOCK_*: another worker interfered. */
const worthAnotherTry = new Set(['ER_DUP_ENTRY', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT']);
const maxTries = 5;

/** Publishes a RowsWritten for each table after a transaction's commit. */
export const rowsWritten = channel('onsale:rows-written');

export type RowsWritten = { table: string; rows: number };

/** How many conflicts a batch added; `clashes`: domain events not applied because another order has their sequence number. */
export type Projected = { conflicts: number; clashes: DomainEvent[] };

/**
 * Applies a batch of domain events. Those that were applied before change nothing, and the order of arrival does not affect the final
 * state. Cancellations and exchanges go first, in their own transaction, so that a seat that was sold again is free. Rejects if the
 * database is away or rejects the data; the failed transaction is rolled back.
 */
export async function projectDomainEvents(db: Database, domainEvents: DomainEvent[]): Promise<Projected> {
  const purchases = domainEvents.filter(({ type }) => type === 'onsale.tickets.purchased');
  const others = domainEvents.filter(({ type }) => type !== 'onsale.tickets.purchased');
  const first = await applyBatch(db, others, { readFirst: true });
  const second = await applyBatch(db, purchases, { readFirst: false });
  return { conflicts: first.conflicts + second.conflicts, clashes: [...first.clashes, ...second.clashes] };
}

/**
 * Without `readFirst`, the first try assumes that everything is new, as purchases nearly always are, and relies on the tables' keys to
 * object; only then does it read what is there. The keys cannot detect one case: Redis sold a seat twice, and the first ticket was
 * cancelled before the second sale arrived. That looks like a seat sold again, until another domain event of that seat arrives.
 */
async function applyBatch(db: Database, domainEvents: DomainEvent[], { readFirst }: { readFirst: boolean }): Promise<Projected> {
  if (domainEvents.length === 0) return { conflicts: 0, clashes: [] };
  for (let tries = 1; ; tries++) {
    try {
      const { written, ...projected } = await db
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (trx) => {
          const known = readFirst || tries > 1 ? await readKnown(trx, domainEvents) : nothingKnown;
          const { clashes, ...changes } = changesOf(domainEvents, known);
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

/** The sums come last: all workers share these few rows, so this locks them for the shortest time. */
async function write(trx: Transaction<Schema>, { removed, rows }: Changes): Promise<void> {
  for (const table of ['tickets', 'seat_conflicts'] as const) {
    if (removed[table].length > 0) await trx.deleteFrom(table).where('ticket_id', 'in', removed[table]).execute();
  }
  for (const table of ['order_events', 'tickets', 'seat_conflicts'] as const) {
    if (rows[table].length > 0) await insertRows(trx, table, rows[table]);
  }
  if (rows.sales_by_zone.length > 0) await addSales(trx, rows.sales_by_zone);
}

/**
 * Adds to the zones' sums. MySQL deprecates VALUES(); its row alias is unknown to MariaDB, and MariaDB's VALUE() to MySQL. JSON_TABLE works
 * in both: it names the new rows, and keeps their types exact.
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
 * Inserts rows that all have the first row's columns. The rows are one parameter, a list of lists, which mysql2 escapes in one pass; with
 * a parameter per value, Kysely and mysql2 would handle thousands of placeholders. Columns that are NULL in every row are omitted, because
 * the server parses every value. One statement is enough for any batch: it is about four times as long as its messages, and ten SNS
 * messages are far below a server's limit.
 */
async function insertRows(trx: Transaction<Schema>, table: keyof Schema, rows: Record<string, unknown>[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).filter((column) => rows.some((row) => row[column] !== null));
  const values = rows.map((row) => columns.map((column) => row[column]));
  await sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${values}`.execute(
    trx,
  );
}
