import { type Kysely, sql } from 'kysely';

/**
 * When each domain event was applied: the server writes it, in UTC whatever its sessions' time zone is. What was applied before this
 * has no time, hence the default comes after the column.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('order_events').addColumn('applied_on', sql`datetime(3)`).execute();
  await sql`alter table order_events alter column applied_on set default (utc_timestamp(3))`.execute(db);
}
