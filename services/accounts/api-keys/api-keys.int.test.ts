import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testAccounts } from '../../../scripts/testing/accounts.ts';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { ask, bearer, request, signedIn } from '../../../scripts/testing/people.ts';
import { db, unique } from '../../../scripts/testing/stores.ts';
import { serviceSecret } from '../../../scripts/testing/tokens.ts';
import { createServiceTokens } from '../../shared/identity/service-tokens.ts';

const accounts = await testAccounts(db);
const { app, clock, directory } = accounts;
const asService = bearer(await createServiceTokens(serviceSecret, 'purchase').for('accounts'));

async function organiser(plan = 'standard'): Promise<string> {
  const organiserId = unique('house');
  await ask(accounts, request('PUT', `/organisers/${organiserId}`, { name: 'A house', plan }, asOperator), 201);
  return organiserId;
}
const url = (organiserId: string) => `/organisers/${organiserId}/api-keys`;
const create = (organiserId: string, body: object = {}) =>
  request('POST', url(organiserId), { name: 'Till 2', scopes: ['sell', 'door'], ...body }, asOperator);
const list = async (organiserId: string) => (await ask(accounts, request('GET', url(organiserId), undefined, asOperator))).keys;

type Entry = { keyId: string; digest: string };
async function readDirectory(etag?: string) {
  const headers = { ...asService, ...(etag && { 'if-none-match': etag }) };
  return await app.inject({ method: 'GET', url: '/accounts/internal/api-keys', headers });
}
const entryOf = async (keyId: string): Promise<Entry | undefined> =>
  (await readDirectory()).json().keys.find((one: Entry) => one.keyId === keyId);

describe('an API key', () => {
  it('is shown once, and its secret is stored nowhere', async () => {
    const organiserId = await organiser();
    const { key, keyId, ...entry } = await ask(accounts, create(organiserId), 201);
    expect(key).toMatch(/^onsale_[\w-]{16}\.[\w-]{43}$/);
    expect(entry).toMatchObject({ name: 'Till 2', scopes: ['sell', 'door'], plan: 'standard', createdBy: 'operator' });
    const [, secret = ''] = key.split('.');
    expect(await list(organiserId)).toEqual([{ keyId, ...entry }]);
    const rows = await db.selectFrom('api_keys').selectAll().where('key_id', '=', keyId).execute();
    const audits = await db.selectFrom('account_audits').selectAll().where('organiser_id', '=', organiserId).execute();
    for (const stored of [rows, audits]) expect(JSON.stringify(stored)).not.toContain(secret);
    expect(audits.map(({ action }) => action)).toContain('key.created');
  });

  it('is recognised by services until it is revoked, or expires', async () => {
    const organiserId = await organiser();
    const expiresOn = new Date(clock.nowMs + 60_000).toISOString();
    const lasting = await ask(accounts, create(organiserId), 201);
    const brief = await ask(accounts, create(organiserId, { expiresOn }), 201);
    await directory.refresh();
    const principal = () => app.inject(request('GET', url(organiserId), undefined, bearer(lasting.key)));
    // It is known, but may not manage keys.
    expect((await principal()).statusCode).toBe(403);
    expect(await entryOf(brief.keyId)).toMatchObject({ organiserId, expiresOn, scopes: ['sell', 'door'], plan: 'standard' });
    clock.nowMs += 60_000;
    expect(await entryOf(brief.keyId)).toBeUndefined();
    const revoke = request('DELETE', `${url(organiserId)}/${lasting.keyId}`, undefined, asOperator);
    await ask(accounts, revoke, 204);
    await ask(accounts, revoke, 204);
    expect(await entryOf(lasting.keyId)).toBeUndefined();
    await directory.refresh();
    expect((await principal()).statusCode).toBe(401);
    expect((await list(organiserId)).find((one: Entry) => one.keyId === lasting.keyId)).toHaveProperty('revokedOn');
  });

  it("has at most its organiser's plan, which is the default", async () => {
    const [small, big] = [await organiser(), await organiser('partner')];
    expect(await ask(accounts, create(small, { plan: 'vip' }), 400)).toMatchObject({ errors: [{ pointer: '#/plan' }] });
    expect(await ask(accounts, create(big), 201)).toMatchObject({ plan: 'partner' });
    expect(await ask(accounts, create(big, { plan: 'standard' }), 201)).toMatchObject({ plan: 'standard' });
  });

  it('is listed while it is live, however many came and went after it', async () => {
    const organiserId = await organiser();
    const [lasting, model] = [await ask(accounts, create(organiserId), 201), await ask(accounts, create(organiserId), 201)];
    const row = await db.selectFrom('api_keys').selectAll().where('key_id', '=', model.keyId).executeTakeFirstOrThrow();
    const [createdOn, endedOn] = [new Date(clock.nowMs + 2_000), new Date(clock.nowMs - 1_000)];
    const ended = Array.from({ length: 1_000 }, (_, at) => ({
      ...row,
      key_id: randomBytes(12).toString('base64url'),
      created_on: createdOn,
      ...(at % 2 === 0 ? { revoked_on: endedOn } : { expires_on: endedOn }),
    }));
    await db.insertInto('api_keys').values(ended).execute();
    const listed = await list(organiserId);
    expect(listed).toHaveLength(1_000);
    expect(
      listed
        .slice(0, 2)
        .map(({ keyId }: Entry) => keyId)
        .sort(),
    ).toEqual([lasting.keyId, model.keyId].sort());
  });

  it("has no more than its organiser's plan when that becomes less, and has its own again when it becomes more", async () => {
    const organiserId = await organiser('vip');
    const { keyId } = await ask(accounts, create(organiserId), 201);
    const put = (plan: string) =>
      ask(accounts, request('PUT', `/organisers/${organiserId}`, { name: 'A house', plan }, asOperator));
    for (const plan of ['standard', 'vip'] as const) {
      await put(plan);
      expect(await entryOf(keyId)).toMatchObject({ plan });
      expect(await list(organiserId)).toMatchObject([{ keyId, plan }]);
    }
  });

  it.each([
    [{ scopes: [] }, '#/scopes'],
    [{ scopes: ['everything'] }, '#/scopes/0'],
    [{ expiresOn: '2020-01-01T00:00:00Z' }, '#/expiresOn'],
    [{ expiresOn: '2027-13-45T00:00:00Z' }, '#/expiresOn'],
    [{ expiresOn: 'tomorrow' }, '#/expiresOn'],
    [{ name: '' }, '#/name'],
    [{ secret: 'mine' }, '#/secret'],
  ])('with %j is refused with a pointer', async (body, pointer) => {
    const organiserId = await organiser();
    expect((await ask(accounts, create(organiserId, body), 400)).errors).toContainEqual(expect.objectContaining({ pointer }));
  });

  it('is one of a hundred at most that are live, however many are created together', async () => {
    const organiserId = await organiser();
    const answers = await Promise.all(Array.from({ length: 105 }, () => app.inject(create(organiserId))));
    const statuses = answers.map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 201)).toHaveLength(100);
    expect(statuses.filter((status) => status === 409)).toHaveLength(5);
  });
});

