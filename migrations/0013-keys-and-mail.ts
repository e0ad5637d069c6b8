import { type Kysely, sql } from 'kysely';

const utf8 = sql`CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;

/** The keys that sign access tokens, mails that wait to be sent, and accounts' identities at OpenID providers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const create = (table: string) => db.schema.createTable(table).ifNotExists().modifyEnd(utf8);
  await create('signing_keys')
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('kid', 'varchar(64)', (column) => column.notNull())
    .addColumn('public_key', 'varchar(255)', (column) => column.notNull())
    .addColumn('private_key', 'varbinary(255)', (column) => column.notNull())
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('signs_from', 'datetime(3)', (column) => column.notNull())
    .execute();
  await create('mails')
    .addColumn('mail_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('kind', 'varchar(32)', (column) => column.notNull())
    .addColumn('recipient', 'varchar(320)', (column) => column.notNull())
    .addColumn('data', 'text')
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('due_on', 'datetime(3)')
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('given_up_on', 'datetime(3)')
    .addColumn('last_error', 'varchar(255)')
    .addIndex('mails_due', ['due_on'])
    .addIndex('mails_given_up', ['given_up_on'])
    .execute();
  await create('mail_limits')
    .addColumn('address_digest', 'binary(32)', (column) => column.notNull())
    .addColumn('kind', 'varchar(32)', (column) => column.notNull())
    .addColumn('free_on', 'datetime(3)', (column) => column.notNull())
    .addPrimaryKeyConstraint('mail_limits_pk', ['address_digest', 'kind'])
    .addIndex('mail_limits_free', ['free_on'])
    .execute();
  await create('external_identities')
    .addColumn('issuer', 'varchar(255)', (column) => column.notNull())
    .addColumn('subject', 'varchar(255)', (column) => column.notNull())
    .addColumn('account_id', 'binary(16)', (column) => column.notNull())
    .addColumn('linked_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('used_on', 'datetime(3)', (column) => column.notNull())
    .addPrimaryKeyConstraint('external_identities_pk', ['issuer', 'subject'])
    .addIndex('external_identities_of_account', ['account_id'])
    .execute();
}
