import { describe, expect, it } from 'vitest';
import { publicOrigin, testAccounts } from '../../../scripts/testing/accounts.ts';
import { ask, bearer, request, signedIn, signIn, signUp } from '../../../scripts/testing/people.ts';
import { db } from '../../../scripts/testing/stores.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';

const accounts = await testAccounts(db);
const { app, clock, mails } = accounts;
const graceMs = 10_000;
const dayMs = 86_400_000;

const refresh = (refreshToken: string) => app.inject(request('POST', '/tokens', { refreshToken }));
const refreshed = async (refreshToken: string): Promise<string> =>
  (await ask(accounts, request('POST', '/tokens', { refreshToken }))).refreshToken;

/** Lets the time pass in which tabs may share a token. */
const passGrace = () => {
  clock.nowMs += graceMs;
};

describe('a refresh token', () => {
  it('is exchanged for the next one, and an access token of the same session', async () => {
    const someone = await signedIn(accounts);
    const answer = await refresh(someone.refreshToken);
    expect(answer.headers['cache-control']).toBe('no-store');
    const next = answer.json();
    expect(next).toMatchObject({ expiresIn: 600 });
    expect(next.refreshToken).not.toBe(someone.refreshToken);
    const sid = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid;
    expect(sid(next.accessToken)).toBe(sid(someone.accessToken));
    await ask(accounts, request('GET', '/me', undefined, bearer(next.accessToken)));
  });

  it('that was exchanged before ends the session for everybody, and its owner gets a mail', async () => {
    const someone = await signedIn(accounts);
    const stolen = someone.refreshToken;
    const next = await refreshed(stolen);
    passGrace();
    const thief = await refresh(stolen);
    expect([thief.statusCode, thief.json().code]).toEqual([401, 'SESSION_ENDED']);
    expect((await refresh(next)).statusCode).toBe(401);
    expect((await app.inject(request('GET', '/me', undefined, bearer(someone.accessToken)))).json().code).toBe('SESSION_ENDED');
    expect(mails.findLast(({ to }) => to === someone.email)).toMatchObject({ kind: 'security', notice: 'session-stolen' });
    expect(await auditsOf(someone.accountId)).toContain('session.reused');
  });

  it('of any earlier generation is recognised', async () => {
    const { refreshToken } = await signedIn(accounts);
    let token = refreshToken;
    for (let times = 0; times < 5; times++) {
      token = await refreshed(token);
      passGrace();
    }
    expect((await refresh(refreshToken)).statusCode).toBe(401);
    expect((await refresh(token)).statusCode).toBe(401);
  });

  it('leads all tabs that use it within ten seconds to the same next token', async () => {
    const { refreshToken } = await signedIn(accounts);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    const next = new Set(answers.map((answer) => answer.json().refreshToken));
    expect(next.size).toBe(1);
    const [token = ''] = next;
    // A tab that was slow still has the old one, while another uses the new one already.
    expect(await refreshed(token)).toBe(token);
    expect(await refreshed(refreshToken)).toBe(token);
    passGrace();
    expect(await refreshed(token)).not.toBe(token);
  });

  it('that is forged or unknown ends nothing', async () => {
    const { refreshToken } = await signedIn(accounts);
    const next = await refreshed(refreshToken);
    passGrace();
    const [session, , mac = ''] = refreshToken.split('.');
    const forged = [
      `${session}.1.${mac.replace(/./, (first) => (first === 'A' ? 'B' : 'A'))}`,
      `${session}.2.${mac}`,
      `${session}.9.${mac}`,
    ];
    for (const text of [...forged, `${'A'.repeat(22)}.1.${mac}`]) expect((await refresh(text)).statusCode).toBe(401);
    expect((await refresh('not a token')).statusCode).toBe(400);
    await refreshed(next);
  });

  it('ends after 30 days without use, and after 180 days in any case', async () => {
    const idle = await signedIn(accounts);
    const startedMs = clock.nowMs;
    try {
      clock.nowMs += 30 * dayMs + 1;
      expect((await refresh(idle.refreshToken)).statusCode).toBe(401);
      clock.nowMs = startedMs;
      let token = (await signedIn(accounts)).refreshToken;
      for (let days = 29; days < 180; days += 29) {
        clock.nowMs = startedMs + days * dayMs;
        token = await refreshed(token);
      }
      clock.nowMs = startedMs + 181 * dayMs;
      expect((await refresh(token)).statusCode).toBe(401);
    } finally {
      clock.nowMs = startedMs;
    }
  });

  it('is stored nowhere', async () => {
    const { refreshToken, accountId } = await signedIn(accounts);
    const [, , mac = ''] = refreshToken.split('.');
    const rows = await db.selectFrom('sessions').selectAll().where('account_id', '=', uuidBytes(accountId)).execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(mac);
    expect(rows[0]?.salt.equals(Buffer.from(mac, 'base64url'))).toBe(false);
  });
});

