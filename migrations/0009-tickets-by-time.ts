import type { Kysely } from 'kysely';

/**
 * Indexes tickets in the order of sale over all events, for the list of all tickets. Ticket ids do not have that order: they contain the
 * time when the order was drafted, which for a confirmed hold is up to an hour before the sale.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('tickets_by_time').on('tickets').columns(['created_on', 'event_id', 'sequence']).execute();
}
