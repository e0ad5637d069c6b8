import { sql } from 'kysely';
import type { Database } from '../../services/shared/stores/database.ts';

const pollMs = 10;
/** The longest time without progress. */
const stuckMs = 60_000;

/** Empties every table except those of the migrations, so that earlier rounds do not slow later ones down. */
export async function emptyTables(db: Database): Promise<void> {
  const tables = await db.introspection.getTables();
  await db.connection().execute(async (connection) => {
    await sql`set foreign_key_checks = 0`.execute(connection);
    for (const { name } of tables) await sql`truncate table ${sql.table(name)}`.execute(connection);
    await sql`set foreign_key_checks = 1`.execute(connection);
  });
}

/** The event's ticket count in the projection. */
async function projectedTickets(db: Database, eventId: string): Promise<number> {
  const { tickets } = await db
    .selectFrom('sales_by_zone')
    .select(({ fn }) => fn.sum<string | null>('tickets').as('tickets'))
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  return Number(tickets ?? 0);
}

/**
 * Waits until `expected` tickets of an event are projected. `perSecond` runs from the first commit seen, whose rows do not count,
 * to the last. Throws if progress stops, or if there are more tickets than expected.
 */
export async function untilProjected(db: Database, eventId: string, expected: number): Promise<{ perSecond: number }> {
  let first: { tickets: number; at: number } | undefined;
  let seen = 0;
  let giveUpAt = performance.now() + stuckMs;
  while (performance.now() < giveUpAt) {
    const tickets = await projectedTickets(db, eventId);
    const at = performance.now();
    if (tickets > 0) first ??= { tickets, at };
    if (first && tickets >= expected) {
      await assertProjected(db, eventId, expected);
      return { perSecond: ((expected - first.tickets) * 1_000) / (at - first.at) };
    }
    if (tickets !== seen) giveUpAt = at + stuckMs;
    seen = tickets;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(`the projection of ${eventId} stayed at ${seen} of ${expected} tickets for ${stuckMs / 1_000} s`);
}

async function assertProjected(db: Database, eventId: string, expected: number): Promise<void> {
  const { tickets } = await db
    .selectFrom('tickets')
    .select(({ fn }) => fn.countAll<string | number>().as('tickets'))
    .where('event_id', '=', eventId)
    .where('status', '=', 'PAID')
    .executeTakeFirstOrThrow();
  const sum = await projectedTickets(db, eventId);
  if (Number(tickets) !== expected || sum !== expected) {
    throw new Error(`${eventId} has ${tickets} tickets in MySQL and its zones sum to ${sum}; expected ${expected}`);
  }
}
