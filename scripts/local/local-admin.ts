import { makeAdmin } from '../../services/accounts/accounts/make-admin.ts';
import { createPasswords } from '../../services/accounts/passwords/passwords.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import { inTransaction } from '../../services/shared/stores/transaction.ts';
import { uuidBytes } from '../../services/shared/stores/uuid.ts';
import { mainOrganiser } from '../../services/shared/terms/identifiers.ts';
import { secretOf } from './secrets.ts';

/** The admin of a system on this machine, whose data is in `folder`. The password is a file there, for its owner alone. */
export const localAdmin = (folder: string) => ({
  email: 'admin@onsale.example',
  password: secretOf(folder, 'admin-password', process.env.ADMIN_PASSWORD),
});

/** Makes the local admin, unless there is one already: who has changed its password keeps that. */
export async function makeLocalAdmin(db: Database, { email, password }: ReturnType<typeof localAdmin>): Promise<void> {
  const known = await db.selectFrom('accounts').select('account_id').where('email_key', '=', email).executeTakeFirst();
  if (known) return;
  const passwordHash = await createPasswords().hash(password);
  await inTransaction(db, async (trx) => {
    const accountId = await makeAdmin(trx, { email, organiserId: mainOrganiser });
    if (accountId === undefined) throw new Error(`There is no organiser ${mainOrganiser}`);
    const id = uuidBytes(accountId);
    await trx.updateTable('accounts').set({ password_hash: passwordHash }).where('account_id', '=', id).execute();
  });
}
