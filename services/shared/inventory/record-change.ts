import type { Kysely } from 'kysely';
import type { Schema } from '../stores/schema.ts';

/** Who changed what: `principal` as principalName has it, or a command; `changes`: a line for each difference. */
export type Change = { principal: string; action: string; changes?: string[] };

/** The principal of a change that names none: a command or a program with access to the stores. */
export const byCommand = 'command';

/** More lines than this are cut off: an event may have ten thousand zones. */
const maxLines = 1_000;

/** Adds a line to the catalogue's audit log. Call it in the transaction of the change, so that there is neither without the other. */
export async function recordChange(
  trx: Kysely<Schema>,
  of: { subject: 'event' | 'venue' | 'hall'; subjectId: string; organiserId: string },
  { principal, action, changes = [] }: Change,
): Promise<void> {
  const kept = changes.slice(0, maxLines);
  const left = changes.length - kept.length;
  await trx
    .insertInto('catalogue_audit')
    .values({
      changed_on: new Date(),
      organiser_id: of.organiserId,
      subject: of.subject,
      subject_id: of.subjectId,
      principal,
      action,
      changes: JSON.stringify(left > 0 ? [...kept, `… and ${left} more`] : kept),
    })
    .execute();
}

/** Gives an event its next version, and adds the change to the audit log. Returns the version. */
export async function touchEvent(trx: Kysely<Schema>, eventId: string, change: Change): Promise<number> {
  await trx
    .updateTable('events')
    .set(({ eb }) => ({ version: eb('version', '+', 1) }))
    .where('event_id', '=', eventId)
    .execute();
  const { organiser_id, version } = await trx
    .selectFrom('events')
    .select(['organiser_id', 'version'])
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  await recordChange(trx, { subject: 'event', subjectId: eventId, organiserId: organiser_id }, change);
  return version;
}