describe('signing out', () => {
  it('here ends this session at once, and no other', async () => {
    const someone = await signUp(accounts);
    const [here, there] = [await signIn(accounts, someone), await signIn(accounts, someone)];
    await ask(accounts, request('DELETE', '/sessions/current', undefined, bearer(here.accessToken)), 204);
    expect((await refresh(here.refreshToken)).statusCode).toBe(401);
    expect((await app.inject(request('GET', '/me', undefined, bearer(here.accessToken)))).statusCode).toBe(401);
    await refreshed(there.refreshToken);
  });

  it('everywhere ends all sessions', async () => {
    const someone = await signUp(accounts);
    const [here, there] = [await signIn(accounts, someone), await signIn(accounts, someone)];
    await ask(accounts, request('DELETE', '/sessions', undefined, bearer(here.accessToken)), 204);
    for (const { refreshToken } of [here, there]) expect((await refresh(refreshToken)).statusCode).toBe(401);
  });

  it('everywhere needs credentials; here, somebody without a session is signed out already', async () => {
    expect((await app.inject(request('DELETE', '/sessions/current'))).statusCode).toBe(204);
    expect((await app.inject(request('DELETE', '/sessions'))).statusCode).toBe(401);
  });
});

describe("the list of one's sessions", () => {
  const sidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid;
  const listOf = (token: string) => ask(accounts, request('GET', '/me/sessions', undefined, bearer(token)));
  const end = (sessionId: string, token: string) => request('DELETE', `/me/sessions/${sessionId}`, undefined, bearer(token));

  it('shows the live ones, newest first, when they were used, and no secret', async () => {
    const someone = await signUp(accounts);
    await signedIn(accounts);
    const startedMs = clock.nowMs;
    const first = await signIn(accounts, someone);
    clock.nowMs += 60_000;
    const second = await signIn(accounts, someone);
    clock.nowMs += 60_000;
    await refreshed(first.refreshToken);
    const at = (ms: number) => new Date(startedMs + ms).toISOString();
    const list = await listOf(first.accessToken);
    const entry = { method: 'password', expiresOn: at(120_000 + 30 * dayMs) };
    expect(list).toEqual([
      {
        ...entry,
        sessionId: sidOf(second.accessToken),
        createdOn: at(60_000),
        usedOn: at(60_000),
        expiresOn: at(60_000 + 30 * dayMs),
        isCurrent: false,
      },
      { ...entry, sessionId: sidOf(first.accessToken), createdOn: at(0), usedOn: at(120_000), isCurrent: true },
    ]);
    clock.nowMs = startedMs + 60_000 + 30 * dayMs;
    const { accessToken } = await signIn(accounts, someone);
    const left = (await listOf(accessToken)).map(({ sessionId }: { sessionId: string }) => sessionId);
    expect(left).toEqual([sidOf(accessToken), sidOf(first.accessToken)]);
    clock.nowMs = startedMs;
  });

  it('ends one of them, and no other', async () => {
    const someone = await signUp(accounts);
    const [here, lost] = [await signIn(accounts, someone), await signIn(accounts, someone)];
    const { accountId } = await ask(accounts, request('GET', '/me', undefined, bearer(here.accessToken)));
    await ask(accounts, end(sidOf(lost.accessToken), here.accessToken), 204);
    expect((await refresh(lost.refreshToken)).statusCode).toBe(401);
    expect(await ask(accounts, end(sidOf(lost.accessToken), here.accessToken), 404)).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await refreshed(here.refreshToken);
    expect(await auditsOf(accountId)).toContain('sessions.ended');
    // Also the one that asks.
    const answer = await app.inject(end(sidOf(here.accessToken), here.accessToken));
    expect(answer.statusCode).toBe(204);
    expect(answer.cookies).toContainEqual(expect.objectContaining({ name: '__Host-onsale-session', value: '' }));
    await ask(accounts, request('GET', '/me/sessions', undefined, bearer(here.accessToken)), 401);
  });

  it("ends nobody else's", async () => {
    const [mine, theirs] = [await signedIn(accounts), await signedIn(accounts)];
    await ask(accounts, end(sidOf(theirs.accessToken), mine.accessToken), 404);
    await refreshed(theirs.refreshToken);
    await ask(accounts, end('nobody', mine.accessToken), 400);
  });
});

