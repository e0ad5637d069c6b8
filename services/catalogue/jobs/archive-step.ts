import { ArchiveRefused, archiveEvent } from '../archive/archive-event.ts';
import type { System } from '../system.ts';
import type { defaultWaits } from '../verify/verify-event.ts';
import type { Job } from './jobs.ts';
import { JobRefused, type Progress } from './run-jobs.ts';

/** Archives an event in one step, which proves first that MySQL has everything. It may be repeated after a crash, and does the rest then. */
export async function archiveStep(
  system: System,
  { event_id: eventId, principal }: Job,
  waits?: typeof defaultWaits,
): Promise<Progress> {
  try {
    await archiveEvent(system, eventId, () => {}, { principal, ...(waits && { waits }) });
    return { isDone: true, total: 0 };
  } catch (error) {
    if (error instanceof ArchiveRefused) throw new JobRefused(error.message, { cause: error });
    throw error;
  }
}
