import { type Kysely, sql } from 'kysely';
import { hasColumn } from './has-column.ts';

/**
 * The catalogue of real halls, of what is offered in them, and of an event's life; existing events are published. The clauses forbid the
 * server to lock or copy a table: one that would have to fails instead. An interrupted migration goes on where it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  if (!(await hasColumn(db, 'events', 'state'))) {
    await sql`
      alter table events
        add column state varchar(16) not null default 'published',
        add column off_sale_at datetime(3),
        add column starts_at datetime(3),
        add column time_zone varchar(64),
        add column tickets_per_order int,
        add column offer mediumtext,
        algorithm=instant
    `.execute(db);
  }
  if (!(await hasColumn(db, 'event_zones', 'hall'))) {
    await sql`
      alter table event_zones
        add column hall mediumtext,
        add column blocked mediumtext,
        add column categories text,
        modify column price decimal(19,4),
        algorithm=inplace, lock=none
    `.execute(db);
  }
}
