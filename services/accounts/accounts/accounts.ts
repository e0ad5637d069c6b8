import type { Selectable } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { type Database, isDuplicate } from '../../shared/stores/database.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { emailOf } from '../../shared/terms/email-address.ts';
import { recordAudit } from '../audit/audits.ts';

export type AccountRow = Selectable<Schema['accounts']>;

/** The account with a verified address. `emailKey`: emailOf. */
export const findByEmail = (db: Database, emailKey: string): Promise<AccountRow | undefined> =>
  db.selectFrom('accounts').selectAll().where('email_key', '=', emailKey).executeTakeFirst();

/** An account that was not deleted. */
export const findById = (db: Database, accountId: string): Promise<AccountRow | undefined> =>
  db
    .selectFrom('accounts')
    .selectAll()
    .where('account_id', '=', uuidBytes(accountId))
    .where('deleted_on', 'is', null)
    .executeTakeFirst();

/**
 * Locks an account until the transaction ends, so that it is not deleted while something of it is written. Undefined if it was deleted. An account
 * is locked before organisers and everything else, so that nobody waits for each other.
 */
export const lockAccount = (trx: Database, accountId: string): Promise<AccountRow | undefined> =>
  trx
    .selectFrom('accounts')
    .selectAll()
    .where('account_id', '=', uuidBytes(accountId))
    .where('deleted_on', 'is', null)
    .forUpdate()
    .executeTakeFirst();

/** Creates an account. Its address, if it has one, must have been verified. Returns its id, or undefined if another account has the address. */
export async function createAccount(
  trx: Database,
  given: { email?: string | undefined; name?: string; passwordHash?: string | null; principal?: string },
  nowMs = Date.now(),
): Promise<string | undefined> {
  const accountId = uuidv7();
  const address = given.email === undefined ? undefined : emailOf(given.email);
  try {
    await trx
      .insertInto('accounts')
      .values({
        account_id: uuidBytes(accountId),
        email: address?.email ?? null,
        email_key: address?.key ?? null,
        name: given.name ?? '',
        password_hash: given.passwordHash ?? null,
        created_on: new Date(nowMs),
        deleted_on: null,
      })
      .execute();
  } catch (error) {
    if (isDuplicate(error)) return undefined;
    throw error;
  }
  const principal = given.principal ?? `account:${accountId}`;
  await recordAudit(trx, { principal, action: 'account.created', accountId }, nowMs);
  return accountId;
}

/**
 * The id of the account with an address that its owner has just proved to own; creates one without a password if there is none. The account is
 * locked.
 */
export async function accountOfProvenEmail(trx: Database, email: string, nowMs = Date.now()): Promise<string> {
  const { key } = emailOf(email);
  const known = await findByEmail(trx, key);
  // Its owner may delete it at this moment; then the address is free.
  const locked = known && (await lockAccount(trx, uuidText(known.account_id)));
  if (locked) return uuidText(locked.account_id);
  const created = await createAccount(trx, { email }, nowMs);
  if (created !== undefined) return created;
  // Somebody created it meanwhile. A locking read sees what was committed since this transaction began.
  const row = await trx
    .selectFrom('accounts')
    .select('account_id')
    .where('email_key', '=', key)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return uuidText(row.account_id);
}
