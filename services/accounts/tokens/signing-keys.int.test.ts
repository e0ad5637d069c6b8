import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createScratchWithTables } from '../../../scripts/testing/scratch-database.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { createHttpServer } from '../../shared/http/http-server.ts';
import { type Database, isDatabaseAway } from '../../shared/stores/database.ts';
import { registerJwks } from './jwks.ts';
import { overlapMs, signsForMs } from './signing-keys.ts';
import { audience, createTokenIssuer } from './token-issuer.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
const db = await createScratchWithTables(resources);

const minuteMs = 60_000;
const issuer = 'https://tickets.example/accounts';
const keySecret = 'the key secret of these tests, 32 characters';
const subject = { accountId: '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b', sessionId: 'session-1', roles: { main: ['admin'] } };

let nowMs = Date.UTC(2026, 0, 1);
beforeEach(() => db.deleteFrom('signing_keys').execute());

/** A process of accounts. All share the tests' clock. */
const startProcess = (given: { keySecret?: string; db?: Database } = {}) =>
  createTokenIssuer({ db, keySecret, issuer, clock: () => nowMs, ...given });
type Process = ReturnType<typeof startProcess>;

const sign = async (process: Process) => (await process.issue(subject)).accessToken;
const kidsOf = async ({ signingKeys }: Process) => (await signingKeys.published()).keys.map(({ kid }) => kid);
const kidOf = (token: string) => decodeProtectedHeader(token).kid;

/** Verifies a token as another service does, now. */
async function verify(token: string, { signingKeys }: Process) {
  const keys = createLocalJWKSet((await signingKeys.published()) as JSONWebKeySet);
  const options = { issuer, audience, algorithms: ['EdDSA'], typ: 'at+jwt', currentDate: new Date(nowMs) };
  return (await jwtVerify(token, keys, options)).payload;
}

describe('an access token', () => {
  it('says who it is for, is signed with EdDSA, and ends after ten minutes', async () => {
    const accounts = startProcess();
    const { accessToken, expiresIn } = await accounts.issue({ ...subject, email: 'ann@shop.example' });
    const issuedAt = nowMs / 1_000;
    expect(expiresIn).toBe(600);
    expect(await verify(accessToken, accounts)).toEqual({
      iss: issuer,
      aud: 'onsale',
      sub: subject.accountId,
      sid: 'session-1',
      email: 'ann@shop.example',
      roles: { main: ['admin'] },
      iat: issuedAt,
      exp: issuedAt + 600,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: (await kidsOf(accounts))[0] });
    nowMs += 601_000;
    await expect(verify(accessToken, accounts)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  it('carries the roles at no more than twenty organisers, so that it fits into a header', async () => {
    const accounts = startProcess();
    const roles = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`organiser-${at}`, ['door']]));
    const { accessToken } = await accounts.issue({ ...subject, roles });
    expect(Object.keys((await verify(accessToken, accounts)).roles as object)).toHaveLength(20);
    expect(accessToken.length).toBeLessThan(4_096);
  });
});

