import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { publicOrigin, testAccounts } from '../../../scripts/testing/accounts.ts';
import { clientId, clientSecret, type Forge, startForgingProvider } from '../../../scripts/testing/forging-provider.ts';
import { db, unique } from '../../../scripts/testing/stores.ts';
import { createRequestLimits } from '../../shared/limits/limit-requests.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { createAccount } from '../accounts/accounts.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const provider = await startForgingProvider(resources);
const other = await startForgingProvider(resources);
const impostor = await startForgingProvider(resources, 'https://accounts.google.com');
const setUp = (id: string, { issuer }: { issuer: string }) => ({ id, name: id, issuer, clientId, clientSecret });
const providers = [setUp('main', provider), setUp('other', other), setUp('impostor', impostor)];
const { app, clock, mails, context } = await testAccounts(db, {}, providers);
resources.defer(() => app.close());

beforeEach(() => {
  clock.nowMs = Date.now();
  mails.length = 0;
  provider.down.is = false;
});

type Cookies = Record<string, string>;
const session = '__Host-onsale-session';
const pendingCookie = '__Host-onsale-oidc';

async function get(url: string, cookies: Cookies = {}) {
  const response = await app.inject({ url, cookies });
  const set = Object.fromEntries(response.cookies.map(({ name, value }) => [name, value]));
  return { status: response.statusCode, location: String(response.headers.location), set, response };
}
const codeOf = ({ response }: Awaited<ReturnType<typeof get>>) => response.json().code;

const start = (returnTo = '/orders', cookies: Cookies = {}, id = 'main') =>
  get(`/accounts/oidc/${id}/start?returnTo=${encodeURIComponent(returnTo)}`, cookies);
const callback = (query: URLSearchParams | string, cookies: Cookies, id = 'main') =>
  get(`/accounts/oidc/${id}/callback?${query}`, cookies);

/** Goes all the way, as a browser does. */
async function signIn(claims: object, { forge, cookies = {} }: { forge?: Forge; cookies?: Cookies } = {}) {
  const begun = await start('/orders', cookies);
  return await callback(provider.consent(begun.location, claims as Record<string, unknown>, forge), { ...cookies, ...begun.set });
}

const person = () => {
  const email = `${unique('ann')}@shop.example`;
  return { sub: unique('subject'), email, email_verified: true, name: 'Ann' };
};

/** The account of a browser's session, with an access token. */
async function accountOf(cookies: Cookies) {
  const headers = { origin: publicOrigin };
  const refreshed = await app.inject({ method: 'POST', url: '/accounts/api/v1/tokens', cookies, headers });
  const { accessToken } = refreshed.json();
  const authorization = `Bearer ${accessToken}`;
  const me = await app.inject({ url: '/accounts/api/v1/me', headers: { authorization } });
  return { ...me.json(), authorization } as { accountId: string; email?: string; name: string; authorization: string };
}

