import type { Database } from '../../shared/stores/database.ts';
import { plainDecimal } from '../../shared/terms/money.ts';
import type { Verification } from '../ops/messages.ts';

/** The result of an event's last verification, or undefined if there was none. */
export async function findVerification(db: Database, eventId: string, currency: string): Promise<Verification | undefined> {
  const row = await db
    .selectFrom('verifications')
    .select(['verified_on', 'differences', 'tickets', 'revenue', 'summary'])
    .where('event_id', '=', eventId)
    .executeTakeFirst();
  if (!row) return undefined;
  const { verified_on, revenue, ...found } = row;
  return { at: verified_on.toISOString(), revenue: plainDecimal(revenue, currency), ...found };
}
