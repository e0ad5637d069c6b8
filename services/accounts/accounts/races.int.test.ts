import type { InjectOptions } from 'fastify';
import type { KyselyPlugin } from 'kysely';
import { afterAll, describe, expect, it } from 'vitest';
import { testAccounts } from '../../../scripts/testing/accounts.ts';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { ask, bearer, linkTokenOf, person, request, signedIn, signIn } from '../../../scripts/testing/people.ts';
import { createScratchWithTables } from '../../../scripts/testing/scratch-database.ts';
import { unique } from '../../../scripts/testing/stores.ts';
import type { Database } from '../../shared/stores/database.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { accountOfIdentity, isChangedMeanwhile, linkIdentity } from '../oidc/identities.ts';
import { putMember, readRoles, removeMember } from '../organisers/members.ts';
import { lockAccount } from './accounts.ts';
import { deleteAccount } from './delete-account.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
const db = await createScratchWithTables(resources, 8);

/** Called before the app's next query that locks or changes an account, an organiser or a link. */
let beforeLock = () => {};
const seesLocks: KyselyPlugin = {
  transformQuery({ node }) {
    const isLocking = node.kind !== 'SelectQueryNode' || node.endModifiers !== undefined;
    const tables = JSON.stringify(node).match(/"name":"(accounts|organisers|one_time_tokens|invitations)"/);
    if (isLocking && tables) beforeLock();
    return node;
  },
  transformResult: async ({ result }) => result,
};
const accounts = await testAccounts(db.withPlugin(seesLocks));
const { app } = accounts;

/**
 * The answer to a request that comes while `change` has happened, but is not committed: it finds everything as it was until it wants a lock, and gets
 * that after the commit.
 */