describe('signing in with a provider', () => {
  it("leads to the provider's page with state, nonce and PKCE, and a callback at the public origin", async () => {
    const { status, location, set } = await start();
    expect(status).toBe(303);
    expect(Object.fromEntries(new URL(location).searchParams)).toEqual({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: `${publicOrigin}/accounts/oidc/main/callback`,
      scope: 'openid email profile',
      state: expect.stringMatching(/^.{43}$/),
      nonce: expect.stringMatching(/^.{43}$/),
      code_challenge: expect.stringMatching(/^.{43}$/),
      code_challenge_method: 'S256',
    });
    expect(Object.keys(set)).toEqual([pendingCookie]);
    const readable = Buffer.from(set[pendingCookie] ?? '', 'base64url').toString('latin1');
    expect(readable).not.toContain(new URL(location).searchParams.get('state'));
  });

  it('sets the session cookie, returns to the page, and knows the person by issuer and subject from then on', async () => {
    const ann = person();
    const first = await signIn(ann);
    expect([first.status, first.location, first.set[pendingCookie]]).toEqual([303, '/orders', '']);
    expect(first.response.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    const account = await accountOf(first.set);
    expect(account).toMatchObject({ email: ann.email, name: 'Ann' });
    const again = await signIn({ ...ann, email: `${unique('new')}@shop.example` });
    expect((await accountOf(again.set)).accountId).toBe(account.accountId);
    expect(mails).toEqual([]);
  });

  it('reads the address from the userinfo endpoint if the ID token has none', async () => {
    const { sub, ...inUserInfo } = person();
    expect(await accountOf((await signIn({ sub, inUserInfo })).set)).toMatchObject({ email: inUserInfo.email });
  });

  it('creates one account for two first sign-ins at the same time', async () => {
    const ann = person();
    const signedIn = await Promise.all([signIn(ann), signIn(ann), signIn(ann)]);
    const accounts = await Promise.all(signedIn.map(({ set }) => accountOf(set)));
    expect(new Set(accounts.map(({ accountId }) => accountId)).size).toBe(1);
  });

  it('finds the account with the same address only if the provider has verified it, and tells its owner', async () => {
    const { sub, email } = person();
    const accountId = await createAccount(db, { email });
    const unverified = await accountOf((await signIn({ sub: `${sub}-x`, email, email_verified: false })).set);
    expect(unverified.accountId).not.toBe(accountId);
    expect(unverified.email).toBeUndefined();
    const asText = await accountOf((await signIn({ sub: `${sub}-y`, email, email_verified: 'true' })).set);
    expect(asText.accountId).not.toBe(accountId);
    expect(mails).toEqual([]);
    const verified = await accountOf((await signIn({ sub, email, email_verified: true })).set);
    expect(verified.accountId).toBe(accountId);
    expect(mails).toEqual([{ kind: 'security', to: email, notice: 'identity-linked' }]);
  });

  it('keeps the same subject at two providers apart', async () => {
    const sub = unique('subject');
    const begun = await start('/', {}, 'other');
    const elsewhere = await callback(other.consent(begun.location, { sub }), begun.set, 'other');
    const here = await signIn({ sub });
    expect((await accountOf(here.set)).accountId).not.toBe((await accountOf(elsewhere.set)).accountId);
  });

  it('always begins a new session, and ends the one that the browser had: nobody can fix it beforehand', async () => {
    const [mallory, ann] = [person(), person()];
    const planted = await signIn(mallory);
    const victim = await signIn(ann, { cookies: { [session]: planted.set[session] ?? '' } });
    expect(victim.set[session]).not.toBe(planted.set[session]);
    expect((await accountOf(victim.set)).email).toBe(ann.email);
    expect((await accountOf(planted.set)).accountId).toBeUndefined();
  });

  it('lists the providers', async () => {
    const { response } = await get('/accounts/api/v1/providers');
    expect(response.json()).toContainEqual({ id: 'main', name: 'main', startUrl: '/accounts/oidc/main/start' });
  });
});

describe('a callback is refused', () => {
  const refused = async (answer: ReturnType<typeof get>) => {
    const { status, set, response } = await answer;
    expect(set[session]).toBeUndefined();
    return [status, response.json().code];
  };

  it('with another state', async () => {
    const begun = await start();
    const query = provider.consent(begun.location, person());
    query.set('state', 'another');
    expect(await refused(callback(query, begun.set))).toEqual([400, 'SIGN_IN_NOT_VALID']);
  });

  it('without a state', async () => {
    const begun = await start();
    const query = provider.consent(begun.location, person());
    query.delete('state');
    expect(await refused(callback(query, begun.set))).toEqual([400, 'SIGN_IN_NOT_VALID']);
  });

  it('in a browser that did not begin the sign-in', async () => {
    const begun = await start();
    const query = provider.consent(begun.location, person());
    expect(await refused(callback(query, {}))).toEqual([400, 'SIGN_IN_NOT_VALID']);
    const ofAnother = (await start()).set;
    expect(await refused(callback(query, ofAnother))).toEqual([400, 'SIGN_IN_NOT_VALID']);
  });

  it('with a forged or an old cookie', async () => {
    const begun = await start();
    const query = provider.consent(begun.location, person());
    const sealed = begun.set[pendingCookie] ?? '';
    const changed = `${sealed.slice(0, -4)}AAAA`;
    for (const bad of [changed, '', 'x', 'a'.repeat(300)])
      expect(await refused(callback(query, { [pendingCookie]: bad }))).toEqual([400, 'SIGN_IN_NOT_VALID']);
    clock.nowMs += 901_000;
    expect(await refused(callback(query, begun.set))).toEqual([400, 'SIGN_IN_NOT_VALID']);
  });

  it('if its code was used before, even with the same cookie', async () => {
    const begun = await start();
    const query = provider.consent(begun.location, person());
    expect((await callback(query, begun.set)).status).toBe(303);
    expect(await refused(callback(query, begun.set))).toEqual([400, 'SIGN_IN_NOT_VALID']);
  });

  it('the second time, even with a new code for the same sign-in', async () => {
    const begun = await start();
    const ann = person();
    const queries = [provider.consent(begun.location, ann), provider.consent(begun.location, ann)];
    const together = await Promise.all(queries.map((query) => callback(query, begun.set)));
    expect(together.map(({ status }) => status).sort()).toEqual([303, 400]);
    expect(await refused(callback(provider.consent(begun.location, ann), begun.set))).toEqual([400, 'SIGN_IN_NOT_VALID']);
  });

  it("with another sign-in's code: PKCE ties it to the browser that began", async () => {
    const [mine, theirs] = [await start(), await start()];
    const query = provider.consent(theirs.location, person());
    query.set('state', new URL(mine.location).searchParams.get('state') ?? '');
    expect(await refused(callback(query, mine.set))).toEqual([400, 'SIGN_IN_NOT_VALID']);
  });

  it("with another provider's answer", async () => {
    const begun = await start();
    const query = provider.consent(begun.location, person());
    query.set('iss', other.issuer);
    expect(await refused(callback(query, begun.set))).toEqual([400, 'SIGN_IN_NOT_VALID']);
    expect(await refused(callback(query, begun.set, 'other'))).toEqual([400, 'SIGN_IN_NOT_VALID']);
  });

  it('if the person refused at the provider', async () => {
    const begun = await start();
    const state = new URL(begun.location).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ error: 'access_denied', state, iss: provider.issuer });
    expect(await refused(callback(query, begun.set))).toEqual([403, 'SIGN_IN_REFUSED']);
  });

  const now = () => Math.floor(Date.now() / 1_000);
  it.each<[string, Forge]>([
    ['has another nonce', (claims, sign) => sign({ ...claims, nonce: 'another' })],
    ['has no nonce', ({ nonce: _, ...claims }, sign) => sign(claims)],
    ['has another issuer', (claims, sign) => sign({ ...claims, iss: 'https://accounts.google.com' })],
    ['is for another client', (claims, sign) => sign({ ...claims, aud: 'another' })],
    ['has expired', (claims, sign) => sign({ ...claims, iat: now() - 900, exp: now() - 600 })],
    ['never expires', ({ exp: _, ...claims }, sign) => sign(claims)],
    ['has no subject', ({ sub: _, ...claims }, sign) => sign(claims)],
    ['has a subject that ends with a space', (claims, sign) => sign({ ...claims, sub: `${claims.sub} ` })],
    ['is not signed', async (claims) => new UnsecuredJWT(claims).encode()],
    [
      "is signed with the client's secret",
      (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(clientSecret.padEnd(32))),
    ],
    [
      'is signed with a key of somebody else',
      async (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'RS256', kid: 'the-key' })
          .sign((await generateKeyPair('RS256')).privateKey),
    ],
  ])('if the ID token %s', async (_what, forge) => {
    const ann = person();
    expect(await refused(signIn(ann, { forge }))).toEqual([400, 'SIGN_IN_NOT_VALID']);
    expect(await db.selectFrom('external_identities').selectAll().where('subject', '=', ann.sub).execute()).toEqual([]);
  });
});

