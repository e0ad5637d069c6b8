import { setTimeout as pause } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';

/** `makes`, `drops`: the column or key of tickets that shows whether this was already done. Without them it can be repeated. */
export type Statement = { makes?: string; drops?: string; alter: string };

/** What a statement of MySQL or MariaDB ends with that may neither copy a table nor lock it: a server that would have to fails instead. */
export const online = 'algorithm=inplace, lock=none';

/** A key of tickets that goes, unless it has already gone. */
export const dropKey = (name: string): Statement => ({ drops: name, alter: `alter table tickets drop key ${name}, ${online}` });

/**
 * Changes `tickets` while sales go on: no statement waits for the table longer than a second, and all are tried for ten minutes. An
 * interrupted change goes on where it was.
 */
export async function alterTickets(db: Kysely<unknown>, statements: { mysql: Statement[]; mariadb: Statement[] }): Promise<void> {
  await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ version: string }>`select version() as version`.execute(connection);
    const isMariadb = rows[0]?.version.includes('MariaDB');
    // While a statement waits for a table, all that come after it wait too.
    await sql`set session lock_wait_timeout = 1`.execute(connection);
    for (const { makes, drops, alter } of isMariadb ? statements.mariadb : statements.mysql) {
      const names = await readNames(connection);
      if ((makes && names.has(makes)) || (drops && !names.has(drops))) continue;
      await insist(() => sql.raw(alter).execute(connection));
    }
    await sql`set session lock_wait_timeout = default`.execute(connection);
  });
}

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
