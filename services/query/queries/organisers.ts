import { may, mayAnywhere, type Operation } from '../../shared/identity/permissions.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';

/** Returns whether a principal may do an operation on each of some events. The reader is asked only for members and API keys. */
export async function allowedOn(
  db: Database,
  { principal, operation, eventIds }: { principal: Principal; operation: Operation; eventIds: string[] },
): Promise<(eventId: string) => boolean> {
  if (!mayAnywhere(principal, operation)) return () => false;
  if (principal.kind !== 'account' && principal.kind !== 'key') return () => true;
  if (eventIds.length === 0) return () => false;
  const rows = await db
    .selectFrom('events')
    .select(['event_id', 'organiser_id'])
    .where('event_id', 'in', [...new Set(eventIds)])
    .execute();
  const organisers = new Map(rows.map(({ event_id, organiser_id }) => [event_id, organiser_id]));
  return (eventId) => may(principal, operation, organisers.get(eventId) ?? '');
}
