import { stringify as uuidText } from 'uuid';
import type { Database } from '../../../services/shared/stores/database.ts';
import type { Differences } from './differences.ts';
import { createDigests, type Digests, foldTicket } from './digests.ts';
import { reportForeign, type Terms } from './foreign.ts';
import { readTickets } from './read-mysql.ts';
import { addToSums, compareSums, type Sums } from './sums.ts';

const maxConflicts = 20;

/** Reads an event's tickets from MySQL, reports where MySQL contradicts itself, and returns their digests and sums. */
export async function readProjection(
  db: Database,
  eventId: string,
  { terms, isCompared }: { terms: Terms; isCompared: (sequence: number) => boolean },
  differences: Differences,
): Promise<{ digests: Digests; sums: Sums }> {
  const digests = createDigests();
  const sums: Sums = new Map();
  const conflicts: string[] = [];
  let conflictCount = 0;
  const kept = await readTickets(db, eventId, (ticket) => {
    if (ticket.status === 'PAID') {
      addToSums(sums, ticket);
      reportForeign('MySQL', terms, ticket, differences);
      if (isCompared(ticket.sequence)) foldTicket(digests, ticket);
      return;
    }
    conflictCount++;
    if (conflicts.length < maxConflicts) conflicts.push(ticket.ticketId);
  });
  compareSums(kept, sums, differences);
  const lines = conflicts.length > 0 ? await describeConflicts(db, conflicts) : [];
  for (let at = 0; at < conflictCount; at++) differences.add('tickets in conflict', () => lines[at] ?? '');
  return { digests, sums };
}

async function describeConflicts(db: Database, ticketIds: string[]): Promise<string[]> {
  const ids = ticketIds.map((id) => Buffer.from(id.replaceAll('-', ''), 'hex'));
  const rows = await db.selectFrom('seat_conflicts').selectAll().where('ticket_id', 'in', ids).execute();
  const conflicts = new Map(rows.map((row) => [uuidText(row.ticket_id), row]));
  return ticketIds.map((ticketId) => {
    const row = conflicts.get(ticketId);
    if (!row) return `ticket ${ticketId} is CONFLICTED, but seat_conflicts does not say with which order`;
    const [order, other] = [uuidText(row.order_id), uuidText(row.live_order_id)];
    return `ticket ${ticketId} of order ${order} was sold while order ${other} had its seat: two buyers have the same seat until order ${order} is cancelled`;
  });
}
