import { domainToASCII } from 'node:url';
import { type Kysely, sql } from 'kysely';
import { hasColumn } from './has-column.ts';

/**
 * Invitations have a link of their own; those from before have none, and must be sent again. Sign-ins with a provider that have come back are
 * remembered until they expire, so that each comes back once. Given-up mails forget to whom they were. And hosts of e-mail addresses are kept in
 * ASCII, so that all their spellings are one: until it is replaced, the previous version of accounts does not find the few others.
 * Each step can be repeated.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addTokenDigest(db);
  await db.schema
    .createTable('used_oidc_states')
    .ifNotExists()
    .addColumn('digest', 'binary(32)', (column) => column.primaryKey())
    .addColumn('expires_on', 'datetime(3)', (column) => column.notNull())
    .addIndex('used_oidc_states_by_expiry', ['expires_on'])
    .modifyEnd(sql`CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
    .execute();
  await sql`update mails set recipient = '' where given_up_on is not null`.execute(db);
  await rewriteHosts(db);
}

async function addTokenDigest(db: Kysely<unknown>): Promise<void> {
  if (await hasColumn(db, 'invitations', 'token_digest')) return;
  await sql`
    alter table invitations add column token_digest binary(32), add unique index invitations_by_token (token_digest)
  `.execute(db);
}

async function rewriteHosts(db: Kysely<unknown>): Promise<void> {
  // Only addresses with characters beyond ASCII have more bytes than characters.
  const { rows: accounts } = await sql<{ id: Buffer; email: string; key: string }>`
    select account_id as id, email, email_key as \`key\` from accounts where length(email_key) > char_length(email_key)
  `.execute(db);
  for (const { id, email, key } of accounts) {
    // If somebody else has signed up with the other spelling, that account keeps the address. `ignore` skips no other error here.
    await sql`
      update ignore accounts set email = ${withAsciiHost(email)}, email_key = ${withAsciiHost(key)} where account_id = ${id}
    `.execute(db);
  }
  const { rows: invitations } = await sql<{ organiserId: string; email: string; key: string }>`
    select organiser_id as organiserId, email, email_key as \`key\` from invitations where length(email_key) > char_length(email_key)
  `.execute(db);
  for (const { organiserId, email, key } of invitations) {
    await sql`
      update ignore invitations set email = ${withAsciiHost(email)}, email_key = ${withAsciiHost(key)}
      where organiser_id = ${organiserId} and email_key = ${key}
    `.execute(db);
  }
}

/** A host without an ASCII form stays: no mail reaches it anyway. */
const withAsciiHost = (email: string) => email.replace(/[^@]*$/, (host) => domainToASCII(host) || host);