describe('rotation', () => {
  /** The time at which the next key is due, after `accounts` has made the first one. */
  const toRotation = async (accounts: Process) => {
    const first = kidOf(await sign(accounts));
    nowMs += signsForMs - overlapMs;
    return first;
  };

  it('publishes a key for a quarter of an hour before it signs, and for one after it stopped', async () => {
    const accounts = startProcess();
    const first = await toRotation(accounts);
    const [second, ...others] = await kidsOf(accounts);
    expect([others, kidOf(await sign(accounts))]).toEqual([[first], first]);

    nowMs += overlapMs - 1;
    expect(kidOf(await sign(accounts))).toBe(first);
    nowMs += 1;
    expect(kidOf(await sign(accounts))).toBe(second);
    nowMs += overlapMs - 1;
    expect(await kidsOf(accounts)).toEqual([second, first]);
    nowMs += 1;
    expect(await kidsOf(accounts)).toEqual([second]);
  });

  it('verifies a token that was signed just before it until the token expires', async () => {
    const accounts = startProcess();
    const first = await toRotation(accounts);
    await kidsOf(accounts);
    nowMs += overlapMs - 1;
    const token = await sign(accounts);
    expect(kidOf(token)).toBe(first);
    nowMs += 599_000;
    expect(kidOf(await sign(accounts))).not.toBe(first);
    expect(await verify(token, accounts)).toMatchObject({ sub: subject.accountId });
    nowMs += 2_000;
    await expect(verify(token, accounts)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  it('happens once, however many processes find the key old at the same time', async () => {
    const processes = Array.from({ length: 8 }, () => startProcess());
    const first = new Set((await Promise.all(processes.map(sign))).map(kidOf));
    expect(first.size).toBe(1);
    await toRotation(processes[0] as Process);
    const published = await Promise.all(processes.map(kidsOf));
    expect(new Set(published.map(String)).size).toBe(1);
    expect(published[0]).toHaveLength(2);
    nowMs += overlapMs;
    expect(new Set((await Promise.all(processes.map(sign))).map(kidOf))).toEqual(new Set([published[0]?.[0]]));
    expect(await db.selectFrom('signing_keys').select('number').orderBy('number').execute()).toEqual([
      { number: 1 },
      { number: 2 },
    ]);
  });

  it('deletes a key once nothing is verified with it any more', async () => {
    const accounts = startProcess();
    await toRotation(accounts);
    await kidsOf(accounts);
    nowMs += 2 * overlapMs;
    await sign(accounts);
    expect(await db.selectFrom('signing_keys').select('number').execute()).toEqual([{ number: 2 }]);
  });

  it('reaches a process that was read-only meanwhile before the new key signs', async () => {
    const [one, other] = [startProcess(), startProcess()];
    await toRotation(one);
    await kidsOf(other);
    await kidsOf(one);
    nowMs += minuteMs;
    expect(await kidsOf(other)).toEqual(await kidsOf(one));
  });
});

describe('the private keys', () => {
  it('are encrypted in the database', async () => {
    await sign(startProcess());
    const { private_key: sealed } = await db.selectFrom('signing_keys').select('private_key').executeTakeFirstOrThrow();
    // The beginning of every unencrypted Ed25519 key (PKCS #8).
    expect(sealed.includes(Buffer.from('302e020100300506032b6570', 'hex'))).toBe(false);
  });

  it('sealed with a former secret do not sign, but still verify, and a new one takes over at once', async () => {
    const before = startProcess();
    const token = await sign(before);
    nowMs += minuteMs;
    const after = startProcess({ keySecret: 'another secret of at least 32 characters' });
    const [, next] = [await verify(token, after), await sign(after)];
    expect(kidOf(next)).not.toBe(kidOf(token));
    expect(await verify(next, after)).toMatchObject({ sub: subject.accountId });
    // A process of the former deployment goes on meanwhile.
    expect(kidOf(await sign(before))).toBe(kidOf(token));
    expect(await verify(token, after)).toMatchObject({ sub: subject.accountId });
  });
});

describe('while MySQL is away', () => {
  it('goes on signing for minutes with the keys it has, then fails; it publishes them as long as it lasts', async () => {
    const own = new AsyncDisposableStack();
    const leaving = await createScratchWithTables(own);
    const accounts = startProcess({ db: leaving });
    const token = await sign(accounts);
    await own.disposeAsync();
    nowMs += 3 * minuteMs;
    expect(await verify(await sign(accounts), accounts)).toMatchObject({ sub: subject.accountId });
    nowMs += 2 * minuteMs;
    await expect(sign(accounts)).rejects.toThrow();
    expect(await verify(token, accounts)).toMatchObject({ sub: subject.accountId });
  });
});

describe('GET /accounts/.well-known/jwks.json', () => {
  it('answers with the public parts only, cacheable for a minute', async () => {
    const accounts = startProcess();
    const app = createHttpServer({ logger: silentLogger, isAway: isDatabaseAway });
    resources.defer(() => app.close());
    registerJwks(app, accounts.signingKeys);
    const response = await app.inject({ url: '/accounts/.well-known/jwks.json' });
    expect([response.statusCode, response.headers['cache-control']]).toEqual([200, 'public, max-age=60']);
    expect(response.json()).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), alg: 'EdDSA', use: 'sig' }],
    });
    expect(
      await verify(await sign(accounts), {
        ...accounts,
        signingKeys: { ...accounts.signingKeys, published: async () => response.json() },
      }),
    ).toMatchObject({
      sub: subject.accountId,
    });
  });
});
