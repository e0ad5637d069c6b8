import { hash, randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Database } from '../../shared/stores/database.ts';
import type { OneTimeKind, Schema } from '../../shared/stores/schema.ts';

/** How long a link in a mail is valid. */
const lifeMs: Record<OneTimeKind, number> = {
  'sign-up': 86_400_000,
  reset: 3_600_000,
  'sign-in': 900_000,
  'email-change': 86_400_000,
};

/** How long a link is valid, in minutes, for the mail that it is in. */
export const lifeMinutes = (kind: OneTimeKind): number => lifeMs[kind] / 60_000;

export type OneTimeToken = Selectable<Schema['one_time_tokens']>;

/** The form of a one-time token, for schemas: 32 random bytes. */
export const oneTimePattern = '^[A-Za-z0-9_-]{43}$';

type Draft = {
  kind: OneTimeKind;
  email: string;
  emailKey: string;
  accountId?: Buffer | undefined;
};

/** Makes a token that is good once, and stores its digest. Returns the token, which only a mail may contain. */
export async function createOneTimeToken(db: Database, draft: Draft, nowMs: number): Promise<string> {
  const { token, digest } = newToken();
  await db
    .insertInto('one_time_tokens')
    .values({
      digest,
      kind: draft.kind,
      account_id: draft.accountId ?? null,
      email: draft.email,
      email_key: draft.emailKey,
      created_on: new Date(nowMs),
      expires_on: new Date(nowMs + lifeMs[draft.kind]),
    })
    .execute();
  return token;
}

/** A live token of these kinds, without using it. */
export async function findOneTimeToken(
  db: Database,
  token: string,
  kinds: OneTimeKind[],
  nowMs: number,
): Promise<OneTimeToken | undefined> {
  return await db
    .selectFrom('one_time_tokens')
    .selectAll()
    .where('digest', '=', digestOf(token))
    .where('kind', 'in', kinds)
    .where('expires_on', '>', new Date(nowMs))
    .executeTakeFirst();
}

/** Uses a token. Of several that use it together, only one gets true. */
export async function useOneTimeToken(db: Database, { digest }: OneTimeToken): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('one_time_tokens').where('digest', '=', digest).executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Ends every link that somebody who had the old password may have asked for: to reset it, to sign in, or to another address. */
export async function deleteOneTimeTokens(
  trx: Database,
  { accountId, emailKey }: { accountId: Buffer; emailKey: string | null },
) {
  await trx.deleteFrom('one_time_tokens').where('account_id', '=', accountId).execute();
  if (emailKey !== null) {
    await trx.deleteFrom('one_time_tokens').where('email_key', '=', emailKey).where('kind', '=', 'sign-in').execute();
  }
}

/** Ends the other sign-ups of an address that has an account now. */
export async function deleteSignUps(trx: Database, emailKey: string): Promise<void> {
  await trx.deleteFrom('one_time_tokens').where('email_key', '=', emailKey).where('kind', '=', 'sign-up').execute();
}

/** A token for a link, and what is stored of it. */
export function newToken(): { token: string; digest: Buffer } {
  const token = randomBytes(32).toString('base64url');
  return { token, digest: digestOf(token) };
}

export const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');
