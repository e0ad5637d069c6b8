import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { up as tickets } from './0001-tickets.ts';
import { up as buyersAndCancellations } from './0002-buyers-and-cancellations.ts';
import { up as orderEvents } from './0003-order-events.ts';
import { up as wholeCatalogue } from './0004-whole-catalogue.ts';
import { up as conflictNotices } from './0005-conflict-notices.ts';
import { up as appliedOn } from './0006-applied-on.ts';
import { up as verifications } from './0007-verifications.ts';
import { up as namesOfEvents } from './0008-names-of-events.ts';
import { up as ticketsByTime } from './0009-tickets-by-time.ts';
import { up as hallsAndOffers } from './0010-halls-and-offers.ts';
import { up as ticketsOfHalls } from './0011-tickets-of-halls.ts';
import { up as accounts } from './0012-accounts.ts';
import { up as keysAndMail } from './0013-keys-and-mail.ts';
import { up as owners } from './0014-owners.ts';
import { up as catalogue } from './0015-catalogue.ts';
import { up as signUpsWithoutPasswords } from './0016-sign-ups-without-passwords.ts';
import { up as linksOfInvitations } from './0017-links-of-invitations.ts';
import { up as checkout } from './0018-checkout.ts';

/** All migrations, ordered by name; forward only. */
export const migrations = {
  '0001-tickets': { up: tickets },
  '0002-buyers-and-cancellations': { up: buyersAndCancellations },
  '0003-order-events': { up: orderEvents },
  '0004-whole-catalogue': { up: wholeCatalogue },
  '0005-conflict-notices': { up: conflictNotices },
  '0006-applied-on': { up: appliedOn },
  '0007-verifications': { up: verifications },
  '0008-names-of-events': { up: namesOfEvents },
  '0009-tickets-by-time': { up: ticketsByTime },
  '0010-halls-and-offers': { up: hallsAndOffers },
  '0011-tickets-of-halls': { up: ticketsOfHalls },
  '0012-accounts': { up: accounts },
  '0013-keys-and-mail': { up: keysAndMail },
  '0014-owners': { up: owners },
  '0015-catalogue': { up: catalogue },
  '0016-sign-ups-without-passwords': { up: signUpsWithoutPasswords },
  '0017-links-of-invitations': { up: linksOfInvitations },
  '0018-checkout': { up: checkout },
};

/**
 * Brings a database to the newest schema. Returns the names of the migrations that it ran. Several processes may run it together.
 * Rejects at the first migration that fails; earlier ones stay in place.
 */
export async function migrateToLatest<Schema>(db: Kysely<Schema>): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error) throw error;
  return results.map(({ migrationName }) => migrationName);
}
