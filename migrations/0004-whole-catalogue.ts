import type { Kysely } from 'kysely';

/** What an inventory has beside, so that MySQL alone is enough to rebuild one. NULL: what an event has that does not say. */
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
