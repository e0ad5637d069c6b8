import { VersionConflict } from '../../shared/inventory/event-state.ts';
import { readDocument } from '../../shared/inventory/plan/catalogue.ts';
import { readEventFile } from '../../shared/inventory/plan/event-file.ts';
import { saveDraft } from '../../shared/inventory/save-draft.ts';
import type { Stores } from '../system.ts';

/**
 * Saves a copy of an event as a draft: its file, with another id and perhaps another name. `exists`: there is an event of that id. Throws if
 * the event's own file is not valid any more.
 */
export async function cloneEvent(
  { db, redis }: Stores,
  eventId: string,
  { as, name, principal }: { as: string; name: string | undefined; principal: string },
): Promise<{ kind: 'cloned' | 'exists' | 'unknown' }> {
  const document = await readDocument(db, eventId);
  if (!document) return { kind: 'unknown' };
  const event = { ...document.event, eventId: as, ...(name !== undefined && { name }) };
  const read = readEventFile({ ...document, event });
  if ('faults' in read) throw new Error(`The file of ${eventId} has a fault: ${JSON.stringify(read.faults[0])}`);
  try {
    const drafted = await saveDraft(db, redis, read.plan, { principal, expected: 0 });
    return { kind: drafted.kind === 'opened' ? 'cloned' : 'exists' };
  } catch (error) {
    if (error instanceof VersionConflict) return { kind: 'exists' };
    throw error;
  }
}
