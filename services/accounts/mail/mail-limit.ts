import { hash } from 'node:crypto';
import type { Database } from '../../shared/stores/database.ts';
import type { Mail } from './mail.ts';

const minuteMs = 60_000;
/** An address may get this many mails of a kind at once … */
const burst = 3;
/** … and after that one each time this has passed: at most six in any hour. */
const intervalMs = 20 * minuteMs;

/**
 * Counts a mail against the limit of its address and kind (GCRA). Returns whether it may be sent. Nobody can fill somebody else's inbox,
 * and a flood of one kind leaves the others alone. The row stays locked until the transaction ends.
 */
export async function takeMailAllowance(trx: Database, mail: Mail, nowMs: number): Promise<boolean> {
  const { kind, address_digest } = limitOf(mail);
  // Locks the row, which may be new.
  await trx
    .insertInto('mail_limits')
    .values({ address_digest, kind, free_on: new Date(nowMs) })
    .onDuplicateKeyUpdate({ kind })
    .execute();
  const row = trx.selectFrom('mail_limits').where('address_digest', '=', address_digest).where('kind', '=', kind);
  const { free_on } = await row.select('free_on').forUpdate().executeTakeFirstOrThrow();
  const freeMs = Math.max(free_on.getTime(), nowMs);
  if (freeMs - nowMs > (burst - 1) * intervalMs) return false;
  await trx
    .updateTable('mail_limits')
    .set({ free_on: new Date(freeMs + intervalMs) })
    .where('address_digest', '=', address_digest)
    .where('kind', '=', kind)
    .execute();
  return true;
}

/** Removes limits that have no effect any more. */
export async function deleteOldLimits(db: Database, nowMs: number): Promise<void> {
  await db.deleteFrom('mail_limits').where('free_on', '<', new Date(nowMs)).limit(1_000).execute();
}

/**
 * A mail to the owner of an account has an allowance of its own, for exactly the account's address, and each security notice too: nobody can
 * silence it with other mails, or at another spelling ("ann+x@…" may be somebody else).
 */
function limitOf(mail: Mail): { kind: string; address_digest: Buffer } {
  const { kind, to } = mail;
  const ofAccount = digestOf(to.toLowerCase());
  if (kind === 'security') return { kind: `security:${mail.notice}`, address_digest: ofAccount };
  if (kind === 'sign-in-link' && mail.hasAccount) return { kind: 'sign-in-link:account', address_digest: ofAccount };
  if (kind === 'email-changed' || kind === 'reset') return { kind, address_digest: ofAccount };
  return { kind, address_digest: digestOf(inboxOf(to)) };
}

/**
 * Upper and lower case, and what follows a plus ("ann+shop@…"), usually lead to the same inbox. All spellings with a plus count together, but not
 * with the one without: otherwise they could keep its owner from signing up.
 */
function inboxOf(address: string): string {
  const [, local = '', domain = ''] = /^(.*)@([^@]*)$/s.exec(address.toLowerCase()) ?? [];
  return `${local.replace(/\+.*$/s, '+')}@${domain}`;
}

const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer');
