import { sql } from 'kysely';
import type { TicketsConflicted } from '../../shared/events/domain-events.ts';
import { isRefusedBySns, type Publish } from '../../shared/events/publish.ts';
import type { Database } from '../../shared/stores/database.ts';
import { onlyOne } from '../../shared/stores/only-one.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { readUnpublishedConflicts } from './unpublished-conflicts.ts';

/** The most conflicts per round; even if all are of one event, they fit easily into one message. */
export const conflictsAtOnce = 100;

/**
 * Publishes the unpublished conflicts, then notes that they were published. If it dies in between, the next round publishes them again,
 * with the same ids. Only one task publishes at a time; the others return 0. Returns how many were published. Rejects if MySQL or SNS is
 * away. Rejects too if SNS refuses a message for its content, but only after publishing the other events' conflicts.
 */
export const publishConflicts = async (db: Database, publish: Publish): Promise<number> =>
  (await onlyOne(db, 'conflicts', async (connection) => {
    const conflicts = await readUnpublishedConflicts(connection, conflictsAtOnce);
    let published = 0;
    let refusal: unknown;
    for (const [eventId, group] of Map.groupBy(conflicts, ({ data }) => data.eventId)) {
      try {
        await publish({ eventId, types: ['onsale.tickets.conflicted'], count: group.length, json: JSON.stringify(group) });
      } catch (error) {
        if (!isRefusedBySns(error)) throw error;
        // The other events' conflicts must not wait for this one.
        refusal = error;
        continue;
      }
      await markPublished(connection, group);
      published += group.length;
    }
    if (refusal !== undefined) throw refusal;
    return published;
  })) ?? 0;

const markPublished = (connection: Database, conflicts: TicketsConflicted[]) =>
  connection
    .insertInto('conflict_notices')
    .values(conflicts.map(({ data }) => ({ ticket_id: uuidBytes(data.ticketId), told_on: sql<Date>`utc_timestamp(3)` })))
    .onDuplicateKeyUpdate({ ticket_id: sql`ticket_id` })
    .execute();