describe('the directory of keys', () => {
  it('is for services alone', async () => {
    const someone = await signedIn(accounts);
    const get = (headers = {}) => app.inject({ method: 'GET', url: '/accounts/internal/api-keys', headers });
    expect((await get()).statusCode).toBe(401);
    expect((await get(asOperator)).statusCode).toBe(403);
    expect((await get(bearer(someone.accessToken))).statusCode).toBe(403);
    const forAnother = await createServiceTokens(serviceSecret, 'purchase').for('query');
    expect((await get(bearer(forAnother))).statusCode).toBe(401);
    const forged = await createServiceTokens('another secret of 32 characters!!', 'purchase').for('accounts');
    expect((await get(bearer(forged))).statusCode).toBe(401);
    expect((await get(asService)).statusCode).toBe(200);
  });

  it('has the digest of each secret, and an ETag that spares reading it again', async () => {
    const { key, keyId } = await ask(accounts, create(await organiser()), 201);
    const { digest } = (await entryOf(keyId)) ?? {};
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(key).not.toContain(digest);
    const first = await readDirectory();
    const etag = String(first.headers.etag);
    // Other tests of the run may create keys meanwhile.
    const again = await readDirectory(etag);
    expect([304, 200]).toContain(again.statusCode);
    if (again.statusCode === 200) expect(again.headers.etag).not.toBe(etag);
  });

  it('notes the last use of keys, never backwards and never in the future', async () => {
    const organiserId = await organiser();
    const { keyId } = await ask(accounts, create(organiserId), 201);
    const note = (uses: object) =>
      app.inject({ method: 'POST', url: '/accounts/internal/api-key-uses', headers: asService, payload: { uses } });
    const at = (ms: number) => new Date(clock.nowMs + ms).toISOString();
    const lastUsedOn = async () => (await list(organiserId))[0].lastUsedOn;
    expect(await lastUsedOn()).toBeUndefined();
    expect((await note({ [keyId]: at(5), ['A'.repeat(16)]: at(0) })).statusCode).toBe(204);
    clock.nowMs += 1_000;
    const noted = at(0);
    await note({ [keyId]: noted });
    await note({ [keyId]: at(-500) });
    expect(await lastUsedOn()).toBe(noted);
    await note({ [keyId]: at(86_400_000) });
    expect(await lastUsedOn()).toBe(noted);
    expect((await note({})).statusCode).toBe(204);
    expect((await note({ [keyId]: '2026-99-99T99:99:99Z' })).statusCode).toBe(204);
    expect((await note({ "x' or 1": at(0) })).statusCode).toBe(400);
  });
});