describe('the page to return to', () => {
  it.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    'orders',
    '/\t/evil.example',
    '/orders\r\nset-cookie: a=b',
    '/@evil.example\\',
    '',
    `/${'x'.repeat(600)}`,
  ])('must be a path on this site: %j', async (returnTo) => {
    const { status, response, set } = await start(returnTo);
    expect([status, response.json().errors?.[0]?.parameter, set]).toEqual([400, 'returnTo', {}]);
  });

  it.each(['/', '/orders?page=2#top', '/@evil.example', '/.evil.example'])('may be %j', async (returnTo) => {
    const begun = await start(returnTo);
    const { location } = await callback(provider.consent(begun.location, person()), begun.set);
    expect(location).toBe(returnTo);
    expect(new URL(location, publicOrigin).origin).toBe(publicOrigin);
  });
});

describe('a provider', () => {
  it('that is unknown gets a 404', async () => {
    expect(codeOf(await start('/', {}, 'nobody'))).toBe('PROVIDER_NOT_FOUND');
    expect(codeOf(await callback('code=1&state=2', {}, 'nobody'))).toBe('PROVIDER_NOT_FOUND');
  });

  it('that claims to be another one is not used', async () => {
    const { status, response } = await start('/', {}, 'impostor');
    expect([status, response.json().code]).toEqual([503, 'PROVIDER_UNAVAILABLE']);
  });

  it('that is away when the service starts gets a clear problem, and works once it is back', async () => {
    const late = await startForgingProvider(resources);
    late.down.is = true;
    const started = await testAccounts(db, {}, [setUp('late', late)]);
    resources.defer(() => started.app.close());
    const url = '/accounts/oidc/late/start';
    const away = await started.app.inject({ url });
    expect([away.statusCode, away.headers['retry-after'], away.json().code]).toEqual([503, '1', 'PROVIDER_UNAVAILABLE']);
    late.down.is = false;
    // For moments, nobody else waits for it.
    expect((await started.app.inject({ url })).statusCode).toBe(503);
    started.clock.nowMs += 2_001;
    expect((await started.app.inject({ url })).statusCode).toBe(303);
  });

  it('that goes away before the callback leaves nothing behind', async () => {
    const ann = person();
    const begun = await start();
    const query = provider.consent(begun.location, ann);
    provider.down.is = true;
    expect(codeOf(await callback(query, begun.set))).toBe('PROVIDER_UNAVAILABLE');
    provider.down.is = false;
    expect((await signIn(ann)).status).toBe(303);
  });
});

