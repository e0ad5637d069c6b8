import type { Database } from '../../shared/stores/database.ts';

/** How many event jobs are not done yet, and how long ago the oldest of them was asked for. */
export async function readBacklog(db: Database): Promise<{ jobs: number; oldestSeconds: number }> {
  const { jobs, oldest } = await db
    .selectFrom('event_jobs')
    .select(({ fn }) => [fn.countAll<number>().as('jobs'), fn.min<Date | null>('created_on').as('oldest')])
    .where('due_on', 'is not', null)
    .executeTakeFirstOrThrow();
  return { jobs: Number(jobs), oldestSeconds: oldest === null ? 0 : Math.max(0, (Date.now() - oldest.getTime()) / 1_000) };
}
