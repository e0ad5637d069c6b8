import { describe, expect, it } from 'vitest';
import { cheap, publicOrigin, testAccounts } from '../../../scripts/testing/accounts.ts';
import { noteStatements } from '../../../scripts/testing/note-statements.ts';
import { ask, bearer, from, linkTokenOf, person, request, signIn, signUp } from '../../../scripts/testing/people.ts';
import { db } from '../../../scripts/testing/stores.ts';
import { createPasswords } from '../passwords/passwords.ts';

const accounts = await testAccounts(db);
const { app, clock } = accounts;

const attempt = (email: string, password: string, headers = {}) =>
  app.inject(request('POST', '/sign-ins', { email, password }, headers));

let addresses = 0;
/** An address that nobody has used yet. */
const newAddress = () => `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses++ & 255}`;

describe('signing in', () => {
  it('returns an access token that names the account, its address and its session', async () => {
    const someone = await signUp(accounts);
    const { accessToken, refreshToken } = await signIn(accounts, someone);
    expect(refreshToken).toMatch(/^[\w-]{22}\.1\.[\w-]{43}$/);
    const me = await ask(accounts, request('GET', '/me', undefined, bearer(accessToken)));
    expect(me).toMatchObject({ email: someone.email, hasPassword: true, roles: {}, name: '' });
  });

  it('ignores the case of the address, and how its accents are typed', async () => {
    const someone = person();
    const email = `Zoë.${someone.email}`;
    await signUp(accounts, { ...someone, email });
    await signIn(accounts, { ...someone, email: email.normalize('NFD').toUpperCase() });
  });

  it('answers a wrong password and an unknown address alike, and with the same work', async () => {
    const work: string[] = [];
    const watched = await testAccounts(db.withPlugin(noteStatements(work)), {
      passwords: createPasswords({ cost: cheap, onRun: () => void work.push('argon2') }),
    });
    const someone = await signUp(accounts);
    const guest = { ...person(), password: 'no password at all' };
    await ask(accounts, request('POST', '/sign-in-links', { email: guest.email }), 202);
    await ask(accounts, request('POST', '/sign-ins/link', { token: linkTokenOf(accounts, guest.email) }));
    const answers = [];
    for (const email of [someone.email, person().email, guest.email]) {
      work.length = 0;
      const answer = await watched.app.inject(
        request('POST', '/sign-ins', { email, password: 'wrong password' }, from(newAddress())),
      );
      const { date: _date, 'x-request-id': _id, ...headers } = answer.headers;
      answers.push({ status: answer.statusCode, body: answer.json(), headers, work: [...work] });
    }
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'SIGN_IN_FAILED' } });
    expect(answers[0]?.work.filter((one) => one === 'argon2')).toHaveLength(1);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('replaces a hash that costs less than it should, once the password is known', async () => {
    const someone = await signUp(accounts);
    const dearer = await testAccounts(db, { passwords: createPasswords({ cost: { ...cheap, memoryKib: 64 } }) });
    const hashOf = async () => (await readAccount(someone.email))?.password_hash;
    expect(await hashOf()).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    await signIn(dearer, someone);
    const rehashed = await hashOf();
    expect(rehashed).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
    await signIn(dearer, someone);
    expect(await hashOf()).toBe(rehashed);
  });

  it.each([
    ['an address without a host', { email: 'ana', password: 'x' }, '#/email'],
    ['an address that is too long', { email: `${'a'.repeat(64)}@${'b.'.repeat(100)}example`, password: 'x' }, '#/email'],
    ['no password', { email: 'ana@shop.example' }, '#/password'],
    ['a number', { email: 1, password: 'x' }, '#/email'],
  ])('refuses %s with a pointer', async (_what, body, pointer) => {
    const answer = await app.inject(request('POST', '/sign-ins', body));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toContainEqual(expect.objectContaining({ pointer }));
  });
});

