import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { emailOf } from '../../shared/terms/email-address.ts';
import { createAccount, findByEmail, findById, lockAccount } from '../accounts/accounts.ts';
import { recordAudit } from '../audit/audits.ts';
import type { AccountsContext } from '../context.ts';
import type { Identity } from './sign-in.ts';

type Of = Pick<AccountsContext, 'queueMail' | 'nowMs'>;

/**
 * The account that signs in with an identity. An identity that is new here gets the account with the same address if the provider has
 * verified that, as we have; otherwise an account of its own. An address that the provider has not verified leads nowhere: anybody could
 * claim it.
 */
export async function accountOfIdentity(trx: Database, identity: Identity, of: Of): Promise<string> {
  const { issuer, subject, email, name } = identity;
  const known = await findIdentity(trx, identity);
  if (known !== undefined) {
    if (!(await lockAccount(trx, known))) throw new Error(changedMeanwhile);
    const used_on = new Date(of.nowMs());
    await trx
      .updateTable('external_identities')
      .set({ used_on })
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .execute();
    return known;
  }
  const owner = email === undefined ? undefined : await findByEmail(trx, emailOf(email).key);
  if (owner && !(await lockAccount(trx, uuidText(owner.account_id)))) throw new Error(changedMeanwhile);
  const created = owner ? undefined : await createAccount(trx, { email, ...(name !== undefined && { name }) }, of.nowMs());
  const accountId = owner ? uuidText(owner.account_id) : created;
  // Somebody else created the account just now.
  if (accountId === undefined) throw new Error(changedMeanwhile);
  await insertIdentity(trx, identity, accountId, of.nowMs());
  if (owner) await warnOwner(trx, accountId, of);
  return accountId;
}

/** Links an identity to the account of somebody who is signed in, and whose account is locked. Returns false if it belongs to another account. */
export async function linkIdentity(trx: Database, identity: Identity, accountId: string, of: Of): Promise<boolean> {
  const known = await findIdentity(trx, identity);
  if (known === undefined) {
    await insertIdentity(trx, identity, accountId, of.nowMs());
    await warnOwner(trx, accountId, of);
  }
  return known === undefined || known === accountId;
}

/** Thrown if the account was created or deleted by another request at the same time; the later one can try again. */
const changedMeanwhile = 'The account was created or deleted meanwhile';
export const isChangedMeanwhile = (error: unknown) => error instanceof Error && error.message === changedMeanwhile;

async function findIdentity(trx: Database, { issuer, subject }: Identity): Promise<string | undefined> {
  const row = await trx
    .selectFrom('external_identities')
    .select('account_id')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row && uuidText(row.account_id);
}

/** Rejects with a duplicate if another request was first. */
async function insertIdentity(trx: Database, { issuer, subject }: Identity, accountId: string, nowMs: number): Promise<void> {
  const now = new Date(nowMs);
  await trx
    .insertInto('external_identities')
    .values({ issuer, subject, account_id: uuidBytes(accountId), linked_on: now, used_on: now })
    .execute();
  const principal = `account:${accountId}`;
  await recordAudit(trx, { principal, action: 'identity.linked', accountId, details: { issuer } }, nowMs);
}

/** Tells the owner of an account that somebody can sign in to it in another way now. */
async function warnOwner(trx: Database, accountId: string, { queueMail, nowMs }: Of): Promise<void> {
  const account = await findById(trx, accountId);
  if (account?.email) await queueMail(trx, { kind: 'security', to: account.email, notice: 'identity-linked' }, nowMs());
}

/** An account's identities, oldest first. */
export const listIdentities = (db: Database, accountId: string) =>
  db
    .selectFrom('external_identities')
    .select(['issuer', 'subject', 'linked_on', 'used_on'])
    .where('account_id', '=', uuidBytes(accountId))
    .orderBy('linked_on')
    .execute();

/** Takes all identities from an account whose owner has proved their address: whoever knew the old password could have linked one. */
export const unlinkAll = (trx: Database, accountId: Buffer) =>
  trx.deleteFrom('external_identities').where('account_id', '=', accountId).execute();

/**
 * Takes the identities at an issuer from an account. `last`: nothing was changed, because the account would have no way left to sign in.
 */
export async function unlinkIdentities(
  trx: Database,
  { accountId, issuer }: { accountId: string; issuer: string },
  { queueMail, nowMs }: Of,
): Promise<'unlinked' | 'unknown' | 'last'> {
  // Locked, so that two identities cannot be taken away at the same time.
  const account = await lockAccount(trx, accountId);
  const all = await listIdentities(trx, accountId);
  if (!all.some((one) => one.issuer === issuer)) return 'unknown';
  const hasOther = account?.email != null || all.some((one) => one.issuer !== issuer);
  if (!hasOther) return 'last';
  const ofAccount = trx.deleteFrom('external_identities').where('account_id', '=', uuidBytes(accountId));
  await ofAccount.where('issuer', '=', issuer).execute();
  const principal = `account:${accountId}`;
  await recordAudit(trx, { principal, action: 'identity.unlinked', accountId, details: { issuer } }, nowMs());
  if (account?.email) await queueMail(trx, { kind: 'security', to: account.email, notice: 'identity-unlinked' }, nowMs());
  return 'unlinked';
}
