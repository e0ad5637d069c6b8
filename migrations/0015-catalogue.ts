import { type Kysely, sql } from 'kysely';
import { hasColumn } from './has-column.ts';

/**
 * The organiser's catalogue: event files as documents, versions against lost updates, venues and halls of their own, an audit log, jobs,
 * and what browsing needs: a time and a mark to list events by, and their words. The tables `venues` and `zones` had only names from
 * before names belonged to events. An interrupted migration goes on where it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  if (!(await hasColumn(db, 'events', 'version'))) {
    await sql`alter table events add column version int not null default 1, algorithm=instant`.execute(db);
  }
  if (!(await hasColumn(db, 'events', 'is_listed'))) {
    await sql`
      alter table events
        add column begins_at datetime(3) generated always as (coalesce(starts_at, on_sale_at)) virtual,
        add column is_listed tinyint generated always as (if(state = 'draft' or state = 'archived', null, 1)) virtual
    `.execute(db);
  }
  await addIndex(db, 'events', 'events_listed', sql`(is_listed, begins_at, event_id)`);
  await addIndex(db, 'events', 'events_listed_by_venue', sql`(venue_id, is_listed, begins_at, event_id)`);
  await addIndex(db, 'events', 'events_by_organiser', sql`(organiser_id, event_id)`);

  await sql`
    create table if not exists event_documents (
      event_id varchar(64) not null,
      document mediumtext not null,
      primary key (event_id)
    ) character set utf8mb4 collate utf8mb4_bin
  `.execute(db);
  await sql`
    create table if not exists event_words (
      word varchar(32) not null,
      event_id varchar(64) not null,
      primary key (word, event_id),
      key event_words_by_event (event_id, word)
    ) character set utf8mb4 collate utf8mb4_bin
  `.execute(db);
  await sql`
    create table if not exists catalogue_audit (
      audit_id bigint not null auto_increment,
      changed_on datetime(3) not null,
      organiser_id varchar(32) not null,
      subject varchar(8) not null,
      subject_id varchar(64) not null,
      principal varchar(160) not null,
      action varchar(32) not null,
      changes mediumtext not null,
      primary key (audit_id),
      key catalogue_audit_by_subject (subject, subject_id, audit_id)
    ) character set utf8mb4 collate utf8mb4_bin
  `.execute(db);
  await sql`
    create table if not exists event_jobs (
      event_id varchar(64) not null,
      kind varchar(8) not null,
      principal varchar(160) not null,
      created_on datetime(3) not null,
      due_on datetime(3),
      finished_on datetime(3),
      scan_cursor varchar(32) not null default '0',
      total int,
      failures int not null default 0,
      note varchar(1000),
      primary key (event_id, kind),
      key event_jobs_due (due_on)
    ) character set utf8mb4 collate utf8mb4_bin
  `.execute(db);
  if (!(await hasColumn(db, 'venues', 'organiser_id'))) {
    await sql`drop table if exists zones`.execute(db);
    await sql`drop table if exists venues`.execute(db);
    await sql`
      create table venues (
        organiser_id varchar(32) not null,
        venue_id varchar(64) not null,
        name varchar(200) not null,
        time_zone varchar(64),
        version int not null,
        primary key (organiser_id, venue_id)
      ) character set utf8mb4 collate utf8mb4_bin
    `.execute(db);
  }
  await sql`
    create table if not exists halls (
      organiser_id varchar(32) not null,
      hall_id varchar(64) not null,
      name varchar(200) not null,
      venue_id varchar(64),
      zones mediumtext not null,
      version int not null,
      primary key (organiser_id, hall_id)
    ) character set utf8mb4 collate utf8mb4_bin
  `.execute(db);
  await insertWords(db);
}

async function addIndex(db: Kysely<unknown>, table: string, name: string, columns: ReturnType<typeof sql>): Promise<void> {
  const { rows } = await sql`
    select 1 from information_schema.statistics
    where table_schema = database() and table_name = ${table} and index_name = ${name}
  `.execute(db);
  if (rows.length === 0) await sql`alter table ${sql.id(table)} add index ${sql.id(name)} ${columns}`.execute(db);
}

const eventsAtOnce = 500;

/** The words of the events that there are; those to come are written with them (inventory/plan/event-words.ts has the same rule). */
async function insertWords(db: Kysely<unknown>): Promise<void> {
  for (let after = ''; ; ) {
    const { rows } = await sql<{ eventId: string; name: string; venueName: string }>`
      select event_id as eventId, name, venue_name as venueName from events
      where event_id > ${after} order by event_id limit ${sql.lit(eventsAtOnce)}
    `.execute(db);
    const words = rows.flatMap(({ eventId, name, venueName }) =>
      wordsOf(`${name} ${venueName}`).map((word) => sql`(${word}, ${eventId})`),
    );
    if (words.length > 0) await sql`insert ignore into event_words (word, event_id) values ${sql.join(words)}`.execute(db);
    const last = rows.at(-1);
    if (!last || rows.length < eventsAtOnce) return;
    after = last.eventId;
  }
}

const wordsOf = (text: string) =>
  [
    ...new Set(
      text
        .normalize('NFKD')
        .replace(/\p{M}/gu, '')
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu),
    ),
  ]
    .slice(0, 40)
    .map((word) => [...word].slice(0, 32).join(''));
