import { sql } from 'kysely';
import type { Database } from '../shared/stores/database.ts';
import type { Logger } from '../shared/telemetry/logger.ts';

const everyMs = 600_000;
/** Short statements hold no locks for long. */
const rowsAtOnce = 1_000;
const dayMs = 86_400_000;
/** Failures are forgotten long before. */
const failuresMs = dayMs;
const knownAddressMs = 365 * dayMs;

/** Deletes what has expired, every ten minutes. Several processes may do so; what cannot be deleted now is deleted later. */
export function startCleaner({ db, logger }: { db: Database; logger: Logger }): { stop(): Promise<void> } {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = deleteExpired(db, Date.now()).catch((error) => logger.warn({ err: error }, 'expired rows were not deleted'));
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

/** Deletes expired sessions, links, invitations and marks of sign-ins with providers, old failures, and addresses that nobody signed in from for a year. */
export async function deleteExpired(db: Database, nowMs: number): Promise<void> {
  const columns = [
    ['sessions', 'expires_on', 0],
    ['one_time_tokens', 'expires_on', 0],
    ['invitations', 'expires_on', 0],
    ['used_oidc_states', 'expires_on', 0],
    ['sign_in_failures', 'failed_on', failuresMs],
    ['known_addresses', 'used_on', knownAddressMs],
  ] as const;
  for (const [table, column, ageMs] of columns) {
    const before = new Date(nowMs - ageMs);
    for (;;) {
      const { numAffectedRows = 0n } =
        await sql`delete from ${sql.table(table)} where ${sql.ref(column)} < ${before} limit ${sql.lit(rowsAtOnce)}`.execute(db);
      if (numAffectedRows < BigInt(rowsAtOnce)) break;
    }
  }
}
