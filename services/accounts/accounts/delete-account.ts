import type { Database } from '../../shared/stores/database.ts';
import { uuidText } from '../../shared/stores/uuid.ts';
import { recordAudit } from '../audit/audits.ts';
import { deleteMailsTo } from '../mail/outbox.ts';
import { leaveAllOrganisers } from '../organisers/members.ts';
import type { AccountRow } from './accounts.ts';

export type Deleted = { kind: 'deleted' } | { kind: 'last-admin'; organiserId: string };

/**
 * Deletes what is personal about an account that the transaction has locked: its address, name, password, sessions, memberships, links, mails that
 * wait, and where it signed in from. Its id stays, because orders and audits name it. Roll back if it is the last admin of an organiser.
 */
export async function deleteAccount(trx: Database, account: AccountRow, nowMs = Date.now()): Promise<Deleted> {
  const { account_id: id, email, email_key: emailKey } = account;
  const accountId = uuidText(id);
  const principal = `account:${accountId}`;
  const blocking = await leaveAllOrganisers(trx, { accountId, principal }, nowMs);
  if (blocking !== undefined) return { kind: 'last-admin', organiserId: blocking };
  await deleteWaitingMails(trx, id, email);
  if (emailKey !== null) {
    await trx.deleteFrom('one_time_tokens').where('email_key', '=', emailKey).execute();
    await trx.deleteFrom('invitations').where('email_key', '=', emailKey).execute();
  }
  await trx.deleteFrom('one_time_tokens').where('account_id', '=', id).execute();
  await trx.deleteFrom('sessions').where('account_id', '=', id).execute();
  await trx.deleteFrom('known_addresses').where('account_id', '=', id).execute();
  await trx.deleteFrom('external_identities').where('account_id', '=', id).execute();
  await trx
    .updateTable('accounts')
    .set({ email: null, email_key: null, name: '', password_hash: null, deleted_on: new Date(nowMs) })
    .where('account_id', '=', id)
    .execute();
  await recordAudit(trx, { principal, action: 'account.deleted', accountId }, nowMs);
  return { kind: 'deleted' };
}

/** Deletes all mails to the account's address, and those that would confirm a new one: to an address that may be somebody else's, no others. */
async function deleteWaitingMails(trx: Database, id: Buffer, email: string | null): Promise<void> {
  const changes = await trx.selectFrom('one_time_tokens').select('email').where('account_id', '=', id).execute();
  if (email !== null) await deleteMailsTo(trx, [email]);
  await deleteMailsTo(
    trx,
    changes.map((change) => change.email),
    'email-change',
  );
}
