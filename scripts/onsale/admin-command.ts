import type { Command } from 'commander';
import { Value } from 'typebox/value';
import { createPasswordToken, makeAdmin } from '../../services/accounts/accounts/make-admin.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import { inTransaction } from '../../services/shared/stores/transaction.ts';
import { EmailAddress } from '../../services/shared/terms/email-address.ts';
import { mainOrganiser } from '../../services/shared/terms/identifiers.ts';
import { addressesAt, defaultPorts } from '../local/ports.ts';
import { withSystem } from './system.ts';

/** Adds the commands about the people who run an installation. */
export function registerAdminCommands(program: Command): void {
  program
    .command('admin')
    .argument('<action>', 'create')
    .argument('<email>')
    .option('--organiser <organiserId>', 'the organiser to be an admin of', mainOrganiser)
    .description('create an account that may do everything for an organiser, and print a link to set its password')
    .action(async (action: string, email: string, { organiser }: { organiser: string }) => {
      if (action !== 'create') throw new Error(`There is no "admin ${action}"; there is "admin create EMAIL".`);
      console.log(await withSystem(['db'], ({ db }) => createAdmin(db, { email, organiserId: organiser })));
    });
}

/** Makes somebody an admin. Returns what to tell the operator: the link with which the admin sets a password. */
export async function createAdmin(
  db: Database,
  { email, organiserId }: { email: string; organiserId: string },
  origin = process.env.PUBLIC_ORIGIN || addressesAt(defaultPorts).publicOrigin,
): Promise<string> {
  if (!Value.Check(EmailAddress, email)) throw new Error(`${email} is not an e-mail address.`);
  return await inTransaction(db, async (trx) => {
    const accountId = await makeAdmin(trx, { email, organiserId });
    if (accountId === undefined) throw new Error(`There is no organiser ${organiserId}.`);
    const token = await createPasswordToken(trx, accountId, email);
    return [
      `${email} is an admin of ${organiserId}. To set a password, open this link within an hour; it works once:`,
      `${origin}/accounts/link#reset=${token}`,
    ].join('\n');
  });
}