describe('what goes wrong', () => {
  /** The page that a browser shows. */
  async function pageOf(url: string, cookies: Cookies = {}, of = app) {
    const { statusCode, headers, body } = await of.inject({ url, cookies, headers: { accept: 'text/html,*/*;q=0.8' } });
    return { status: statusCode, headers, body, links: [...body.matchAll(/href="(\/[^"]*)"/g)].map(([, href]) => href) };
  }
  const retry = '/accounts/oidc/main/start';
  const others = ['/accounts/link/link.css', '/accounts/link', '/'];

  it.each<[string, number, string, boolean, () => Promise<[string, Cookies]> | [string, Cookies]]>([
    [
      'a person who cancels',
      403,
      'You are not signed in',
      true,
      async () => {
        const begun = await start();
        const state = new URL(begun.location).searchParams.get('state') ?? '';
        return [`/accounts/oidc/main/callback?error=access_denied&state=${state}&iss=${provider.issuer}`, begun.set];
      },
    ],
    [
      'a sign-in that has expired',
      400,
      'Please begin again',
      true,
      async () => {
        const begun = await start();
        clock.nowMs += 901_000;
        return [`/accounts/oidc/main/callback?${provider.consent(begun.location, person())}`, begun.set];
      },
    ],
    [
      'a provider that is away',
      503,
      'The provider does not answer',
      true,
      async () => {
        const begun = await start();
        provider.down.is = true;
        return [`/accounts/oidc/main/callback?${provider.consent(begun.location, person())}`, begun.set];
      },
    ],
    ['an unknown provider', 404, 'There is no such provider', false, () => ['/accounts/oidc/nobody/start', {}]],
    ['a place to return to elsewhere', 400, 'This link does not work', true, () => [`${retry}?returnTo=//evil.example`, {}]],
    ['a provider that is no name', 400, 'This link does not work', false, () => ['/accounts/oidc/%22%3E%3Cb%3E/start', {}]],
  ])('is a page for people, with a way on: %s', async (_what, status, title, canRetry, given) => {
    const page = await pageOf(...(await given()));
    expect([page.status, page.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
    expect(page.body).toContain(`<h1>${title}</h1>`);
    expect(page.links.toSorted()).toEqual([...others, ...(canRetry ? [retry] : [])].toSorted());
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.body).not.toMatch(/evil|<b>|access_denied/);
    expect(page.headers['set-cookie'] ?? '').not.toContain(session);
  });

  it('says that an identity belongs to another account, and offers no second try', async () => {
    const theirs = person();
    await signIn(theirs);
    const begun = await start('/', {}, 'other');
    const { set } = await callback(other.consent(begun.location, person()), begun.set, 'other');
    const { authorization } = await accountOf(set);
    const linking = await app.inject({
      method: 'POST',
      url: '/accounts/api/v1/me/identities',
      headers: { authorization, origin: publicOrigin },
      payload: { provider: 'main' },
    });
    const cookies = Object.fromEntries(linking.cookies.map(({ name, value }) => [name, value]));
    const page = await pageOf(`/accounts/oidc/main/callback?${provider.consent(linking.json().url, theirs)}`, cookies);
    expect([page.status, page.links.toSorted()]).toEqual([409, others.toSorted()]);
    expect(page.body).toContain('<h1>Nothing was changed</h1>');
  });

  it('includes too many requests from one network, which reach no provider', async () => {
    const limits = createRequestLimits({
      CLIENT_LIMITS: true,
      TRUSTED_PROXIES: 1,
      REQUESTS_PER_SECOND: 0.001,
      REQUESTS_AT_ONCE: 2,
      API_KEY_PLANS: '',
    });
    const limited = await testAccounts(db, {}, providers, limits);
    resources.defer(() => limited.app.close());
    const answers = [];
    for (let at = 0; at < 2; at++) answers.push((await pageOf(retry, {}, limited.app)).status);
    const refused = await pageOf(retry, {}, limited.app);
    expect([...answers, refused.status]).toEqual([303, 303, 429]);
    expect(refused.body).toContain('<h1>Too many attempts</h1>');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await pageOf('/accounts/oidc/main/callback', {}, limited.app)).status).toBe(429);
    const program = await limited.app.inject({ url: retry });
    expect([program.statusCode, program.json().code]).toEqual([429, 'RATE_LIMITED']);
    expect((await limited.app.inject({ url: retry, headers: { 'x-forwarded-for': '192.0.2.1' } })).statusCode).toBe(303);
  });
});

