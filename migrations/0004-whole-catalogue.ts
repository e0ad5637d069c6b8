import type { Kysely } from 'kysely';

/** The rest of an inventory's settings, so that it can be rebuilt from MySQL alone. NULL means the default. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('events')
    .addColumn('hold_ms', 'integer')
    .addColumn('epoch', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable('event_zones')
    .addColumn('focus_row', 'double precision')
    .addColumn('focus_column', 'double precision')
    .execute();
}
