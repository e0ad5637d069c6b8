import { type Kysely, sql } from 'kysely';

/**
 * Merges two tables of applied domain events that had almost the same content into one. Both are renamed in one step, so that a worker
 * of the previous version can write to neither, and keeps its current messages until its successor takes over.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`rename table applied_sequences to order_events, orders to orders_until_0003`.execute(db);
  await db.schema.alterTable('order_events').addColumn('buyer_id', 'varchar(64)').execute();
  await sql`
    update order_events join orders_until_0003 using (order_id)
    set order_events.buyer_id = orders_until_0003.buyer_id
    where orders_until_0003.buyer_id is not null
  `.execute(db);
  await db.schema.createIndex('order_events_by_order').on('order_events').column('order_id').execute();
  await db.schema.createIndex('order_events_by_buyer').on('order_events').columns(['buyer_id', 'event_id', 'sequence']).execute();
  await db.schema.dropTable('orders_until_0003').execute();
}
