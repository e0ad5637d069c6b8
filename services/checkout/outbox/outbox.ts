import { sql } from 'kysely';
import type { Database } from '../../shared/stores/database.ts';

/** A domain event that SNS has not accepted yet. */
export type WaitingEvent = {
  outboxId: number;
  eventId: string;
  type: string;
  happenedMs: number;
  traceparent?: string;
  /** JSON. */
  data: string;
};

/**
 * Waits until no other process publishes from the outbox, and keeps them away until the transaction ends. Returns whether anything waits.
 * The lock is on the oldest row: others wait for it, and then for what is the oldest row by then. So one process after the other
 * publishes, and the domain events of a checkout, whose transactions come one after the other, stay in order.
 */
export async function lockOutbox(trx: Database): Promise<boolean> {
  const oldest = trx.selectFrom('checkout_outbox').select('outbox_id').orderBy('outbox_id').limit(1).forUpdate();
  return (await oldest.executeTakeFirst()) !== undefined;
}

/** The oldest waiting domain events. */
export async function readWaiting(trx: Database, most: number): Promise<WaitingEvent[]> {
  const rows = await trx.selectFrom('checkout_outbox').selectAll().orderBy('outbox_id').limit(most).execute();
  return rows.map(({ outbox_id, event_id, type, happened_on, traceparent, data }) => ({
    outboxId: outbox_id,
    eventId: event_id,
    type,
    happenedMs: happened_on.getTime(),
    ...(traceparent !== null && { traceparent }),
    data,
  }));
}

/** Removes what SNS has accepted. */
export async function deletePublished(trx: Database, outboxIds: number[]): Promise<void> {
  if (outboxIds.length === 0) return;
  await trx.deleteFrom('checkout_outbox').where('outbox_id', 'in', outboxIds).execute();
}

/** How many domain events wait, and how long the oldest of them has (0 if there is none). */
export async function readOutboxBacklog(db: Database, nowMs: number): Promise<{ events: number; oldestSeconds: number }> {
  const { events, oldest } = await db
    .selectFrom('checkout_outbox')
    .select(({ fn }) => [fn.countAll<number>().as('events'), sql<Date | null>`min(happened_on)`.as('oldest')])
    .executeTakeFirstOrThrow();
  return { events: Number(events), oldestSeconds: oldest === null ? 0 : Math.max(0, nowMs - oldest.getTime()) / 1_000 };
}
