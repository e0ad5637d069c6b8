import { describe, expect, it } from 'vitest';
import { testAccounts } from '../../../scripts/testing/accounts.ts';
import { noteStatements } from '../../../scripts/testing/note-statements.ts';
import { ask, bearer, linkTokenOf, person, request, signedIn, signIn, signUp } from '../../../scripts/testing/people.ts';
import { db } from '../../../scripts/testing/stores.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { linkIdentity, listIdentities } from '../oidc/identities.ts';

const accounts = await testAccounts(db);
const { app, clock, mails } = accounts;
const minuteMs = 60_000;

const mailsTo = (address: string) => mails.filter(({ to }) => to === address);

/** A guest: somebody who signed in by a link, and has no password. */
async function guest() {
  const { email } = person();
  await ask(accounts, request('POST', '/sign-in-links', { email }), 202);
  const tokens = await ask(accounts, request('POST', '/sign-ins/link', { token: linkTokenOf(accounts, email) }));
  return { email, ...tokens } as { email: string; accessToken: string; refreshToken: string };
}

describe('signing up', () => {
  it('creates the account once the link in the mail was followed, and once only', async () => {
    const { email, password } = person();
    const answer = await app.inject(request('POST', '/sign-ups', { email }));
    expect([answer.statusCode, answer.body]).toEqual([202, '']);
    const token = linkTokenOf(accounts, email);
    expect(await db.selectFrom('accounts').selectAll().where('email_key', '=', email).execute()).toEqual([]);
    const complete = () => app.inject(request('POST', '/sign-ups/confirmations', { token, password, name: 'Ana Novak' }));
    const answers = await Promise.all([complete(), complete(), complete()]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 410, 410]);
    const { accessToken } = await signIn(accounts, { email, password });
    expect(await ask(accounts, request('GET', '/me', undefined, bearer(accessToken)))).toMatchObject({ name: 'Ana Novak' });
    expect((await complete()).json()).toMatchObject({ code: 'LINK_NOT_VALID' });
  });

  it('with the address of an account answers the same, changes nothing, and mails its owner', async () => {
    const someone = await signUp(accounts);
    const fresh = await app.inject(request('POST', '/sign-ups', { email: person().email }));
    const again = await app.inject(request('POST', '/sign-ups', { email: someone.email.toUpperCase() }));
    const visible = ({ statusCode, body, headers: { date: _date, 'x-request-id': _id, ...headers } }: typeof again) => ({
      statusCode,
      body,
      headers,
    });
    expect(visible(again)).toEqual(visible(fresh));
    expect(mailsTo(someone.email).at(-1)?.kind).toBe('already-registered');
    await signIn(accounts, someone);
  });

  it('costs the same statements, whether or not the address has an account', async () => {
    const work: string[] = [];
    const noting = await testAccounts(db.withPlugin(noteStatements(work)));
    const workOf = async (email: string) => {
      work.length = 0;
      await ask(noting, request('POST', '/sign-ups', { email }), 202);
      return [...work];
    };
    const known = await workOf((await signUp(accounts)).email);
    expect(known).toContain('InsertQueryNode');
    expect(await workOf(person().email)).toEqual(known);
  });

  it('takes the password from whoever has the link, never from whoever asked for the mail', async () => {
    const { email, password } = person();
    const asked = await ask(accounts, request('POST', '/sign-ups', { email, password: "the stranger's password" }), 400);
    expect(asked.errors).toEqual([{ pointer: '#/password', detail: 'is not a known field' }]);
    await ask(accounts, request('POST', '/sign-ups', { email }), 202);
    const token = linkTokenOf(accounts, email);
    // A click alone creates nothing.
    await ask(accounts, request('POST', '/verifications', { token }), 410);
    await ask(accounts, request('POST', '/sign-ups/confirmations', { token }), 400);
    await ask(accounts, request('POST', '/sign-ups/confirmations', { token, password }), 204);
    await signIn(accounts, { email, password });
  });

  it('ends the other links that were sent to the address', async () => {
    const someone = person();
    await ask(accounts, request('POST', '/sign-ups', { email: someone.email }), 202);
    const earlier = linkTokenOf(accounts, someone.email);
    await signUp(accounts, someone);
    const late = request('POST', '/sign-ups/confirmations', { token: earlier, password: person().password });
    await ask(accounts, late, 410);
    await signIn(accounts, someone);
  });

  it('of an address that got an account by another way meanwhile leaves that account alone', async () => {
    const { email, password } = person();
    await ask(accounts, request('POST', '/sign-ups', { email }), 202);
    const token = linkTokenOf(accounts, email);
    await ask(accounts, request('POST', '/sign-in-links', { email }), 202);
    await ask(accounts, request('POST', '/sign-ins/link', { token: linkTokenOf(accounts, email) }));
    const complete = request('POST', '/sign-ups/confirmations', { token, password });
    expect(await ask(accounts, complete, 409)).toMatchObject({ code: 'EMAIL_TAKEN' });
    await ask(accounts, request('POST', '/sign-ins', { email, password }), 401);
  });

  it('links last for a day', async () => {
    const { email, password } = person();
    await ask(accounts, request('POST', '/sign-ups', { email }), 202);
    clock.nowMs += 24 * 60 * minuteMs;
    await ask(accounts, request('POST', '/sign-ups/confirmations', { token: linkTokenOf(accounts, email), password }), 410);
  });

  it('hashes nothing for somebody without a link, so that strangers cannot crowd out those who sign in', async () => {
    let hashed = 0;
    const { context } = accounts;
    const hashQueue = { ...context.hashQueue, run: countRun };
    function countRun<T>(client: string, work: () => Promise<T>): Promise<T> {
      hashed++;
      return context.hashQueue.run(client, work);
    }
    const counting = await testAccounts(db, { hashQueue });
    const { email, password } = person();
    await ask(counting, request('POST', '/sign-ups', { email }), 202);
    await ask(counting, request('POST', '/sign-ups/confirmations', { token: 'A'.repeat(43), password }), 410);
    expect(hashed).toBe(0);
    const complete = request('POST', '/sign-ups/confirmations', { token: linkTokenOf(counting, email), password });
    await ask(counting, complete, 204);
    expect(hashed).toBe(1);
  });

  it.each([
    ['short', 'must be 10 to 128 characters'],
    ['x'.repeat(129), 'must be 10 to 128 characters'],
    ['Password123', 'must not be among the most common passwords'],
    ['aaaaaaaaaaaa', 'must not be among the most common passwords'],
  ])('refuses the password %j, and leaves the link valid', async (password, detail) => {
    const someone = person();
    await ask(accounts, request('POST', '/sign-ups', { email: someone.email }), 202);
    const token = linkTokenOf(accounts, someone.email);
    const complete = (given: string) => request('POST', '/sign-ups/confirmations', { token, password: given });
    expect((await ask(accounts, complete(password), 400)).errors).toEqual([{ pointer: '#/password', detail }]);
    await ask(accounts, complete(someone.password), 204);
  });
});

