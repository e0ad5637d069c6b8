import { generateKeyPair } from 'jose';
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { accessTokenFor, accountWith, testVerifier } from '../../../scripts/testing/tokens.ts';
import { createHttpServer } from '../http/http-server.ts';
import { identifyPrincipals } from './identify-principals.ts';
import type { Verifier } from './verifier.ts';

// No bucket refills while a slow machine signs.
beforeAll(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterAll(() => void vi.useRealTimers());

const [attacked, elsewhere] = ['203.0.113.1', '198.51.100.1'];
const otherKey = await generateKeyPair('EdDSA');
const tokenOf = (sid: string) => accessTokenFor(accountWith(), { claims: { sid } });
/** Right in everything that a stranger can know: only its signature is wrong. */
const forged = (sid: string = uuid()) => accessTokenFor(accountWith(), { claims: { sid }, key: otherKey.privateKey });

/** How many tokens were verified, and not refused without that. */
async function verifiedOf(verifier: Verifier, tokens: readonly string[], networkOf: (at: number) => string): Promise<number> {
  let count = 0;
  for (const [at, token] of tokens.entries()) if (typeof (await verifier.verify(token, networkOf(at))) === 'string') count++;
  return count;
}

const manyForged = (count: number, sid?: string) => Promise.all(Array.from({ length: count }, () => forged(sid)));
const flood = async (verifier: Verifier, count = 100) => await verifiedOf(verifier, await manyForged(count), () => attacked);

describe('forged signatures', () => {
  it('from one network are verified fifty times, then ten times a second', async () => {
    const verifier = testVerifier('purchase');
    expect(await flood(verifier)).toBe(50);
    vi.advanceTimersByTime(1_000);
    expect(await flood(verifier)).toBe(10);
    expect(await verifier.verify(await forged(), attacked)).toEqual({ kind: 'unverified', waitMs: 100 });
  });

  it('that come in one moment are paid for later', async () => {
    const verifier = testVerifier('purchase');
    const tokens = await manyForged(300);
    await Promise.all(tokens.map((token) => verifier.verify(token, attacked)));
    vi.advanceTimersByTime(5_000);
    expect(await flood(verifier)).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(await flood(verifier)).toBe(10);
  });

  it('from ever new networks are verified 500 times, then 500 times a second', async () => {
    const verifier = testVerifier('purchase');
    const tokens = await manyForged(700);
    expect(await verifiedOf(verifier, tokens, (at) => `192.0.2.${at}`)).toBe(500);
    vi.advanceTimersByTime(100);
    expect(await verifiedOf(verifier, tokens, (at) => `198.51.${at}`)).toBe(50);
  });

  it('for the session of their sender are verified only five times more', async () => {
    const verifier = testVerifier('purchase');
    expect(await verifier.verify(await tokenOf('own'), attacked)).toMatchObject({ kind: 'account' });
    expect(await flood(verifier)).toBe(50);
    expect(await verifiedOf(verifier, await manyForged(20, 'own'), () => attacked)).toBe(5);
  });

  it('need no verification if the claims are wrong too, or the key id is', async () => {
    const verifier = testVerifier('purchase');
    for (let at = 0; at < 100; at++) {
      const { privateKey: key } = otherKey;
      const changes = [{ claims: { aud: 'another' } }, { claims: { iss: 'another' } }, { header: { kid: 'another' } }][at % 3];
      expect(await verifier.verify(await accessTokenFor(accountWith(), { key, ...changes }), attacked)).toBe('wrong');
    }
    const expired = await accessTokenFor(accountWith(), { claims: { exp: 1_000 }, key: otherKey.privateKey });
    for (let at = 0; at < 100; at++) expect(await verifier.verify(expired, attacked)).toBe('expired');
    expect(await verifier.verify(await forged(), attacked)).toBe('wrong');
  });
});

describe('right signatures', () => {
  it('are never limited: a crowd behind one address signs in together', async () => {
    const verifier = testVerifier('purchase');
    const tokens = await Promise.all(Array.from({ length: 200 }, () => tokenOf(uuid())));
    const verified = await Promise.all(tokens.map((token) => verifier.verify(token, attacked)));
    expect(verified.filter((sender) => typeof sender === 'object' && sender.kind === 'account')).toHaveLength(200);
  });

  it('are right during a flood from elsewhere', async () => {
    const verifier = testVerifier('purchase');
    await flood(verifier);
    expect(await verifier.verify(await tokenOf('new'), elsewhere)).toMatchObject({ kind: 'account' });
  });

  it('from an attacked network share what it may have verified, and do not use it up', async () => {
    const verifier = testVerifier('purchase');
    await flood(verifier);
    expect(await verifier.verify(await tokenOf('new'), attacked)).toEqual({ kind: 'unverified', waitMs: 100 });
    vi.advanceTimersByTime(100);
    for (let at = 0; at < 20; at++)
      expect(await verifier.verify(await tokenOf(`new ${at}`), attacked)).toMatchObject({ kind: 'account' });
  });

  it('of sessions that were verified before are right even from an attacked network', async () => {
    const verifier = testVerifier('purchase');
    await verifier.verify(await tokenOf('old'), attacked);
    await flood(verifier);
    for (let at = 0; at < 20; at++) {
      expect(await verifier.verify(await tokenOf('old'), attacked)).toMatchObject({ kind: 'account' });
      expect(await flood(verifier, 1)).toBe(0);
    }
  });
});

it('an attacked network gets 429 and the time to wait for new tokens, and its known tokens work', async () => {
  const app = createHttpServer({ logger: silentLogger });
  identifyPrincipals(app, { opsToken: '', verifier: testVerifier('purchase') });
  app.get('/x/api/v1/who', { config: { operation: 'signed-in' } }, ({ principal }) => principal.kind);
  const send = async (token: string) => {
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': attacked };
    const { statusCode, headers: given } = await app.inject({ url: '/x/api/v1/who', headers });
    return [statusCode, given['retry-after']];
  };
  const [known, unknown] = [await tokenOf('known'), await tokenOf('unknown')];
  expect(await send(known)).toEqual([200, undefined]);
  for (const token of await manyForged(60)) await send(token);
  expect(await send(unknown)).toEqual([429, '1']);
  expect(await send(known)).toEqual([200, undefined]);
  vi.advanceTimersByTime(1_000);
  expect(await send(unknown)).toEqual([200, undefined]);
});