describe('guessing', () => {
  it('slows down: after five wrong passwords from new addresses, tries are refused with 429 for longer and longer', async () => {
    const victim = await signUp(accounts);
    const waits: number[] = [];
    for (let guesses = 0; guesses < 9; guesses++) {
      const answer = await attempt(victim.email, 'a wrong password', from(newAddress()));
      if (answer.statusCode !== 429) continue;
      const seconds = Number(answer.headers['retry-after']);
      waits.push(seconds);
      clock.nowMs += seconds * 1_000;
    }
    expect(waits).toEqual([1, 2]);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => attempt(victim.email, 'a wrong password', from(newAddress()))),
    );
    expect(answers.filter(({ statusCode }) => statusCode === 401).length).toBeLessThanOrEqual(1);
  });

  it('counts parallel tries before it knows whether they are right', async () => {
    const victim = await signUp(accounts);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => attempt(victim.email, 'a wrong password', from(newAddress()))),
    );
    const tried = answers.filter(({ statusCode }) => statusCode === 401);
    expect(tried.length).toBeGreaterThan(0);
    expect(tried.length).toBeLessThanOrEqual(5);
  });

  it('by others never makes an address wait that the account has signed in from', async () => {
    const home = from(newAddress());
    const victim = await signUp(accounts);
    await signIn(accounts, victim, home);
    for (let guesses = 0; guesses < 8; guesses++) await attempt(victim.email, 'a wrong password', from(newAddress()));
    expect((await attempt(victim.email, victim.password, from(newAddress()))).statusCode).toBe(429);
    await signIn(accounts, victim, home);
  });

  it('by others never makes a browser wait that has signed in before, wherever it is now', async () => {
    const victim = await signUp(accounts);
    const page = { origin: publicOrigin };
    const body = { ...victim, session: 'cookie' };
    const first = await app.inject(request('POST', '/sign-ins', body, { ...page, ...from(newAddress()) }));
    const device = first.cookies.find(({ name }) => name === '__Host-onsale-device')?.value;
    for (let guesses = 0; guesses < 8; guesses++) await attempt(victim.email, 'a wrong password', from(newAddress()));
    const cafe = from(newAddress());
    expect((await app.inject(request('POST', '/sign-ins', body, { ...page, ...cafe }))).statusCode).toBe(429);
    const cookie = `__Host-onsale-device=${device}`;
    expect((await app.inject(request('POST', '/sign-ins', body, { ...page, ...cafe, cookie }))).statusCode).toBe(200);
  });

  it('never stops a reset: a new password signs in at once', async () => {
    const victim = await signUp(accounts);
    const attackers = from(newAddress());
    for (let guesses = 0; guesses < 8; guesses++) await attempt(victim.email, 'a wrong password', from(newAddress()));
    expect((await attempt(victim.email, victim.password, attackers)).statusCode).toBe(429);
    await ask(accounts, request('POST', '/password-resets', { email: victim.email }, attackers), 202);
    const token = linkTokenOf(accounts, victim.email);
    const password = 'an entirely new one';
    const home = from(newAddress());
    await ask(accounts, request('POST', '/password-resets/confirmations', { token, password }, home), 204);
    await signIn(accounts, { ...victim, password }, home);
    // From elsewhere too: the guesses are forgotten.
    await signIn(accounts, { ...victim, password }, from(newAddress()));
  });

  it('at many accounts from one address slows that address down, but not people who have signed in there before', async () => {
    const office = from(newAddress());
    const colleague = await signUp(accounts);
    await signIn(accounts, colleague, office);
    const statuses: number[] = [];
    for (let guesses = 0; guesses < 24; guesses++)
      statuses.push((await attempt(person().email, 'a wrong password', office)).statusCode);
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
    expect(statuses.slice(20)).toContain(429);
    await signIn(accounts, colleague, office);
  });

  it('counts an IPv6 network as one address', async () => {
    const host = (at: number) => from(`2001:db8:77:1::${at.toString(16)}`);
    const statuses: number[] = [];
    for (let guesses = 0; guesses < 24; guesses++)
      statuses.push((await attempt(person().email, 'a wrong password', host(guesses))).statusCode);
    expect(statuses).toContain(429);
    expect((await attempt(person().email, 'a wrong password', from('2001:db8:77:2::1'))).statusCode).toBe(401);
  });
});

const readAccount = (email: string) =>
  db.selectFrom('accounts').selectAll().where('email_key', '=', email.toLowerCase()).executeTakeFirst();
