import { sql } from 'kysely';
import type { TicketsConflicted } from '../../shared/events/domain-events.ts';
import { isRefusedBySns, type Publish } from '../../shared/events/publish.ts';
import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { readUnpublishedConflicts } from './unpublished-conflicts.ts';

/** The most conflicts per round; even if all are of one event, they fit easily into one message. */
export const conflictsAtOnce = 100;

/**
 * Publishes the unpublished conflicts, then notes that they were published. If it dies in between, the next round publishes them again,
 * with the same ids. Only one task publishes at a time; the others return 0. Returns how many were published. Rejects if MySQL or SNS is
 * away. Rejects too if SNS refuses a message for its content, but only after publishing the other events' conflicts.
 */
export const publishConflicts = (db: Database, publish: Publish): Promise<number> =>
  db.connection().execute(async (connection) => {
    if (!(await tryLock(connection))) return 0;
    try {
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
    } finally {
      await unlock(connection);
    }
  });

/** The lock's name includes the database, because a server shares its locks among databases. A broken connection releases the lock. */
const lockName = sql`concat('conflicts of ', database())`;

async function tryLock(connection: Database): Promise<boolean> {
  const { rows } = await sql<{ taken: number }>`select get_lock(${lockName}, 0) as taken`.execute(connection);
  return rows[0]?.taken === 1;
}

const unlock = (connection: Database) => sql`do release_lock(${lockName})`.execute(connection);

const markPublished = (connection: Database, conflicts: TicketsConflicted[]) =>
  connection
    .insertInto('conflict_notices')
    .values(conflicts.map(({ data }) => ({ ticket_id: uuidBytes(data.ticketId), told_on: sql<Date>`utc_timestamp(3)` })))
    .onDuplicateKeyUpdate({ ticket_id: sql`ticket_id` })
    .execute();
