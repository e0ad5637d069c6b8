import { readOrders } from '../../services/catalogue/verify/read-redis.ts';
import { placeOf, ticketOf } from '../../services/catalogue/verify/tickets.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { uuidBytes, uuidText } from '../../services/shared/stores/uuid.ts';

const ticketsAtOnce = 5_000;
const maxExamples = 20;

/** Tickets in Redis that MySQL lacks, or whose cancellation it lacks: how many, and descriptions of the first ones. */
export type Unprojected = { count: number; examples: string[] };

/** Finds what would be lost with an event's orders in Redis. Compares tickets, because sequence numbers may have been assigned twice. */
export async function findUnprojected(db: Database, redis: RedisClient, eventId: string): Promise<Unprojected> {
  const found: Unprojected = { count: 0, examples: [] };
  for await (const kept of readOrders(redis, eventId)) {
    const tickets = kept.flatMap(({ order }) => order.tickets.map((ticket) => ({ order, ticket })));
    for (let at = 0; at < tickets.length; at += ticketsAtOnce) {
      const some = tickets.slice(at, at + ticketsAtOnce);
      const statuses = await readStatuses(
        db,
        some.map(({ ticket }) => ticket.ticketId),
      );
      for (const { order, ticket } of some) {
        const status = statuses.get(ticket.ticketId);
        if (status === 'CANCELLED' || (status !== undefined && !ticket.cancelled)) continue;
        found.count++;
        if (found.examples.length === maxExamples) continue;
        const { ticketId, orderId, sequence, ...place } = ticketOf(order, ticket);
        const what =
          status === undefined ? `is not in MySQL (domain event ${sequence})` : 'is cancelled in Redis but not in MySQL';
        found.examples.push(`ticket ${ticketId} of order ${orderId}, ${placeOf(place)}, ${what}`);
      }
    }
  }
  return found;
}

async function readStatuses(db: Database, ticketIds: string[]): Promise<Map<string, string>> {
  if (ticketIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('tickets')
    .select(['ticket_id', 'status'])
    .where('ticket_id', 'in', ticketIds.map(uuidBytes))
    .execute();
  return new Map(rows.map(({ ticket_id, status }) => [uuidText(ticket_id), status]));
}
