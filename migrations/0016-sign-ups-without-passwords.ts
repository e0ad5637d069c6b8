import { type Kysely, sql } from 'kysely';

/**
 * Sign-ups no longer keep a password before the address is proved. Those that wait are deleted: nobody knows who chose their passwords. Their
 * people sign up again. The columns `name` and `password_hash` stay, unused, because the previous version of accounts still writes them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`delete from one_time_tokens where kind = 'sign-up'`.execute(db);
}
