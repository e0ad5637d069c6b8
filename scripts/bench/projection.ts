import { sql } from 'kysely';
import type { Database } from '../../services/shared/database.ts';

const pollMs = 10;
/** Without progress. */
const stuckMs = 60_000;

/** Empties every table but those that migrations keep: what earlier rounds wrote makes no later one slower. */
export async function emptyTables(db: Database): Promise<void> {
  const tables = await db.introspection.getTables();
  await db.connection().execute(async (connection) => {
    await sql`set foreign_key_checks = 0`.execute(connection);
    for (const { name } of tables) await sql`truncate table ${sql.table(name)}`.execute(connection);
    await sql`set foreign_key_checks = 1`.execute(connection);
  });
}

/** How many tickets the projection has of an event. */
async function projectedTickets(db: Database, eventId: string): Promise<number> {
  const { tickets } = await db
    .selectFrom('sales_by_zone')
    .select(({ fn }) => fn.sum<string | null>('tickets').as('tickets'))
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  return Number(tickets ?? 0);
}

/**
 * Waits until so many tickets of an event are projected. `perSecond` is from the first commit that was seen, whose rows do not
 * count, to the last. Throws where it gets stuck, or there are more of them than that.
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
  throw new Error(`${eventId} stayed at ${seen} of ${expected} tickets for ${stuckMs / 1_000} s`);
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
    throw new Error(`${eventId} has ${tickets} tickets in MySQL and sums of ${sum}, not ${expected}`);
  }
}
