import { type Kysely, sql } from 'kysely';
import { hasColumn } from './has-column.ts';

/**
 * Events belong to organisers, those from before to the main one, and may be for signed-in buyers only. The clause forbids the server
 * to lock or copy the table. An interrupted migration goes on where it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  if (await hasColumn(db, 'events', 'organiser_id')) return;
  await sql`
    alter table events
      add column organiser_id varchar(32) not null default 'main',
      add column buyers varchar(16) not null default 'anyone',
      algorithm=instant
  `.execute(db);
}