describe('a forgotten password', () => {
  it('is replaced by a link that works once, and signs out everywhere', async () => {
    const someone = await signedIn(accounts);
    await ask(accounts, request('POST', '/password-resets', { email: someone.email.toUpperCase() }), 202);
    const token = linkTokenOf(accounts, someone.email);
    // A password that is refused does not use up the link.
    await ask(accounts, request('POST', '/password-resets/confirmations', { token, password: someone.email }), 400);
    const password = 'an entirely new one';
    const confirm = () => app.inject(request('POST', '/password-resets/confirmations', { token, password }));
    const answers = await Promise.all([confirm(), confirm(), confirm()]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 410, 410]);
    expect(
      (await app.inject(request('POST', '/sign-ins', { email: someone.email, password: someone.password }))).statusCode,
    ).toBe(401);
    await ask(accounts, request('POST', '/tokens', { refreshToken: someone.refreshToken }), 401);
    await signIn(accounts, { ...someone, password });
    expect(mailsTo(someone.email).at(-1)).toMatchObject({ kind: 'security', notice: 'password-reset' });
  });

  it('takes the providers that a thief with the old password may have linked', async () => {
    const someone = await signedIn(accounts);
    const identity = { issuer: 'https://thief.example', subject: someone.email };
    await linkIdentity(db, identity, someone.accountId, accounts.context);
    await ask(accounts, request('POST', '/password-resets', { email: someone.email }), 202);
    const token = linkTokenOf(accounts, someone.email);
    await ask(accounts, request('POST', '/password-resets/confirmations', { token, password: 'an entirely new one' }), 204);
    expect(await listIdentities(db, someone.accountId)).toEqual([]);
  });

  it('of an unknown address gets the same answer, and a mail that says so', async () => {
    const { email } = person();
    await ask(accounts, request('POST', '/password-resets', { email }), 202);
    expect(mailsTo(email).map(({ kind }) => kind)).toEqual(['no-account']);
  });

  it("goes to the account's own address, however the caller writes it", async () => {
    const someone = await signUp(accounts);
    await ask(accounts, request('POST', '/password-resets', { email: someone.email.toUpperCase() }), 202);
    expect(mailsTo(someone.email).at(-1)?.kind).toBe('reset');
    expect(mailsTo(someone.email.toUpperCase())).toEqual([]);
  });

  it('cannot be replaced after an hour, nor with the token of another kind of link', async () => {
    const someone = await signUp(accounts);
    const password = 'an entirely new one';
    await ask(accounts, request('POST', '/sign-in-links', { email: someone.email }), 202);
    const wrongKind = linkTokenOf(accounts, someone.email);
    await ask(accounts, request('POST', '/password-resets/confirmations', { token: wrongKind, password }), 410);
    await ask(accounts, request('POST', '/password-resets', { email: someone.email }), 202);
    clock.nowMs += 60 * minuteMs;
    const late = linkTokenOf(accounts, someone.email);
    await ask(accounts, request('POST', '/password-resets/confirmations', { token: late, password }), 410);
  });
});

