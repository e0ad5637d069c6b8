import { type Kysely, sql } from 'kysely';

/** The result of each event's last verification, for the operator's page. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('verifications')
    .modifyEnd(sql`CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    .addColumn('event_id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('verified_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('differences', 'integer', (column) => column.notNull())
    .addColumn('tickets', 'integer', (column) => column.notNull())
    .addColumn('revenue', 'decimal(19, 4)', (column) => column.notNull())
    .addColumn('summary', 'varchar(1000)', (column) => column.notNull())
    .execute();
}
