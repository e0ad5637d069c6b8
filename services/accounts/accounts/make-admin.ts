import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes, uuidText } from '../../shared/stores/uuid.ts';
import { emailOf } from '../../shared/terms/email-address.ts';
import { createOneTimeToken } from '../one-time/one-time-tokens.ts';
import { putMember, readRoles } from '../organisers/members.ts';
import { createAccount, findByEmail, lockAccount } from './accounts.ts';

/**
 * Makes the owner of an address an admin of an organiser, for the operator, who vouches for the address. Creates the account if there is
 * none. Returns the account's id, or undefined if there is no such organiser. Call it in a transaction.
 */
export async function makeAdmin(
  trx: Database,
  { email, organiserId }: { email: string; organiserId: string },
  nowMs = Date.now(),
): Promise<string | undefined> {
  const principal = 'operator';
  const known = await findByEmail(trx, emailOf(email).key);
  const locked = known && (await lockAccount(trx, uuidText(known.account_id)));
  const accountId = locked ? uuidText(locked.account_id) : await createAccount(trx, { email, principal }, nowMs);
  if (accountId === undefined) throw new Error('The account was created by somebody else at this moment; please try again');
  const before = (await readRoles(trx, accountId))[organiserId] ?? [];
  const outcome = await putMember(trx, { organiserId, accountId, roles: [...before, 'admin'], principal }, nowMs);
  return outcome === 'no-organiser' ? undefined : accountId;
}

/** The token of a link with which an account's owner can set a password. It is valid for an hour, and once. */
export async function createPasswordToken(trx: Database, accountId: string, email: string, nowMs = Date.now()): Promise<string> {
  const { email: written, key } = emailOf(email);
  const draft = { kind: 'reset', email: written, emailKey: key, accountId: uuidBytes(accountId) } as const;
  return await createOneTimeToken(trx, draft, nowMs);
}
