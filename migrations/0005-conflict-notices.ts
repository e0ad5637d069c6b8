import { type Kysely, sql } from 'kysely';

/** The conflicts that were already published; those in seat_conflicts but not here must still be. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('conflict_notices')
    .modifyEnd(sql`CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    .addColumn('ticket_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('told_on', 'datetime(3)', (column) => column.notNull())
    .execute();
}
