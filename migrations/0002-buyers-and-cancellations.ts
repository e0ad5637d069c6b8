import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('orders_by_buyer').on('orders').columns(['buyer_id', 'event_id', 'sequence']).execute();
  await db.schema.alterTable('events').addColumn('tickets_per_buyer', 'integer').execute();
  // Sequence numbers show whether a ticket was sold before or after another's cancellation: times may be equal.
  await db.schema.alterTable('tickets').addColumn('cancelled_sequence', 'bigint').execute();
}