describe('linking a provider', () => {
  const url = '/accounts/api/v1/me/identities';
  const ask = (authorization: string, body: object = {}, headers: object = { origin: publicOrigin }) =>
    app.inject({
      method: 'POST',
      url,
      headers: { authorization, ...headers },
      payload: { provider: 'main', returnTo: '/me', ...body },
    });
  const cookiesOf = (response: Awaited<ReturnType<typeof ask>>) =>
    Object.fromEntries(response.cookies.map(({ name, value }) => [name, value]));

  /** Somebody who signed in with the other provider. */
  async function signedIn() {
    const ann = person();
    const begun = await start('/', {}, 'other');
    const { set } = await callback(other.consent(begun.location, ann), begun.set, 'other');
    return { ann, cookies: set, ...(await accountOf(set)) };
  }

  it('works while signed in, whatever address the provider knows, and tells the owner', async () => {
    const { authorization, accountId, ann } = await signedIn();
    const begun = await ask(authorization);
    expect(begun.statusCode).toBe(201);
    const identity = { sub: unique('subject'), email: 'somebody@else.example', email_verified: false };
    const linked = await callback(provider.consent(begun.json().url, identity), cookiesOf(begun));
    expect([linked.status, linked.location, linked.set[session]]).toEqual([303, '/me', undefined]);
    expect(mails).toEqual([{ kind: 'security', to: ann.email, notice: 'identity-linked' }]);
    expect((await accountOf((await signIn(identity)).set)).accountId).toBe(accountId);
    const list = await app.inject({ url, headers: { authorization } });
    expect(
      list
        .json()
        .map(({ provider: id }: { provider: string }) => id)
        .toSorted(),
    ).toEqual(['main', 'other']);
  });

  it("does not take another account's identity", async () => {
    const theirs = person();
    const { accountId } = await accountOf((await signIn(theirs)).set);
    const { authorization } = await signedIn();
    const begun = await ask(authorization);
    const stolen = await callback(provider.consent(begun.json().url, theirs), cookiesOf(begun));
    expect([stolen.status, codeOf(stolen)]).toEqual([409, 'IDENTITY_LINKED']);
    expect((await accountOf((await signIn(theirs)).set)).accountId).toBe(accountId);
  });

  it('needs a session that is still live at the callback', async () => {
    const { authorization, accountId } = await signedIn();
    const begun = await ask(authorization);
    await context.sessions.endAll(db, accountId);
    const late = await callback(provider.consent(begun.json().url, person()), cookiesOf(begun));
    expect([late.status, codeOf(late)]).toEqual([400, 'SIGN_IN_NOT_VALID']);
  });

  it('is for our own pages, and for people who are signed in', async () => {
    const { authorization } = await signedIn();
    expect((await ask(authorization, {}, { origin: 'https://evil.example' })).json().code).toBe('ORIGIN_NOT_ALLOWED');
    expect(
      (await app.inject({ method: 'POST', url, headers: { origin: publicOrigin }, payload: { provider: 'main' } })).statusCode,
    ).toBe(401);
    expect((await ask(authorization, { returnTo: '//evil.example' })).json().errors).toEqual([
      expect.objectContaining({ pointer: '#/returnTo' }),
    ]);
  });

  it('ends with a mail to the owner', async () => {
    const { authorization, ann } = await signedIn();
    expect((await app.inject({ method: 'DELETE', url: `${url}/other`, headers: { authorization } })).statusCode).toBe(204);
    expect(mails).toEqual([{ kind: 'security', to: ann.email, notice: 'identity-unlinked' }]);
  });

  it('ends as long as another way to sign in is left', async () => {
    const { authorization, accountId } = await signedIn();
    const unlink = (id: string) => app.inject({ method: 'DELETE', url: `${url}/${id}`, headers: { authorization } });
    expect((await unlink('main')).json().code).toBe('PROVIDER_NOT_FOUND');
    await db
      .updateTable('accounts')
      .set({ email: null, email_key: null })
      .where('account_id', '=', uuidBytes(accountId))
      .execute();
    expect((await unlink('other')).json().code).toBe('LAST_SIGN_IN');
    const begun = await ask(authorization);
    await callback(provider.consent(begun.json().url, person()), cookiesOf(begun));
    expect((await unlink('other')).statusCode).toBe(204);
    expect((await unlink('main')).json().code).toBe('LAST_SIGN_IN');
  });
});
