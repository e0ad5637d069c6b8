import { type Selectable, sql } from 'kysely';
import { type Database, isDuplicate } from '../../shared/stores/database.ts';
import type { ProviderName, Schema } from '../../shared/stores/schema.ts';
import type { Notice } from '../providers/provider.ts';

/** A webhook in the inbox: which one, what it is about, and how often it could not be settled. */
export type InboxRow = {
  provider: ProviderName;
  providerEventId: string;
  type: string;
  paymentRef?: string;
  refundRef?: string;
  failures: number;
};

/** Its message in the queue settles a webhook sooner. A lost message costs this long. */
const messageMs = 10_000;
/** Longer than settling takes. If the process dies, another settles it after that. */
const leaseMs = 60_000;
/** Providers repeat a webhook for up to three days. */
const keepMs = 30 * 24 * 3_600_000;
const maxNoteCharacters = 255;

const columns = ['provider', 'provider_event_id', 'type', 'payment_ref', 'refund_ref', 'failures', 'due_on', 'note'] as const;

/** Keeps a webhook once, however often it comes. Returns whether it is the first time. */
export async function keepNotice(db: Database, provider: ProviderName, notice: Notice, nowMs: number): Promise<boolean> {
  const { eventId, type, paymentRef = null, refundRef = null } = notice;
  try {
    await db
      .insertInto('provider_inbox')
      .values({
        provider,
        provider_event_id: eventId,
        type,
        payment_ref: paymentRef,
        refund_ref: refundRef,
        received_on: new Date(nowMs),
        due_on: new Date(nowMs + messageMs),
      })
      .execute();
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

/** A webhook that must still be settled, or was given up; undefined if it was settled, or is unknown. */
export async function readUnsettled(
  db: Database,
  { provider, providerEventId }: Pick<InboxRow, 'provider' | 'providerEventId'>,
): Promise<InboxRow | undefined> {
  const row = await db
    .selectFrom('provider_inbox')
    .select(columns)
    .where('provider', '=', provider)
    .where('provider_event_id', '=', providerEventId)
    .executeTakeFirst();
  return row && (row.due_on !== null || row.note !== null) ? rowOf(row) : undefined;
}

/** Claims due webhooks, oldest first: no other process gets them for a while. */
export function claimDue(db: Database, { nowMs, most }: { nowMs: number; most: number }): Promise<InboxRow[]> {
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (trx) => {
      const rows = await trx
        .selectFrom('provider_inbox')
        .select(columns)
        .where('due_on', '<=', new Date(nowMs))
        .orderBy('due_on')
        .limit(most)
        .forUpdate()
        .skipLocked()
        .execute();
      const claimed = rows.map(rowOf);
      for (const row of claimed)
        await changeRow(trx, row)
          .set({ due_on: new Date(nowMs + leaseMs) })
          .execute();
      return claimed;
    });
}

/** Notes that a webhook is settled. */
export async function markSettled(db: Database, row: InboxRow): Promise<void> {
  await changeRow(db, row).set({ due_on: null, note: null }).execute();
}

/** Notes a failure. Without `dueMs`, the webhook is given up: its row stays, with the reason. */
export async function markFailed(db: Database, row: InboxRow, { note, dueMs }: { note: string; dueMs?: number }): Promise<void> {
  const due_on = dueMs === undefined ? null : new Date(dueMs);
  await changeRow(db, row)
    .set({ due_on, failures: sql`failures + 1`, note: note.slice(0, maxNoteCharacters) })
    .execute();
}

/** Forgets webhooks that were settled long ago. */
export async function deleteOldNotices(db: Database, nowMs: number): Promise<void> {
  await db
    .deleteFrom('provider_inbox')
    .where('received_on', '<', new Date(nowMs - keepMs))
    .where('due_on', 'is', null)
    .where('note', 'is', null)
    .limit(1_000)
    .execute();
}

/** How many webhooks wait, and since when the oldest does (0 if there is none). */
export async function readInboxBacklog(db: Database, nowMs: number): Promise<{ webhooks: number; oldestSeconds: number }> {
  const { webhooks, oldest } = await db
    .selectFrom('provider_inbox')
    .select(({ fn }) => [fn.countAll<number>().as('webhooks'), sql<Date | null>`min(received_on)`.as('oldest')])
    .where('due_on', 'is not', null)
    .executeTakeFirstOrThrow();
  return { webhooks: Number(webhooks), oldestSeconds: oldest === null ? 0 : Math.max(0, nowMs - oldest.getTime()) / 1_000 };
}

const changeRow = (db: Database, { provider, providerEventId }: InboxRow) =>
  db.updateTable('provider_inbox').where('provider', '=', provider).where('provider_event_id', '=', providerEventId);

function rowOf(row: Pick<Selectable<Schema['provider_inbox']>, (typeof columns)[number]>): InboxRow {
  const { provider, provider_event_id, type, payment_ref, refund_ref, failures } = row;
  return {
    provider,
    providerEventId: provider_event_id,
    type,
    ...(payment_ref !== null && { paymentRef: payment_ref }),
    ...(refund_ref !== null && { refundRef: refund_ref }),
    failures,
  };
}
