import { sql } from 'kysely';
import type { Database } from '../../shared/database.ts';
import { isRefusal, type Publish } from '../../shared/publish.ts';
import type { TicketsConflicted } from '../../shared/ticket-events.ts';
import { bytesOf } from '../projections/rows.ts';
import { readUntoldConflicts } from './untold.ts';

/** What one round tells at most; as one event's, they are far from the size that a message may have. */
export const conflictsAtOnce = 100;

/**
 * Publishes the conflicts that are to be told, and then notes that they were: where it ends in between, they are told again, and
 * with the same ids. Of all tasks one tells at a time; the others leave it to that one. Gives how many were told. Rejects when
 * MySQL or SNS is away, or SNS refuses a message for what it holds, in which case the other events' conflicts were told.
 */
export const tellConflicts = (db: Database, publish: Publish): Promise<number> =>
  db.connection().execute(async (connection) => {
    if (!(await takeTurn(connection))) return 0;
    try {
      const conflicts = await readUntoldConflicts(connection, conflictsAtOnce);
      let told = 0;
      let refusal: unknown;
      for (const [eventId, group] of Map.groupBy(conflicts, ({ data }) => data.eventId)) {
        try {
          await publish({ eventId, types: ['onsale.tickets.conflicted'], count: group.length, json: JSON.stringify(group) });
        } catch (error) {
          if (!isRefusal(error)) throw error;
          // The other events' conflicts must not wait for it.
          refusal = error;
          continue;
        }
        await note(connection, group);
        told += group.length;
      }
      if (refusal !== undefined) throw refusal;
      return told;
    } finally {
      await endTurn(connection);
    }
  });

/** What the lock is held under: a server's locks are not apart by database. It goes with the connection, where that breaks. */
const lockName = sql`concat('conflicts of ', database())`;

async function takeTurn(connection: Database): Promise<boolean> {
  const { rows } = await sql<{ taken: number }>`select get_lock(${lockName}, 0) as taken`.execute(connection);
  return rows[0]?.taken === 1;
}

const endTurn = (connection: Database) => sql`do release_lock(${lockName})`.execute(connection);

const note = (connection: Database, conflicts: TicketsConflicted[]) =>
  connection
    .insertInto('conflict_notices')
    .values(conflicts.map(({ data }) => ({ ticket_id: bytesOf(data.ticketId), told_on: sql<Date>`utc_timestamp(3)` })))
    .onDuplicateKeyUpdate({ ticket_id: sql`ticket_id` })
    .execute();
