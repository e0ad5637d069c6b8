import type { Kysely, Selectable } from 'kysely';
import { recordChange } from '../../shared/inventory/record-change.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { Schema } from '../../shared/stores/schema.ts';

export type JobKind = Schema['event_jobs']['kind'];
export type Job = Selectable<Schema['event_jobs']>;

/** `waiting`: nobody has begun it. `failed`: it was refused, and `note` says why; it can be asked for again. */
export type JobStatus = 'waiting' | 'running' | 'done' | 'failed';

export const statusOf = ({ finished_on, due_on, total }: Pick<Job, 'finished_on' | 'due_on' | 'total'>): JobStatus => {
  if (finished_on !== null) return 'done';
  if (due_on === null) return 'failed';
  return total === null ? 'waiting' : 'running';
};

export const readJob = (db: Kysely<Schema>, eventId: string, kind: JobKind): Promise<Job | undefined> =>
  db.selectFrom('event_jobs').selectAll().where('event_id', '=', eventId).where('kind', '=', kind).executeTakeFirst();

/** `seats`: what becomes of the seats of a cancelled event. */
type Wish = { kind: JobKind; principal: string; reason?: string | undefined; seats?: Job['seats'] | undefined };

/**
 * Asks for work on an event, with a line in the audit log. It is there for good once this resolves: any process goes on with it. Asking again
 * changes nothing, unless it has failed. Returns whether it was not there yet.
 */
export async function askForJob(
  db: Database,
  { eventId, organiserId }: { eventId: string; organiserId: string },
  { kind, principal, reason, seats = 'free' }: Wish,
): Promise<boolean> {
  return await db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (trx) => {
      // One at a time.
      await trx.selectFrom('events').select('event_id').where('event_id', '=', eventId).forUpdate().execute();
      const known = await readJob(trx, eventId, kind);
      if (known && statusOf(known) !== 'failed') return false;
      const now = new Date();
      const job = {
        principal,
        created_on: now,
        due_on: now,
        finished_on: null,
        scan_cursor: '0',
        total: null,
        failures: 0,
        note: null,
        seats,
      };
      await trx
        .insertInto('event_jobs')
        .values({ event_id: eventId, kind, ...job })
        .onDuplicateKeyUpdate(job)
        .execute();
      const changes = [
        ...(reason === undefined ? [] : [`reason: ${reason}`]),
        ...(seats === 'blocked' ? ['seats: blocked'] : []),
      ];
      await recordChange(
        trx,
        { subject: 'event', subjectId: eventId, organiserId },
        { principal, action: `ask to ${kind}`, changes },
      );
      return true;
    });
}
