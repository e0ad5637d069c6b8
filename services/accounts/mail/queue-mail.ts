import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import type { Mail } from './mail.ts';
import { takeMailAllowance } from './mail-limit.ts';

/**
 * Puts a mail into the outbox, in the transaction that makes it necessary: it is sent if, and only if, that commits. Returns false, and
 * queues nothing, if the address has had too many of this kind lately; the caller's answer must not depend on that.
 */
export async function queueMail(trx: Database, mail: Mail, nowMs = Date.now()): Promise<boolean> {
  if (!(await takeMailAllowance(trx, mail, nowMs))) return false;
  const { to, kind, ...data } = mail;
  const now = new Date(nowMs);
  await trx
    .insertInto('mails')
    .values({
      mail_id: uuidBytes(uuidv7()),
      kind,
      recipient: to,
      data: JSON.stringify(data),
      created_on: now,
      due_on: now,
    })
    .execute();
  return true;
}
