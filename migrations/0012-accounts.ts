import { type CreateTableBuilder, type Kysely, sql } from 'kysely';

/**
 * Accounts, their sessions, and who may do what at which organiser. Everything that existed before belongs to the organiser `main`.
 * Each step can be repeated, so an interrupted migration goes on where it was.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await create(db, 'accounts')
    .addColumn('account_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('email', 'varchar(512)')
    .addColumn('email_key', 'varchar(512)', (column) => column.unique())
    .addColumn('name', 'varchar(100)', (column) => column.notNull().defaultTo(''))
    .addColumn('password_hash', 'varchar(255)')
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('deleted_on', 'datetime(3)')
    .execute();

  await create(db, 'sessions')
    .addColumn('session_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('account_id', 'binary(16)', (column) => column.notNull())
    .addColumn('method', 'varchar(64)', (column) => column.notNull())
    .addColumn('salt', 'binary(32)', (column) => column.notNull())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('rotated_on', 'datetime(3)')
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('expires_on', 'datetime(3)', (column) => column.notNull())
    .addIndex('sessions_of_account', ['account_id'])
    .addIndex('sessions_by_expiry', ['expires_on'])
    .execute();

  await create(db, 'one_time_tokens')
    .addColumn('digest', 'binary(32)', (column) => column.primaryKey())
    .addColumn('kind', 'varchar(16)', (column) => column.notNull())
    .addColumn('account_id', 'binary(16)')
    .addColumn('email', 'varchar(512)', (column) => column.notNull())
    .addColumn('email_key', 'varchar(512)', (column) => column.notNull())
    .addColumn('name', 'varchar(100)', (column) => column.notNull().defaultTo(''))
    .addColumn('password_hash', 'varchar(255)')
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('expires_on', 'datetime(3)', (column) => column.notNull())
    .addIndex('one_time_tokens_by_email', ['email_key', 'kind', 'created_on'])
    .addIndex('one_time_tokens_of_account', ['account_id'])
    .addIndex('one_time_tokens_by_expiry', ['expires_on'])
    .execute();

  await create(db, 'sign_in_failures')
    .addColumn('subject', 'binary(32)', (column) => column.primaryKey())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('failed_on', 'datetime(3)', (column) => column.notNull())
    .addIndex('sign_in_failures_by_time', ['failed_on'])
    .execute();

  await create(db, 'known_addresses')
    .addColumn('account_id', 'binary(16)', (column) => column.notNull())
    .addColumn('address_digest', 'binary(32)', (column) => column.notNull())
    .addColumn('used_on', 'datetime(3)', (column) => column.notNull())
    .addPrimaryKeyConstraint('known_addresses_key', ['account_id', 'address_digest'])
    .addIndex('known_addresses_by_time', ['used_on'])
    .execute();

  await create(db, 'organisers')
    .addColumn('organiser_id', 'varchar(32)', (column) => column.primaryKey())
    .addColumn('name', 'varchar(100)', (column) => column.notNull())
    .addColumn('plan', 'varchar(16)', (column) => column.notNull().defaultTo('standard'))
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .execute();
  await sql`
    insert into organisers (organiser_id, name, plan, created_on) values ('main', 'Main', 'vip', utc_timestamp(3))
    on duplicate key update organiser_id = organiser_id
  `.execute(db);

  await create(db, 'members')
    .addColumn('organiser_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('account_id', 'binary(16)', (column) => column.notNull())
    .addColumn('roles', 'varchar(100)', (column) => column.notNull())
    .addColumn('added_on', 'datetime(3)', (column) => column.notNull())
    .addPrimaryKeyConstraint('members_key', ['organiser_id', 'account_id'])
    .addIndex('members_of_account', ['account_id'])
    .execute();

  await create(db, 'invitations')
    .addColumn('organiser_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('email_key', 'varchar(512)', (column) => column.notNull())
    .addColumn('email', 'varchar(512)', (column) => column.notNull())
    .addColumn('roles', 'varchar(100)', (column) => column.notNull())
    .addColumn('invited_by', 'varchar(80)', (column) => column.notNull())
    .addColumn('invited_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('expires_on', 'datetime(3)', (column) => column.notNull())
    .addPrimaryKeyConstraint('invitations_key', ['organiser_id', 'email_key'])
    .addIndex('invitations_by_email', ['email_key'])
    .addIndex('invitations_by_expiry', ['expires_on'])
    .execute();

  await create(db, 'api_keys')
    .addColumn('key_id', 'varchar(16)', (column) => column.primaryKey())
    .addColumn('organiser_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('name', 'varchar(100)', (column) => column.notNull())
    .addColumn('digest', 'binary(32)', (column) => column.notNull())
    .addColumn('scopes', 'varchar(200)', (column) => column.notNull())
    .addColumn('plan', 'varchar(16)', (column) => column.notNull())
    .addColumn('created_by', 'varchar(80)', (column) => column.notNull())
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('expires_on', 'datetime(3)')
    .addColumn('revoked_on', 'datetime(3)')
    .addColumn('last_used_on', 'datetime(3)')
    .addIndex('api_keys_of_organiser', ['organiser_id', 'created_on'])
    .execute();

  await create(db, 'account_audits')
    .addColumn('audit_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('organiser_id', 'varchar(32)')
    .addColumn('account_id', 'binary(16)')
    .addColumn('principal', 'varchar(80)', (column) => column.notNull())
    .addColumn('action', 'varchar(40)', (column) => column.notNull())
    .addColumn('details', 'varchar(1000)', (column) => column.notNull())
    .addColumn('happened_on', 'datetime(3)', (column) => column.notNull())
    .addIndex('account_audits_of_organiser', ['organiser_id', 'audit_id'])
    .addIndex('account_audits_of_account', ['account_id', 'audit_id'])
    .execute();
}

/** Ids and keys compare byte by byte. */
const create = (db: Kysely<unknown>, name: string): CreateTableBuilder<string, never> =>
  db.schema.createTable(name).ifNotExists().modifyEnd(sql`CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