describe('a link by mail', () => {
  it('signs a guest in: whoever owns the address gets an account without a password, always the same', async () => {
    const first = await guest();
    await ask(accounts, request('POST', '/sign-in-links', { email: first.email }), 202);
    const token = linkTokenOf(accounts, first.email);
    const again = await ask(accounts, request('POST', '/sign-ins/link', { token }));
    const idOf = async (accessToken: string) =>
      (await ask(accounts, request('GET', '/me', undefined, bearer(accessToken)))) as { accountId: string; hasPassword: boolean };
    const [one, other] = [await idOf(first.accessToken), await idOf(again.accessToken)];
    expect(one).toMatchObject({ accountId: other.accountId, hasPassword: false });
    // The mails of accounts have an allowance of their own (mail-limit.ts).
    expect(mailsTo(first.email)).toMatchObject([{ hasAccount: false }, { hasAccount: true }]);
    await ask(accounts, request('POST', '/sign-ins/link', { token }), 410);
  });

  it('works once, whoever uses it together, and for a quarter of an hour', async () => {
    const { email } = person();
    const send = () => ask(accounts, request('POST', '/sign-in-links', { email }), 202);
    await send();
    const token = linkTokenOf(accounts, email);
    const use = () => app.inject(request('POST', '/sign-ins/link', { token }));
    const statuses = (await Promise.all([use(), use(), use(), use()])).map(({ statusCode }) => statusCode);
    expect(statuses.sort()).toEqual([200, 410, 410, 410]);
    await send();
    clock.nowMs += 15 * minuteMs;
    await ask(accounts, request('POST', '/sign-ins/link', { token: linkTokenOf(accounts, email) }), 410);
  });

  it('leads several links for one new address, used together, to one account', async () => {
    const { email } = person();
    const tokens: string[] = [];
    for (let links = 0; links < 3; links++) {
      await ask(accounts, request('POST', '/sign-in-links', { email }), 202);
      tokens.push(linkTokenOf(accounts, email));
    }
    const answers = await Promise.all(tokens.map((token) => app.inject(request('POST', '/sign-ins/link', { token }))));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    const rows = await db.selectFrom('accounts').select('account_id').where('email_key', '=', email).execute();
    expect(rows).toHaveLength(1);
  });
});

