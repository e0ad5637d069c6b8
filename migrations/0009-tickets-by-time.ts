import type { Kysely } from 'kysely';

/**
 * The order of sale over all events, as the list of all tickets has it. Ticket ids are of the time when an order was drafted, which for
 * a hold that was confirmed is up to an hour before it was sold.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('tickets_by_time').on('tickets').columns(['created_on', 'event_id', 'sequence']).execute();
}
