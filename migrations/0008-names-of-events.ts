import { type Kysely, sql } from 'kysely';

/**
 * Moves names to the event: two events at one venue may use different names for it and its zones. `venues` and `zones` stay for query
 * tasks of the previous version, until those are replaced. Nothing writes them any more, and a later migration drops them.
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
  // The foreign key's index, which MySQL and MariaDB name differently.
  const { rows } = await sql<{ name: string }>`
    select index_name as name from information_schema.statistics
    where table_schema = database() and table_name = 'events' and column_name = 'venue_id'
  `.execute(db);
  for (const { name } of rows) await sql`alter table events drop index ${sql.id(name)}`.execute(db);
}
