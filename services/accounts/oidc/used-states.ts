import { hash } from 'node:crypto';
import { type Database, isDuplicate } from '../../shared/stores/database.ts';
import type { Taken } from './sign-in-cookie.ts';

/**
 * Marks a sign-in as come back, until its cookie expires (cleaner.ts). Returns false if it was before. Only what this service has sealed gets here,
 * so strangers cannot fill the table.
 */
export async function useState(db: Database, { state, expiresMs }: Pick<Taken, 'state' | 'expiresMs'>): Promise<boolean> {
  try {
    await db
      .insertInto('used_oidc_states')
      .values({ digest: hash('sha256', state, 'buffer'), expires_on: new Date(expiresMs) })
      .execute();
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}
