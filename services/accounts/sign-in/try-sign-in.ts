import type { Database } from '../../shared/stores/database.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { uuidText } from '../../shared/stores/uuid.ts';
import { findByEmail } from '../accounts/accounts.ts';
import type { AccountsContext } from '../context.ts';
import { admitSignIn, type Braked, type Origin } from './sign-in-brake.ts';

/** Thrown to roll back: the password was changed while it was checked. */
const changedMeanwhile = new Error('The password was changed meanwhile');

/**
 * Tries a password. A wrong one costs the same statements and one run of argon2, whether or not there is an account. If it is right, `begin`
 * starts the session in the same transaction. A hash that costs less than it should is replaced.
 */
export async function trySignIn<Begun>(
  { db, passwords, nowMs }: AccountsContext,
  { emailKey, password, origin }: { emailKey: string; password: string; origin: Origin },
  begin: (trx: Database, accountId: string) => Promise<Begun>,
): Promise<{ kind: 'signed-in'; begun: Begun } | { kind: 'wrong' } | Braked> {
  const account = await findByEmail(db, emailKey);
  const admitted = await admitSignIn(db, { emailKey, accountId: account?.account_id, origin, nowMs: nowMs() });
  if (admitted.kind === 'braked') return admitted;
  const { isRight, isOutdated } = await passwords.check(password, account?.password_hash);
  if (!account || !isRight) return { kind: 'wrong' };
  const newHash = isOutdated ? await passwords.hash(password) : account.password_hash;
  try {
    const begun = await inTransaction(db, async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('accounts')
        .set({ password_hash: newHash })
        .where('account_id', '=', account.account_id)
        .where('password_hash', '=', account.password_hash)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw changedMeanwhile;
      await admitted.forgive(trx);
      return await begin(trx, uuidText(account.account_id));
    });
    return { kind: 'signed-in', begun };
  } catch (error) {
    if (error === changedMeanwhile) return { kind: 'wrong' };
    throw error;
  }
}
