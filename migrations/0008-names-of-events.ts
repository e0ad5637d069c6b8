import { type Kysely, sql } from 'kysely';

/**
 * Names belong to the event: two events at one venue may call it and its zones differently. `venues` and `zones` stay as they are,
 * for query tasks of the version before until they are replaced; nothing writes them from here on, and a later migration drops them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table events drop foreign key events_venue, add column venue_name varchar(200) not null default ''
  `.execute(db);
  await sql`alter table event_zones add column name varchar(200) not null default ''`.execute(db);
  await sql`update events join venues using (venue_id) set events.venue_name = venues.name`.execute(db);
  await sql`
    update event_zones
    join events using (event_id)
    join zones on zones.venue_id = events.venue_id and zones.zone_id = event_zones.zone_id
    set event_zones.name = zones.name
  `.execute(db);
  // The foreign key's, which servers name each in their own way.
  const { rows } = await sql<{ name: string }>`
    select index_name as name from information_schema.statistics
    where table_schema = database() and table_name = 'events' and column_name = 'venue_id'
  `.execute(db);
  for (const { name } of rows) await sql`alter table events drop index ${sql.id(name)}`.execute(db);
}
