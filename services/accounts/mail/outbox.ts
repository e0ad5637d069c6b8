import { sql } from 'kysely';
import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import type { Mail, MailKind } from './mail.ts';

/** A mail that a process has claimed. `attempt`: 1 for the first. */
export type DueMail = { mailId: string; mail: Mail; createdMs: number; attempt: number };

/** Given-up mails are kept this long for the operator, without their content and recipient. */
const keepGivenUpMs = 30 * 24 * 3_600_000;
const maxErrorCharacters = 255;

/**
 * Claims up to `most` due mails for `leaseMs`: no other process gets them before that has passed. The claim counts as an attempt even
 * if this process dies.
 */
export function claimMails(db: Database, options: { nowMs: number; leaseMs: number; most: number }): Promise<DueMail[]> {
  const { nowMs, leaseMs, most } = options;
  // Gaps that a repeatable read locks would block mails that are being queued, and other claims.
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (trx) => {
      const rows = await trx
        .selectFrom('mails')
        .select(['mail_id', 'kind', 'recipient', 'data', 'created_on', 'attempts'])
        .where('due_on', '<=', new Date(nowMs))
        .orderBy('due_on')
        .limit(most)
        .forUpdate()
        .skipLocked()
        .execute();
      if (rows.length === 0) return [];
      const ids = rows.map(({ mail_id }) => mail_id);
      await trx
        .updateTable('mails')
        .set({ due_on: new Date(nowMs + leaseMs), attempts: sql`attempts + 1` })
        .where('mail_id', 'in', ids)
        .execute();
      return rows.map(({ mail_id, kind, recipient, data, created_on, attempts }) => ({
        mailId: uuidText(mail_id),
        mail: { to: recipient, kind, ...JSON.parse(data ?? '{}') } as Mail,
        createdMs: created_on.getTime(),
        attempt: attempts + 1,
      }));
    });
}

/** A mail that was sent leaves nothing behind. */
export async function deleteMail(db: Database, mailId: string): Promise<void> {
  await db.deleteFrom('mails').where('mail_id', '=', uuidBytes(mailId)).execute();
}

/** Deletes the mails that wait for these addresses; with `kind`, only such ones. */
export async function deleteMailsTo(trx: Database, addresses: string[], kind?: MailKind): Promise<void> {
  if (addresses.length === 0) return;
  // Found without locks: there is no index by address, and a locking search would stop everybody else's mails.
  const found = trx.selectFrom('mails').select('mail_id').where('recipient', 'in', addresses);
  const rows = await found.$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? '')).execute();
  if (rows.length === 0) return;
  const ids = rows.map(({ mail_id }) => mail_id);
  await trx.deleteFrom('mails').where('mail_id', 'in', ids).execute();
}

export async function retryMail(db: Database, mailId: string, dueMs: number, error: string): Promise<void> {
  await db
    .updateTable('mails')
    .set({ due_on: new Date(dueMs), last_error: error.slice(0, maxErrorCharacters) })
    .where('mail_id', '=', uuidBytes(mailId))
    .execute();
}

/** Stops trying. The row stays for the operator, to count and explain: without the recipient, and the content, which may be a secret link. */
export async function giveUpMail(db: Database, { mailId, mail }: DueMail, nowMs: number, error: string): Promise<void> {
  // Mail services like to repeat the address.
  const last_error = error.replaceAll(mail.to, '…').slice(0, maxErrorCharacters);
  await db
    .updateTable('mails')
    .set({ due_on: null, recipient: '', data: null, given_up_on: new Date(nowMs), last_error })
    .where('mail_id', '=', uuidBytes(mailId))
    .execute();
}

export async function deleteOldMails(db: Database, nowMs: number): Promise<void> {
  const before = new Date(nowMs - keepGivenUpMs);
  await db.deleteFrom('mails').where('given_up_on', '<', before).limit(1_000).execute();
}

/** How many mails wait, since when the oldest does, and how many were given up in the last 30 days. */
export async function readMailBacklog(
  db: Database,
  nowMs = Date.now(),
): Promise<{ waiting: number; oldestSeconds: number; givenUp: number }> {
  const { waiting, oldest, given_up } = await db
    .selectFrom('mails')
    .select(({ fn }) => [
      fn.count<number>('due_on').as('waiting'),
      fn.count<number>('given_up_on').as('given_up'),
      sql<Date | null>`min(case when due_on is not null then created_on end)`.as('oldest'),
    ])
    .executeTakeFirstOrThrow();
  const oldestSeconds = oldest === null ? 0 : Math.max(0, Math.round((nowMs - oldest.getTime()) / 1_000));
  return { waiting: Number(waiting), oldestSeconds, givenUp: Number(given_up) };
}
