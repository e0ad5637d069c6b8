import { createHmac } from 'node:crypto';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  accessTokenFor,
  accountWith,
  fixed,
  newApiKey,
  publicJwk,
  serviceSecret,
  signingKey,
  testVerifier,
} from '../../../scripts/testing/tokens.ts';
import { parseSigningKeys } from './access-tokens.ts';
import { parseKeyDirectory } from './api-keys.ts';
import { createServiceTokens } from './service-tokens.ts';

const ann = accountWith({ main: ['support'] });
const network = '203.0.113.1';
const nowSeconds = () => Math.floor(Date.now() / 1_000);
const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString());
const withClaims = (claims: object) => accessTokenFor(ann, { claims });
const withHeader = (header: object) => accessTokenFor(ann, { header });

/** A valid token, with one of its parts changed after it was signed. */
async function tampered(change: (parts: [string, string, string]) => string[]): Promise<string> {
  return change((await accessTokenFor(ann)).split('.') as [string, string, string]).join('.');
}

const promoted = (payload: string) => encoded({ ...decoded(payload), roles: { main: ['admin'] } });
const publicKeyText = await exportSPKI(signingKey.publicKey);
const otherKey = await generateKeyPair('EdDSA');
const rsaKey = await generateKeyPair('RS256');

/** Signs by HMAC with a text that everybody knows, for verifiers that take a public key for a shared secret. */
async function hmacWith(secret: string): Promise<string> {
  const [header = '', payload = ''] = (await accessTokenFor(ann)).split('.');
  const signed = `${encoded({ ...decoded(header), alg: 'HS256' })}.${promoted(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** A valid token with more in its header than the library would sign. */
async function signedAs(more: object): Promise<string> {
  const [header = '', payload = ''] = (await accessTokenFor(ann)).split('.');
  const signed = `${encoded({ ...decoded(header), ...more })}.${payload}`;
  const signature = await crypto.subtle.sign('Ed25519', signingKey.privateKey, Buffer.from(signed));
  return `${signed}.${Buffer.from(signature).toString('base64url')}`;
}

describe('an access token is wrong', () => {
  it.each<[string, () => Promise<string>]>([
    [
      'if it says that it needs no signature',
      () => tampered(([, payload]) => [encoded({ alg: 'none', typ: 'at+jwt' }), payload, '']),
    ],
    [
      'if it says so, and keeps its key id and signature',
      () => tampered(([header, payload, signature]) => [encoded({ ...decoded(header), alg: 'none' }), payload, signature]),
    ],
    ['if it is signed by HMAC with the public key as PEM', () => hmacWith(publicKeyText)],
    ['if it is signed by HMAC with the public key as JWK', () => hmacWith(JSON.stringify(publicJwk))],
    ["if it is signed by HMAC with the public key's bytes", () => hmacWith(publicJwk.x ?? '')],
    [
      'if it is signed by HMAC with the secret of the services',
      () => accessTokenFor(ann, { header: { alg: 'HS256' }, key: new TextEncoder().encode(serviceSecret) }),
    ],
    ['if it is signed with another key under a known key id', () => accessTokenFor(ann, { key: otherKey.privateKey })],
    ['if it is signed with another algorithm', () => accessTokenFor(ann, { header: { alg: 'RS256' }, key: rsaKey.privateKey })],
    ['if its key id is unknown', () => withHeader({ kid: 'another' })],
    ['if its key id is a path', () => withHeader({ kid: '../../dev/null' })],
    [
      'if it brings its own key',
      async () => accessTokenFor(ann, { header: { kid: 'x', jwk: publicJwk }, key: otherKey.privateKey }),
    ],
    [
      'if it names an address for its key',
      () => accessTokenFor(ann, { header: { jku: 'http://127.0.0.1:1/jwks.json' }, key: otherKey.privateKey }),
    ],
    ['if it needs an extension', () => signedAs({ crit: ['exp'], exp: 1 })],
    ['if its payload was changed', () => tampered(([header, payload, signature]) => [header, promoted(payload), signature])],
    ['if its signature was cut off', () => tampered(([header, payload]) => [header, payload, ''])],
    [
      'if its signature was shortened',
      () => tampered(([header, payload, signature]) => [header, payload, signature.slice(0, -4)]),
    ],
    ['if it has no type', () => withHeader({ typ: undefined })],
    ['if it is of the type of an ID token', () => withHeader({ typ: 'JWT' })],
    ['if it is of the type of a service token', () => withHeader({ typ: 'service+jwt' })],
    ['if it is for another audience', () => withClaims({ aud: 'another' })],
    ['if it is for no audience', () => withClaims({ aud: undefined })],
    ['if another issuer issued it', () => withClaims({ iss: 'http://localhost:8001/accounts' })],
    ['if no issuer issued it', () => withClaims({ iss: undefined })],
    ['if it never expires', () => withClaims({ exp: undefined })],
    ['if it does not say when it was issued', () => withClaims({ iat: undefined })],
    ['if it was issued in the future', () => withClaims({ iat: nowSeconds() + 60, exp: nowSeconds() + 120 })],
    ['if it is not valid yet', () => withClaims({ nbf: nowSeconds() + 60 })],
    ['if its account is none', () => withClaims({ sub: 'main' })],
    ['if it has no account', () => withClaims({ sub: undefined })],
    ['if it has no session', () => withClaims({ sid: undefined })],
    ['if it has a role that does not exist', () => withClaims({ roles: { main: ['operator'] } })],
    ['if its roles are not by organiser', () => withClaims({ roles: ['admin'] })],
    ['if it is text', async () => 'a.b.c'],
    ['if it is empty', async () => ''],
  ])('%s', async (_when, make) => {
    expect(await testVerifier('purchase').verify(await make(), network)).toBe('wrong');
  });

  it('if its key is no longer published', async () => {
    const token = await accessTokenFor(ann);
    const verifier = testVerifier('purchase', { keys: fixed(parseSigningKeys({ keys: [{ ...publicJwk, kid: 'the next' }] })) });
    expect(await verifier.verify(token, network)).toBe('wrong');
  });
});

describe('an access token', () => {
  it('is right if it is signed as the forged ones above, but not forged', async () => {
    for (const token of [await signedAs({}), await tampered((parts) => parts), await withClaims({}), await withHeader({})])
      expect(await testVerifier('purchase').verify(token, network)).toMatchObject({ kind: 'account' });
  });

  it('says whose it is, and which roles they have', async () => {
    const token = await withClaims({ sid: 'session', email: 'ann@example.com' });
    const { accountId, roles } = ann;
    const principal = { kind: 'account', accountId, sessionId: 'session', email: 'ann@example.com', roles };
    expect(await testVerifier('purchase').verify(token, network)).toEqual(principal);
  });

  it('is expired after ten minutes, even if it was verified before', async () => {
    const token = await accessTokenFor(ann);
    let nowMs = Date.now();
    const verifier = testVerifier('purchase', { now: () => nowMs });
    expect(verifier.recall(token)).toBeUndefined();
    expect(await verifier.verify(token, network)).toMatchObject({ kind: 'account' });
    expect(verifier.recall(token)).toMatchObject({ kind: 'account' });
    nowMs += 600_000;
    expect(verifier.recall(token)).toBeUndefined();
    nowMs += 6_000;
    expect(await verifier.verify(token, network)).toBe('expired');
  });

  it('is expired after ten minutes, whatever it says', async () => {
    const token = await withClaims({ exp: nowSeconds() + 86_400 });
    expect(await testVerifier('purchase', { now: () => Date.now() + 660_000 }).verify(token, network)).toBe('expired');
  });

  it('of a key that is not known yet makes the keys be read again, once', async () => {
    const keys = fixed(parseSigningKeys({ keys: [] }));
    let reads = 0;
    const refresh = async () => {
      reads++;
      keys.set(parseSigningKeys({ keys: [publicJwk] }));
    };
    const verifier = testVerifier('purchase', { keys: { ...keys, refresh } });
    expect(await verifier.verify(await accessTokenFor(ann), network)).toMatchObject({ kind: 'account' });
    expect(reads).toBe(1);
  });

  it('cannot be judged before any keys were read', async () => {
    const verifier = testVerifier('purchase', { keys: fixed<never>(undefined) });
    expect(await verifier.verify(await accessTokenFor(ann), network)).toBe('unknown');
  });
});

describe("a service's token", () => {
  const tokens = createServiceTokens(serviceSecret, 'catalogue');

  it('says which service it is, to the service that it calls', async () => {
    const token = await tokens.for('purchase');
    expect(await testVerifier('purchase').verify(token, network)).toEqual({ kind: 'service', service: 'catalogue' });
    expect(await testVerifier('query').verify(token, network)).toBe('wrong');
  });

  it.each<[string, () => Promise<string>]>([
    ['another secret', () => createServiceTokens('another secret of thirty-two chars', 'catalogue').for('purchase')],
    ['the type of an access token', () => forged({ header: { typ: 'at+jwt' } })],
    ['no type', () => forged({ header: { typ: undefined } })],
    ['a key id of an access token', () => forged({ header: { typ: 'at+jwt', kid: publicJwk.kid } })],
    ['the name of no service', () => forged({ claims: { iss: 'service:another' } })],
    ['the issuer of access tokens', () => forged({ claims: { iss: 'http://localhost:8000/accounts' } })],
    ['no end', () => forged({ claims: { exp: undefined } })],
    ['a later beginning', () => forged({ claims: { iat: nowSeconds() + 60 } })],
    ['another audience', () => forged({ claims: { aud: 'onsale' } })],
  ])('is wrong with %s', async (_what, make) => {
    expect(await testVerifier('purchase').verify(await make(), network)).toBe('wrong');
  });

  it('expires after a minute', async () => {
    const token = await tokens.for('purchase');
    expect(await testVerifier('purchase', { now: () => Date.now() + 70_000 }).verify(token, network)).toBe('expired');
  });

  async function forged({ claims = {}, header = {} }: { claims?: object; header?: object }): Promise<string> {
    const valid = { iss: 'service:catalogue', aud: 'purchase', iat: nowSeconds(), exp: nowSeconds() + 60, ...claims };
    return await new SignJWT(valid)
      .setProtectedHeader({ alg: 'HS256', typ: 'service+jwt', ...header })
      .sign(new TextEncoder().encode(serviceSecret));
  }
});

describe('an API key', () => {
  const key = newApiKey('main', ['sell']);
  const other = newApiKey('other', ['sell']);
  const directoryOf = (...keys: object[]) => parseKeyDirectory({ keys });
  const both = directoryOf(key.entry, other.entry);
  const verifierWith = (directory = fixed(both), noteUse?: (keyId: string) => void) =>
    testVerifier('purchase', { directory, ...(noteUse && { noteUse }) });

  it('says whose it is, and what it may do; its use is noted', async () => {
    const used: string[] = [];
    const verifier = verifierWith(fixed(both), (keyId) => void used.push(keyId));
    const principal = { kind: 'key', keyId: key.entry.keyId, organiserId: 'main', scopes: ['sell'], plan: 'standard' };
    expect(verifier.recall(key.text)).toEqual(principal);
    expect(await verifier.verify(key.text, network)).toEqual(principal);
    expect(used).toContain(key.entry.keyId);
  });

  it.each([
    ['its last character is missing', key.text.slice(0, -1)],
    ['it has one more', `${key.text}A`],
    ['its secret is missing', key.text.slice(0, key.text.indexOf('.'))],
    ["it has the secret of another organiser's key", `onsale_${key.entry.keyId}.${other.text.split('.')[1]}`],
    ['it has its digest instead of its secret', `onsale_${key.entry.keyId}.${key.entry.digest}`],
    ['it is unknown', newApiKey('main', ['sell']).text],
    ['its prefix is missing', key.text.slice('onsale_'.length)],
  ])('is wrong if %s', async (_what, text) => {
    expect(verifierWith().recall(text)).toBeUndefined();
    expect(await verifierWith().verify(text, network)).toBe('wrong');
  });

  it('counts at its first use, even if the directory was read before it was created; another wrong key causes no read', async () => {
    const directory = fixed(directoryOf(other.entry));
    let reads = 0;
    const refresh = async () => {
      reads++;
      directory.set(both);
    };
    const verifier = verifierWith({ ...directory, refresh });
    const wrongSecret = other.text.replace(/\..*/, `.${'A'.repeat(43)}`);
    for (const text of [wrongSecret, 'onsale_no-key']) expect(await verifier.verify(text, network)).toBe('wrong');
    expect(reads).toBe(0);
    expect(await verifier.verify(key.text, network)).toMatchObject({ kind: 'key', keyId: key.entry.keyId });
    expect(reads).toBe(1);
  });

  it('ends as soon as the directory no longer lists it', async () => {
    const directory = fixed(both);
    const verifier = verifierWith(directory);
    expect(verifier.recall(key.text)).toBeDefined();
    directory.set(directoryOf(other.entry));
    expect(verifier.recall(key.text)).toBeUndefined();
    expect(await verifier.verify(key.text, network)).toBe('wrong');
  });

  it('ends when it expires, even if the directory still lists it', () => {
    const expiresOn = new Date(Date.now() + 60_000).toISOString();
    const directory = fixed(directoryOf({ ...key.entry, expiresOn }));
    expect(testVerifier('purchase', { directory }).recall(key.text)).toBeDefined();
    expect(testVerifier('purchase', { directory, now: () => Date.now() + 61_000 }).recall(key.text)).toBeUndefined();
  });

  it('cannot be judged before the directory was read', async () => {
    expect(await verifierWith(fixed<never>(undefined)).verify(key.text, network)).toBe('unknown');
  });
});
