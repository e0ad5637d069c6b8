import { setTimeout as pause } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';

/**
 * Tickets get the labels of their rows and seats, what they were sold as, and what they were exchanged for; buyers' ids may be longer.
 * Sales go on meanwhile, and persistence tasks of the previous version go on inserting: what they do not know is NULL or ''.
 *
 * The clauses forbid the server to copy a table or to lock it: a server that would have to fails instead. An interrupted migration
 * goes on where it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ version: string }>`select version() as version`.execute(connection);
    const isMariadb = rows[0]?.version.includes('MariaDB');
    // While a statement waits for a table, all that come after it wait too.
    await sql`set session lock_wait_timeout = 1`.execute(connection);
    for (const { makes, drops, alter } of isMariadb ? onMariadb : onMysql) {
      const names = await readNames(connection);
      if ((makes && names.has(makes)) || (drops && !names.has(drops))) continue;
      await insist(() => sql.raw(alter).execute(connection));
    }
    await sql`set session lock_wait_timeout = default`.execute(connection);
  });
}

/** `makes`, `drops`: the column or key of tickets that shows whether this was already done. Without them it can be repeated. */
type Statement = { makes?: string; drops?: string; alter: string };

const online = 'algorithm=inplace, lock=none';

const columns: Statement = {
  makes: 'seat_label',
  alter: `alter table tickets
    add column seat_label varchar(8) not null default '',
    add column category varchar(32),
    add column ticket_type varchar(32),
    add column promotion varchar(32),
    add column full_price decimal(19,4),
    add column exchanged_for binary(16),
    algorithm=instant`,
};
const longerRow: Statement = { alter: `alter table tickets modify column seat_row varchar(10), ${online}` };
const newKey: Statement = {
  makes: 'tickets_live_seat_label',
  alter: `alter table tickets
    add unique key tickets_live_seat_label (event_id, zone_id, seat_row, seat_column, seat_label, live), ${online}`,
};
const dropKey = (name: string): Statement => ({ drops: name, alter: `alter table tickets drop key ${name}, ${online}` });
const oldKey = 'tickets_live_seat';
const longerBuyer: Statement = { alter: `alter table order_events modify column buyer_id varchar(128), ${online}` };

const onMysql = [columns, longerRow, newKey, dropKey(oldKey), longerBuyer];

/**
 * MariaDB cannot add columns while a key has a virtual column (`live`). So for some seconds there is only a key by which persistence
 * finds a seat's tickets. That the seats sold meanwhile have one live ticket each is proved when the new key is made.
 */
const seatKey = 'tickets_by_seat_until_0011';
const onMariadb: Statement[] = [
  { makes: seatKey, alter: `alter table tickets add key ${seatKey} (event_id, zone_id, seat_row, seat_column), ${online}` },
  dropKey(oldKey),
  columns,
  longerRow,
  newKey,
  dropKey(seatKey),
  longerBuyer,
];

/** The columns and keys of tickets. */
async function readNames(db: Kysely<unknown>): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns where table_schema = database() and table_name = 'tickets'
    union select index_name from information_schema.statistics where table_schema = database() and table_name = 'tickets'
  `.execute(db);
  return new Set(rows.map(({ name }) => name));
}

/** A transaction that reads for longer (a verification, an export) may delay a migration by this. */
const patienceMs = 600_000;
const pauseMs = 1_000;

/** A table is in use; or, on MariaDB, a seat that was sold again still awaits the cancellation that freed it. */
const worthAnotherTry = new Set(['ER_LOCK_WAIT_TIMEOUT', 'ER_DUP_ENTRY']);

/** Tries again, and meanwhile lets through the statements that waited behind the last try. */
async function insist(attempt: () => Promise<unknown>): Promise<void> {
  const giveUpAtMs = performance.now() + patienceMs;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!worthAnotherTry.has((error as { code?: string }).code ?? '') || performance.now() > giveUpAtMs) throw error;
      await pause(pauseMs);
    }
  }
}
