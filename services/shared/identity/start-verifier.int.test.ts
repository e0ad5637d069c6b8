import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { publicOrigin, testAccounts } from '../../../scripts/testing/accounts.ts';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { layCable } from '../../../scripts/testing/cable.ts';
import { ask, request, signedIn } from '../../../scripts/testing/people.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { db, unique } from '../../../scripts/testing/stores.ts';
import { accessTokenFor, accountWith, asService, serviceSecret } from '../../../scripts/testing/tokens.ts';
import { startVerifier, usualPaces } from './start-verifier.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const network = '203.0.113.1';
const quick = { everyMs: 20, atMostEveryMs: 20 };
const quickPaces: typeof usualPaces = { signingKeys: quick, apiKeys: quick, keyUses: quick };
const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 10 });

/** Accounts, and a purchase service's verifiers, which reach it by a cable that a test can cut. */
async function setUp() {
  const accounts = await testAccounts(db);
  resources.defer(() => accounts.app.close());
  const base = await accounts.app.listen({ port: 0, host: '127.0.0.1' });
  const cable = await layCable(Number(new URL(base).port), resources);
  const organiserId = unique('house');
  await ask(accounts, request('PUT', `/organisers/${organiserId}`, { name: 'A house', plan: 'standard' }, asOperator), 201);
  const url = `/organisers/${organiserId}/api-keys`;
  const newKey = (): Promise<{ key: string; keyId: string }> =>
    ask(accounts, request('POST', url, { name: 'Till', scopes: ['sell'] }, asOperator), 201);
  const revoke = (keyId: string) => ask(accounts, request('DELETE', `${url}/${keyId}`, undefined, asOperator), 204);
  const lastUseOf = async (keyId: string) =>
    (await db.selectFrom('api_keys').select('last_used_on').where('key_id', '=', keyId).executeTakeFirstOrThrow()).last_used_on;

  const running = new AsyncDisposableStack();
  resources.defer(() => running.disposeAsync());
  /** What cannot be read or told, as the log has it. */
  const warnings: string[] = [];
  const warn = (fields: { what?: string }) => void warnings.push(fields.what ?? 'uses');
  const ACCOUNTS_URL = `http://127.0.0.1:${cable.port}`;
  const settings = { ACCOUNTS_URL, PUBLIC_ORIGIN: publicOrigin, SERVICE_SECRET: serviceSecret };
  const start = (paces = quickPaces) =>
    startVerifier(settings, { service: 'purchase', logger: { ...silentLogger, warn } as never, resources: running }, paces);
  return { accounts, cable, organiserId, newKey, revoke, lastUseOf, warnings, start, running };
}

it('a service recognises people and API keys by what accounts publishes, and goes on while that is away', async () => {
  const { accounts, cable, organiserId, newKey, warnings, start } = await setUp();
  const { key, keyId } = await newKey();
  const { accessToken } = await signedIn(accounts);
  const verifier = start();
  const expected = { kind: 'key', keyId, organiserId, scopes: ['sell'], plan: 'standard' };
  expect(verifier.hasAccounts).toBe(true);
  expect(await verifier.verify(key, network)).toEqual(expected);
  await waitFor(async () => expect(await verifier.verify(accessToken, network)).toMatchObject({ kind: 'account' }));
  await cable.cut();
  await waitFor(() => expect(warnings).toEqual(expect.arrayContaining(['signing keys', 'API keys'])));
  const { accessToken: another } = await signedIn(accounts);
  expect(await verifier.verify(another, network)).toMatchObject({ kind: 'account' });
  expect(await verifier.verify(key, network)).toEqual(expected);
});

it('nothing can be judged until accounts was reached once; then new keys become known', async () => {
  const { accounts, cable, newKey, start } = await setUp();
  const { accessToken } = await signedIn(accounts);
  const first = await newKey();
  await cable.cut();
  const verifier = start();
  expect(await verifier.verify(accessToken, network)).toBe('unknown');
  expect(await verifier.verify(first.key, network)).toBe('unknown');
  await cable.mend();
  await waitFor(() => expect(verifier.recall(first.key)).toBeDefined());
  await waitFor(async () => expect(await verifier.verify(accessToken, network)).toMatchObject({ kind: 'account' }));
  const second = await newKey();
  await waitFor(() => expect(verifier.recall(second.key)).toBeDefined());
});

it('a new key is known at its first use, long before the next reading is due', async () => {
  const { newKey, start } = await setUp();
  const first = await newKey();
  const verifier = start({ ...quickPaces, apiKeys: { everyMs: 3_600_000, atMostEveryMs: 0 } });
  await waitFor(async () => expect(await verifier.verify(first.key, network)).toMatchObject({ kind: 'key' }));
  const second = await newKey();
  expect(await verifier.verify(second.key, network)).toMatchObject({ kind: 'key', keyId: second.keyId });
});

it('a revoked key ends with the next reading, and other keys do not', async () => {
  const { newKey, revoke, start } = await setUp();
  const [revoked, other] = [await newKey(), await newKey()];
  const verifier = start();
  await waitFor(() => expect(verifier.recall(revoked.key)).toBeDefined());
  await revoke(revoked.keyId);
  await waitFor(() => expect(verifier.recall(revoked.key)).toBeUndefined());
  expect(await verifier.verify(revoked.key, network)).toBe('wrong');
  expect(verifier.recall(other.key)).toBeDefined();
});

it('the usual paces keep the promise that a revoked key ends within a minute, even if one reading times out', () => {
  const longestReadMs = 3_000;
  expect(2 * (usualPaces.apiKeys.everyMs + longestReadMs)).toBeLessThan(60_000);
});

it('accounts learns when a key was last used, after an outage too', async () => {
  const { cable, newKey, lastUseOf, warnings, start } = await setUp();
  const [{ key, keyId }, other] = [await newKey(), await newKey()];
  const verifier = start();
  // Once this one is known, so is the one that is not used yet.
  await waitFor(() => expect(verifier.recall(other.key)).toBeDefined());
  await cable.cut();
  expect(verifier.recall(key)).toBeDefined();
  await waitFor(() => expect(warnings).toContain('uses'));
  expect(await lastUseOf(keyId)).toBeNull();
  await cable.mend();
  await waitFor(async () => expect(await lastUseOf(keyId)).not.toBeNull());
});

it('accounts learns it at the latest when the service stops', async () => {
  const { newKey, lastUseOf, start, running } = await setUp();
  const { key, keyId } = await newKey();
  const verifier = start({ ...quickPaces, keyUses: { everyMs: 3_600_000 } });
  await waitFor(() => expect(verifier.recall(key)).toBeDefined());
  expect(await lastUseOf(keyId)).toBeNull();
  await running.disposeAsync();
  expect(await lastUseOf(keyId)).not.toBeNull();
});

it('without accounts, services still recognise each other, and nobody else', async () => {
  const settings = { ACCOUNTS_URL: '', PUBLIC_ORIGIN: 'http://localhost:8000', SERVICE_SECRET: serviceSecret };
  const verifier = startVerifier(settings, { service: 'purchase', logger: silentLogger, resources });
  expect(verifier.hasAccounts).toBe(false);
  const [, token = ''] = (await asService('catalogue', 'purchase')).authorization.split(' ');
  expect(await verifier.verify(token, network)).toEqual({ kind: 'service', service: 'catalogue' });
  expect(await verifier.verify(await accessTokenFor(accountWith()), network)).toBe('wrong');
});
