import { type Kysely, sql } from 'kysely';

/** Ids are compared byte by byte: "Event1" and "event1" are different events. */
const tableOptions = sql`CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;
const money = sql`decimal(19,4)`;
const name = 'varchar(64)';

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = (title: string) => db.schema.createTable(title).modifyEnd(tableOptions);

  await table('venues')
    .addColumn('venue_id', name, (column) => column.primaryKey())
    .addColumn('name', 'varchar(200)', (column) => column.notNull())
    .execute();
  await table('zones')
    .addColumn('venue_id', name, (column) => column.notNull())
    .addColumn('zone_id', 'integer', (column) => column.notNull())
    .addColumn('name', 'varchar(200)', (column) => column.notNull())
    .addPrimaryKeyConstraint('zones_pk', ['venue_id', 'zone_id'])
    .addForeignKeyConstraint('zones_venue', ['venue_id'], 'venues', ['venue_id'])
    .execute();
  await table('events')
    .addColumn('event_id', name, (column) => column.primaryKey())
    .addColumn('venue_id', name, (column) => column.notNull())
    .addColumn('name', 'varchar(200)', (column) => column.notNull())
    .addColumn('currency', 'char(3)', (column) => column.notNull())
    .addColumn('on_sale_at', 'datetime(3)', (column) => column.notNull())
    .addForeignKeyConstraint('events_venue', ['venue_id'], 'venues', ['venue_id'])
    .execute();
  await table('event_zones')
    .addColumn('event_id', name, (column) => column.notNull())
    .addColumn('zone_id', 'integer', (column) => column.notNull())
    .addColumn('seat_rows', 'integer')
    .addColumn('seat_columns', 'integer')
    .addColumn('capacity', 'integer', (column) => column.notNull())
    .addColumn('price', money, (column) => column.notNull())
    .addColumn('currency', 'char(3)', (column) => column.notNull())
    .addPrimaryKeyConstraint('event_zones_pk', ['event_id', 'zone_id'])
    .addForeignKeyConstraint('event_zones_event', ['event_id'], 'events', ['event_id'])
    .execute();

  // The projection's tables have no foreign keys: a batch is one statement per table, in no particular order, and a
  // sold ticket is recorded even if the catalogue does not know its event.
  await table('orders')
    .addColumn('order_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('event_id', name, (column) => column.notNull())
    .addColumn('buyer_id', name)
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .execute();
  await table('tickets')
    .addColumn('ticket_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('order_id', 'binary(16)', (column) => column.notNull())
    .addColumn('venue_id', name, (column) => column.notNull())
    .addColumn('event_id', name, (column) => column.notNull())
    .addColumn('zone_id', 'integer', (column) => column.notNull())
    .addColumn('seat_row', 'varchar(3)')
    .addColumn('seat_column', 'smallint')
    .addColumn('price', money, (column) => column.notNull())
    .addColumn('currency', 'char(3)', (column) => column.notNull())
    .addColumn('status', 'varchar(10)', (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('cancelled_on', 'datetime(3)')
    .addColumn('live', sql`tinyint generated always as (if(status = 'PAID', 1, null)) virtual`)
    // NULLs never collide: a seat may have any number of tickets that are not live, but only one that is.
    .addUniqueConstraint('tickets_live_seat', ['event_id', 'zone_id', 'seat_row', 'seat_column', 'live'])
    .execute();
  await db.schema.createIndex('tickets_by_sequence').on('tickets').columns(['event_id', 'sequence']).execute();
  await table('sales_by_zone')
    .addColumn('event_id', name, (column) => column.notNull())
    .addColumn('zone_id', 'integer', (column) => column.notNull())
    .addColumn('tickets', 'integer', (column) => column.notNull())
    .addColumn('revenue', money, (column) => column.notNull())
    .addPrimaryKeyConstraint('sales_by_zone_pk', ['event_id', 'zone_id'])
    .execute();
  await table('seat_conflicts')
    .addColumn('ticket_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('order_id', 'binary(16)', (column) => column.notNull())
    .addColumn('live_ticket_id', 'binary(16)', (column) => column.notNull())
    .addColumn('live_order_id', 'binary(16)', (column) => column.notNull())
    .addColumn('recorded_on', 'datetime(3)', (column) => column.notNull())
    .execute();
  await table('applied_sequences')
    .addColumn('event_id', name, (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('order_id', 'binary(16)', (column) => column.notNull())
    .addPrimaryKeyConstraint('applied_sequences_pk', ['event_id', 'sequence'])
    .execute();
}
