import { startRounds } from '../../shared/basics/rounds.ts';
import { UnavailableError } from '../../shared/http/problems.ts';
import { isDatabaseAway } from '../../shared/stores/database.ts';
import { isRedisAway } from '../../shared/stores/redis.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import type { Stores } from '../system.ts';
import type { Job, JobKind } from './jobs.ts';
import { knownEvents } from './known-events.ts';

/**
 * What a step of a job has changed in its row; `isDone`: it was the last one. `waitsFor`: for what the next step has to wait, a sentence that
 * anybody may read.
 */
export type Progress = { isDone: boolean; scan_cursor?: string; total?: number; waitsFor?: string };

/**
 * A step of a job, of a few seconds at most. What it did is written after it, so a step may be repeated: after a crash, or by another
 * process. Throws a JobRefused if the job can never end as it is.
 */
export type Step = (job: Job) => Promise<Progress>;

/** A job cannot be done, and trying again would not help; the message says why. */
export class JobRefused extends Error {
  override readonly name = 'JobRefused';
}

const lookEveryMs = 1_000;
const maxPauseMs = 30_000;
/** More are never due at a time. */
const maxDue = 1_000;
const maxNoteCharacters = 1_000;

/**
 * Works on event jobs, one step after another, each in a transaction that locks the job's row: if this process dies, MySQL lets go of the row,
 * and another process goes on. An event that Redis has forgotten waits until it is rebuilt. A step that fails, such as when a store is
 * away, is tried again after a pause.
 */
export function startJobs({ db, redis, steps, logger }: Stores & { steps: Record<JobKind, Step>; logger: Logger }) {
  const warn = createSampledLog('warn', 'a step of an event job failed; it is tried again');
  const warnOfStores = createSampledLog('warn', 'event jobs cannot be read; trying again');
  return startRounds({ round: takeStep, pauseMs: lookEveryMs, onError: (error) => warnOfStores(logger, { err: error }) });

  /** Returns whether there was a job that was due, and that no other process works on. */
  async function takeStep(): Promise<boolean> {
    const due = await db
      .selectFrom('event_jobs')
      .select(['event_id', 'kind'])
      .where('due_on', '<=', new Date())
      .orderBy('due_on')
      .limit(maxDue)
      .execute();
    const known = await knownEvents(redis, [...new Set(due.map(({ event_id }) => event_id))]);
    for (const job of due) if (known.has(job.event_id) && (await takeStepOf(job))) return true;
    return false;
  }

  async function takeStepOf({ event_id: eventId, kind }: Pick<Job, 'event_id' | 'kind'>): Promise<boolean> {
    return await db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        const job = await trx
          .selectFrom('event_jobs')
          .selectAll()
          .where('event_id', '=', eventId)
          .where('kind', '=', kind)
          .where('due_on', '<=', new Date())
          .forUpdate()
          .skipLocked()
          .executeTakeFirst();
        if (!job) return false;
        const changed = await stepOf(job);
        await trx.updateTable('event_jobs').set(changed).where('event_id', '=', eventId).where('kind', '=', kind).execute();
        return true;
      });
  }

  async function stepOf(job: Job): Promise<Partial<Omit<Job, 'event_id' | 'kind'>>> {
    try {
      const { isDone, waitsFor, ...progress } = await steps[job.kind](job);
      if (waitsFor !== undefined) return { ...progress, ...later(job), note: waitsFor };
      const now = new Date();
      return { ...progress, failures: 0, note: null, due_on: isDone ? null : now, finished_on: isDone ? now : null };
    } catch (error) {
      const note = (error as Error).message.slice(0, maxNoteCharacters);
      if (error instanceof JobRefused) {
        logger.warn({ eventId: job.event_id, job: job.kind, err: error }, 'an event job was refused');
        return { due_on: null, note };
      }
      warn(logger, { eventId: job.event_id, job: job.kind, err: error });
      // Outages are no secret, but other errors may contain what only the log should have.
      const isOutage = error instanceof UnavailableError || isDatabaseAway(error) || isRedisAway(error);
      const shown = isOutage ? note : 'The last step failed; the log says why.';
      return { ...later(job), note: shown };
    }
  }
}

/** The next step comes after a pause that grows with each one in a row. */
function later({ failures }: Job): Pick<Job, 'failures' | 'due_on'> {
  const pauseMs = Math.min(2 ** Math.min(failures, 10) * 1_000, maxPauseMs);
  return { failures: failures + 1, due_on: new Date(Date.now() + pauseMs) };
}
