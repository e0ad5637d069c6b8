import { type Kysely, sql } from 'kysely';

/**
 * When each domain event was applied: written by the server, in UTC whatever the session's time zone is. Rows from before this
 * migration stay NULL, because the default is set only after the column is added.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('order_events').addColumn('applied_on', sql`datetime(3)`).execute();
  await sql`alter table order_events alter column applied_on set default (utc_timestamp(3))`.execute(db);
}