describe("changing one's credentials", () => {
  it('a new password needs the old one, and signs out everywhere else', async () => {
    const someone = await signedIn(accounts);
    const elsewhere = await signIn(accounts, someone);
    const change = (body: object) => request('POST', '/me/password', body, bearer(someone.accessToken));
    const newPassword = 'an entirely new one';
    expect(await ask(accounts, change({ currentPassword: 'a wrong password', newPassword }), 403)).toMatchObject({
      code: 'PASSWORD_WRONG',
      errors: [{ pointer: '#/currentPassword' }],
    });
    await ask(accounts, change({ newPassword }), 400);
    await ask(accounts, change({ currentPassword: someone.password, newPassword }), 204);
    await ask(accounts, request('POST', '/tokens', { refreshToken: elsewhere.refreshToken }), 401);
    await ask(accounts, request('POST', '/tokens', { refreshToken: someone.refreshToken }));
    await signIn(accounts, { ...someone, password: newPassword });
    expect(mailsTo(someone.email).at(-1)).toMatchObject({ notice: 'password-changed' });
  });

  it('guessing the old password with a stolen access token is slowed down', async () => {
    const someone = await signedIn(accounts);
    const body = { currentPassword: 'a wrong password', newPassword: 'an entirely new one' };
    const statuses: number[] = [];
    for (let guesses = 0; guesses < 12; guesses++)
      statuses.push((await app.inject(request('POST', '/me/password', body, bearer(someone.accessToken)))).statusCode);
    expect(statuses.filter((status) => status === 403).length).toBeLessThanOrEqual(10);
    expect(statuses).toContain(429);
  });

  it('a guest sets a first password soon after signing in, and later must sign in again', async () => {
    const early = await guest();
    const set = (token: string) => request('POST', '/me/password', { newPassword: 'an entirely new one' }, bearer(token));
    await ask(accounts, set(early.accessToken), 204);
    await signIn(accounts, { email: early.email, password: 'an entirely new one' });
    const late = await guest();
    clock.nowMs += 16 * minuteMs;
    const { accessToken } = await ask(accounts, request('POST', '/tokens', { refreshToken: late.refreshToken }));
    expect(await ask(accounts, set(accessToken), 403)).toMatchObject({ code: 'SIGN_IN_AGAIN' });
  });

  it('a new address is confirmed by a link that goes there, and the old one gets a notice', async () => {
    const someone = await signedIn(accounts);
    const { email } = person();
    const change = request('POST', '/me/email-changes', { email, password: someone.password }, bearer(someone.accessToken));
    await ask(accounts, change, 202);
    const me = () => ask(accounts, request('GET', '/me', undefined, bearer(someone.accessToken)));
    expect((await me()).email).toBe(someone.email);
    const confirm = request('POST', '/verifications', { token: linkTokenOf(accounts, email) }, bearer(someone.accessToken));
    await ask(accounts, confirm, 204);
    expect((await me()).email).toBe(email);
    expect(mailsTo(someone.email).at(-1)).toMatchObject({ kind: 'email-changed', newEmail: email });
    await signIn(accounts, { ...someone, email });
    await ask(accounts, request('POST', '/sign-ins', { email: someone.email, password: someone.password }), 401);
  });

  it('a new password ends the change of address that somebody with the old one began, and their link to sign in', async () => {
    const someone = await signedIn(accounts);
    const { email } = person();
    const as = bearer(someone.accessToken);
    await ask(accounts, request('POST', '/me/email-changes', { email, password: someone.password }, as), 202);
    await ask(accounts, request('POST', '/sign-in-links', { email: someone.email }), 202);
    const [change, link] = [linkTokenOf(accounts, email), linkTokenOf(accounts, someone.email)];
    const passwords = { currentPassword: someone.password, newPassword: person().password };
    await ask(accounts, request('POST', '/me/password', passwords, as), 204);
    await ask(accounts, request('POST', '/verifications', { token: change }), 410);
    await ask(accounts, request('POST', '/sign-ins/link', { token: link }), 410);
  });

  it('an address that has an account cannot be taken, and the answer does not tell', async () => {
    const [someone, other] = [await signedIn(accounts), await signUp(accounts)];
    const change = (email: string) =>
      request('POST', '/me/email-changes', { email, password: someone.password }, bearer(someone.accessToken));
    await ask(accounts, change(other.email), 202);
    expect(mailsTo(other.email).at(-1)?.kind).toBe('already-registered');
    // Somebody signs up with the address before the change is confirmed.
    const late = person();
    await ask(accounts, change(late.email), 202);
    const token = linkTokenOf(accounts, late.email);
    await signUp(accounts, late);
    const confirm = request('POST', '/verifications', { token }, bearer(someone.accessToken));
    expect(await ask(accounts, confirm, 409)).toMatchObject({ code: 'EMAIL_TAKEN' });
  });

  it('a new address is confirmed only by somebody who is signed in to the account, so nobody prepares one for its owner', async () => {
    const [stranger, owner] = [await signedIn(accounts), await signedIn(accounts)];
    const { email } = person();
    await ask(
      accounts,
      request('POST', '/me/email-changes', { email, password: stranger.password }, bearer(stranger.accessToken)),
      202,
    );
    const confirm = (headers = {}) => request('POST', '/verifications', { token: linkTokenOf(accounts, email) }, headers);
    const page = { 'sec-fetch-site': 'same-origin' };
    const cookieOf = async ({ email, password }: typeof owner) => {
      const answer = await app.inject(request('POST', '/sign-ins', { email, password, session: 'cookie' }, page));
      return `__Host-onsale-session=${answer.cookies.find(({ name }) => name === '__Host-onsale-session')?.value}`;
    };
    const [theirs, own] = [await cookieOf(owner), await cookieOf(stranger)];
    for (const headers of [{}, bearer(owner.accessToken), { ...page, cookie: theirs }, { cookie: own }])
      expect(await ask(accounts, confirm(headers), 403)).toMatchObject({ code: 'SIGN_IN_AGAIN' });
    // The link was not used up.
    await ask(accounts, confirm({ ...page, cookie: own }), 204);
  });
});