describe("a browser's session", () => {
  const page = { origin: publicOrigin };
  const cookieName = '__Host-onsale-session';

  async function signInByCookie(cookie = '') {
    const someone = await signUp(accounts);
    const headers = { ...page, ...(cookie && { cookie }) };
    const answer = await app.inject(request('POST', '/sign-ins', { ...someone, session: 'cookie' }, headers));
    expect(answer.statusCode, answer.body).toBe(200);
    const set = answer.cookies.find(({ name }) => name === cookieName);
    return { answer, set, cookie: `${cookieName}=${set?.value}` };
  }

  it('keeps its refresh token in a cookie that scripts cannot read, and that this origin alone can set', async () => {
    const { answer, set } = await signInByCookie();
    expect(answer.json()).not.toHaveProperty('refreshToken');
    expect(set).toMatchObject({ path: '/', httpOnly: true, secure: true, sameSite: 'Lax' });
    expect(set).not.toHaveProperty('domain');
  });

  it('is refreshed by the cookie, which changes, and ended with it', async () => {
    const { cookie } = await signInByCookie();
    const answer = await app.inject({ ...request('POST', '/tokens'), headers: { ...page, cookie } });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).not.toHaveProperty('refreshToken');
    const next = `${cookieName}=${answer.cookies.find(({ name }) => name === cookieName)?.value}`;
    expect(next).not.toBe(cookie);
    await ask(accounts, { ...request('DELETE', '/sessions/current'), headers: { ...page, cookie: next } }, 204);
    const after = await app.inject({ ...request('POST', '/tokens'), headers: { ...page, cookie: next } });
    expect(after.statusCode).toBe(401);
    expect(after.cookies).toContainEqual(expect.objectContaining({ name: cookieName, value: '' }));
  });

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['a subdomain', { origin: 'https://blog.tickets.example' }],
    ['a sandboxed page', { origin: 'null' }],
    ['a page that states no origin', {}],
    ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['another site whose browser also sends Origin', { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
  ])('is neither begun, refreshed nor ended by %s', async (_what, headers) => {
    const { cookie } = await signInByCookie();
    const someone = await signUp(accounts);
    const forged = [
      request('POST', '/sign-ins', { ...someone, session: 'cookie' }, headers),
      { ...request('POST', '/tokens'), headers: { ...headers, cookie } },
      { ...request('DELETE', '/sessions/current'), headers: { ...headers, cookie } },
    ];
    for (const one of forged) {
      const answer = await app.inject(one);
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    await ask(accounts, { ...request('POST', '/tokens'), headers: { ...page, cookie } });
  });

  it('is not ended by a form on another site, with which browsers do not send the cookie', async () => {
    const headers = { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await app.inject({ ...request('POST', '/tokens'), headers });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('always begins anew: a cookie that somebody planted before does not become the session, and stops working', async () => {
    const planted = await signInByCookie();
    const victim = await signInByCookie(planted.cookie);
    expect(victim.cookie.split('.')[0]).not.toBe(planted.cookie.split('.')[0]);
    const answer = await app.inject({ ...request('POST', '/tokens'), headers: { ...page, cookie: planted.cookie } });
    expect(answer.statusCode).toBe(401);
    await ask(accounts, { ...request('POST', '/tokens'), headers: { ...page, cookie: victim.cookie } });
  });
});

async function auditsOf(accountId: string): Promise<string[]> {
  const rows = await db.selectFrom('account_audits').select('action').where('account_id', '=', uuidBytes(accountId)).execute();
  return rows.map(({ action }) => action);
}