async function during(change: (trx: Database) => Promise<unknown>, given: InjectOptions) {
  const [changed, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const changing = inTransaction(db, async (trx) => {
    await change(trx);
    changed.resolve();
    await release.promise;
  });
  await changed.promise;
  const wanted = Promise.withResolvers<void>();
  beforeLock = wanted.resolve;
  const answering = Promise.resolve(app.inject(given));
  await Promise.race([wanted.promise, answering]);
  release.resolve();
  await changing;
  const answer = await answering;
  return { status: answer.statusCode, code: answer.body === '' ? undefined : answer.json().code };
}

const deleting = (accountId: string) => async (trx: Database) => {
  const account = await lockAccount(trx, accountId);
  if (account) await deleteAccount(trx, account, accounts.clock.nowMs);
};

const rowOf = (accountId: string) =>
  db.selectFrom('accounts').selectAll().where('account_id', '=', uuidBytes(accountId)).executeTakeFirstOrThrow();

/** An organiser with two admins. */
async function organiser() {
  const organiserId = unique('house');
  await ask(accounts, request('PUT', `/organisers/${organiserId}`, { name: 'A house' }, asOperator), 201);
  const [one, other] = [await signedIn(accounts), await signedIn(accounts)];
  for (const { accountId } of [one, other]) {
    await inTransaction(db, (trx) => putMember(trx, { organiserId, accountId, roles: ['admin'], principal: 'operator' }));
  }
  const signInAgain = async (admin: typeof one) => ({ ...admin, ...(await signIn(accounts, admin)) });
  return { organiserId, one: await signInAgain(one), other: await signInAgain(other) };
}

describe('an account that is deleted at the same moment', () => {
  it.each([
    ['name', () => request('PATCH', '/me', { name: 'Ana Novak' })],
    [
      'password',
      ({ password }) => request('POST', '/me/password', { currentPassword: password, newPassword: 'an entirely new one' }),
    ],
    ['address', ({ password }) => request('POST', '/me/email-changes', { email: person().email, password })],
    ['second deletion', ({ password }) => request('DELETE', '/me', { password })],
  ] as [string, (someone: { password: string }) => InjectOptions][])('gets no new %s', async (_what, requestOf) => {
    const someone = await signedIn(accounts);
    const given = { ...requestOf(someone), headers: bearer(someone.accessToken) };
    expect(await during(deleting(someone.accountId), given)).toEqual({ status: 401, code: 'SESSION_ENDED' });
    const id = uuidBytes(someone.accountId);
    expect(await rowOf(someone.accountId)).toMatchObject({ name: '', email: null, password_hash: null });
    for (const table of ['one_time_tokens', 'sessions', 'known_addresses'] as const)
      expect(await db.selectFrom(table).selectAll().where('account_id', '=', id).execute()).toEqual([]);
    expect(await db.selectFrom('mails').select('kind').where('recipient', '=', someone.email).execute()).toEqual([]);
    const audits = await db.selectFrom('account_audits').select('action').where('account_id', '=', id).execute();
    expect(audits.filter(({ action }) => action === 'account.deleted')).toHaveLength(1);
  });

  it('signs nobody in by a link', async () => {
    const someone = await signedIn(accounts);
    await ask(accounts, request('POST', '/sign-in-links', { email: someone.email }), 202);
    const link = request('POST', '/sign-ins/link', { token: linkTokenOf(accounts, someone.email) });
    expect((await during(deleting(someone.accountId), link)).status).toBe(410);
    const id = uuidBytes(someone.accountId);
    expect(await db.selectFrom('sessions').selectAll().where('account_id', '=', id).execute()).toEqual([]);
  });

  it('signs nobody in by a provider', async () => {
    const someone = await signedIn(accounts);
    const identity = { issuer: 'https://provider.example', subject: unique('subject') };
    const { context } = accounts;
    await inTransaction(db, (trx) => linkIdentity(trx, identity, someone.accountId, context));
    const { promise: release, resolve: commit } = Promise.withResolvers<void>();
    const { promise: deleted, resolve: isDeleted } = Promise.withResolvers<void>();
    const changing = inTransaction(db, async (trx) => {
      await deleting(someone.accountId)(trx);
      isDeleted();
      await release;
    });
    await deleted;
    const signingIn = inTransaction(db, async (trx) => {
      // It reads from now on as if nothing had been deleted.
      await trx.selectFrom('external_identities').selectAll().execute();
      commit();
      return await accountOfIdentity(trx, identity, context);
    });
    await expect(signingIn).rejects.toSatisfy(isChangedMeanwhile);
    await changing;
    const again = await inTransaction(db, (trx) => accountOfIdentity(trx, identity, context));
    expect(again).not.toBe(someone.accountId);
  });

  it('gets no new roles', async () => {
    const { organiserId, one, other } = await organiser();
    const url = `/organisers/${organiserId}/members`;
    const as = bearer(one.accessToken);
    const change = request('PUT', `${url}/${other.accountId}`, { roles: ['door'] }, as);
    expect(await during(deleting(other.accountId), change)).toEqual({ status: 404, code: 'MEMBER_NOT_FOUND' });
    expect(await readRoles(db, other.accountId)).toEqual({});
  });

  it('becomes no member: its invitation is gone with it', async () => {
    const { organiserId, one } = await organiser();
    const someone = await signedIn(accounts);
    const invite = { email: someone.email, roles: ['door'] };
    await ask(accounts, request('PUT', `/organisers/${organiserId}/members`, invite, bearer(one.accessToken)), 202);
    const accept = request('POST', '/invitations/confirmations', { token: linkTokenOf(accounts, someone.email) });
    expect(await during(deleting(someone.accountId), accept)).toEqual({ status: 410, code: 'LINK_NOT_VALID' });
    expect(await readRoles(db, someone.accountId)).toEqual({});
    // Nor was an account made for it.
    expect(await db.selectFrom('accounts').selectAll().where('email_key', '=', someone.email).execute()).toEqual([]);
  });
});

describe('an admin who is removed at the same moment', () => {
  it.each([
    ['invites nobody', 'PUT', '/members', { email: person().email, roles: ['admin'] }],
    ['creates no API key', 'POST', '/api-keys', { name: 'x', scopes: ['sell'] }],
    ['withdraws nothing', 'DELETE', '/members', { email: person().email }],
  ] as const)('%s', async (_what, method, path, body) => {
    const { organiserId, one, other } = await organiser();
    const removing = (trx: Database) => removeMember(trx, { organiserId, accountId: other.accountId, principal: 'operator' });
    const given = request(method, `/organisers/${organiserId}${path}`, body, bearer(other.accessToken));
    expect(await during(removing, given)).toEqual({ status: 404, code: 'ORGANISER_NOT_FOUND' });
    const list = await ask(accounts, request('GET', `/organisers/${organiserId}/members`, undefined, bearer(one.accessToken)));
    expect(list).toMatchObject({ members: [{ accountId: one.accountId }], invitations: [] });
    expect(await db.selectFrom('api_keys').select('key_id').where('organiser_id', '=', organiserId).execute()).toEqual([]);
  });
});

it('a password that is replaced at the same moment no longer changes the address', async () => {
  const someone = await signedIn(accounts);
  const replacing = (trx: Database) =>
    trx
      .updateTable('accounts')
      .set({ password_hash: 'another' })
      .where('account_id', '=', uuidBytes(someone.accountId))
      .execute();
  const { email } = person();
  const change = request('POST', '/me/email-changes', { email, password: someone.password }, bearer(someone.accessToken));
  expect(await during(replacing, change)).toEqual({ status: 401, code: 'SESSION_ENDED' });
  expect(await db.selectFrom('one_time_tokens').selectAll().where('email', '=', email).execute()).toEqual([]);
});
