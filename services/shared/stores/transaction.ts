import type { Database } from './database.ts';

const tries = 4;
/** InnoDB ends one of two transactions that wait for each other. */
const worthAnotherTry = new Set(['ER_LOCK_DEADLOCK', 'ER_CHECKREAD']);

/**
 * Runs `work` in a transaction, again if the server ended it in favour of another. What `work` throws rolls back. `read committed` locks no
 * gaps between rows, which would block others' inserts.
 */
export async function inTransaction<T>(
  db: Database,
  work: (trx: Database) => Promise<T>,
  isolation: 'repeatable read' | 'read committed' = 'repeatable read',
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().setIsolationLevel(isolation).execute(work);
    } catch (error) {
      if (attempt === tries || !worthAnotherTry.has((error as { code?: string }).code ?? '')) throw error;
    }
  }
}