describe('deleting an account', () => {
  it('removes all that is personal, and keeps the id that orders name', async () => {
    const someone = await signedIn(accounts);
    const remove = (password: string) => request('DELETE', '/me', { password }, bearer(someone.accessToken));
    await ask(accounts, remove('a wrong password'), 403);
    await ask(accounts, remove(someone.password), 204);
    const id = uuidBytes(someone.accountId);
    const rows = await db.selectFrom('accounts').selectAll().where('account_id', '=', id).execute();
    expect(rows).toMatchObject([{ email: null, email_key: null, name: '', password_hash: null, deleted_on: expect.any(Date) }]);
    for (const table of ['sessions', 'members', 'known_addresses', 'one_time_tokens', 'external_identities'] as const)
      expect(await db.selectFrom(table).selectAll().where('account_id', '=', id).execute()).toEqual([]);
    const audits = await db.selectFrom('account_audits').selectAll().where('account_id', '=', id).execute();
    expect(audits.map(({ action }) => action)).toContain('account.deleted');
    expect(JSON.stringify(audits)).not.toContain(someone.email);
    await ask(accounts, request('GET', '/me', undefined, bearer(someone.accessToken)), 401);
    await ask(accounts, request('POST', '/tokens', { refreshToken: someone.refreshToken }), 401);
    await ask(accounts, request('POST', '/sign-ins', { email: someone.email, password: someone.password }), 401);
    // The address is free again.
    await signUp(accounts, { email: someone.email, password: someone.password });
  });
});

describe("one's name", () => {
  it('can be changed, to one line of text', async () => {
    const { accessToken } = await signedIn(accounts);
    const rename = (name: unknown) => request('PATCH', '/me', { name }, bearer(accessToken));
    expect(await ask(accounts, rename('Ana Novak'))).toMatchObject({ name: 'Ana Novak' });
    for (const name of ['', ' Ana', 'Ana\nNovak', 'x'.repeat(101), 7]) await ask(accounts, rename(name), 400);
    expect(await ask(accounts, request('GET', '/me', undefined, bearer(accessToken)))).toMatchObject({ name: 'Ana Novak' });
  });
});
