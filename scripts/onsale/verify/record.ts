import type { Database } from '../../../services/shared/stores/database.ts';
import type { Verification } from './verify-event.ts';

const maxSummaryCharacters = 1_000;

/** Stores a verification as the last one of its event, for the operator's page. */
export async function recordVerification(db: Database, startedAt: Date, verification: Verification): Promise<void> {
  const { eventId, count, tickets, revenue, summary } = verification;
  const found = {
    verified_on: startedAt,
    differences: count,
    tickets,
    revenue,
    summary: summary.slice(0, maxSummaryCharacters),
  };
  await db
    .insertInto('verifications')
    .values({ event_id: eventId, ...found })
    .onDuplicateKeyUpdate(found)
    .execute();
}
