import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { testAccounts } from '../../scripts/testing/accounts.ts';
import { ask, from, person, request, signedIn } from '../../scripts/testing/people.ts';
import { createScratchWithTables } from '../../scripts/testing/scratch-database.ts';
import { silentLogger } from '../../scripts/testing/silent-logger.ts';
import { deleteExpired, startCleaner } from './cleaner.ts';

const dayMs = 86_400_000;
const tenMinutesMs = 600_000;

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
// Of its own: everything that has expired is deleted.
const db = await createScratchWithTables(resources);
afterEach(async () => {
  vi.useRealTimers();
  await db.deleteFrom('used_oidc_states').execute();
});

const states = (count: number, expires_on: Date) =>
  Array.from({ length: count }, () => ({ digest: randomBytes(32), expires_on }));
const statesLeft = async () => (await db.selectFrom('used_oidc_states').select('expires_on').execute()).length;

it('what has expired is deleted, and nothing else', async () => {
  const accounts = await testAccounts(db);
  const { clock } = accounts;
  const tables = ['sessions', 'one_time_tokens', 'sign_in_failures', 'known_addresses'] as const;
  const count = async (table: (typeof tables)[number]) => {
    const { rows } = await db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<string>().as('rows'))
      .executeTakeFirstOrThrow();
    return Number(rows);
  };
  const counts = async () => Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await count(table)])));

  await signedIn(accounts);
  await ask(accounts, request('POST', '/password-resets', { email: person().email }), 202);
  await ask(accounts, request('POST', '/sign-ins', person(), from('192.0.2.1')), 401);
  const before = await counts();
  await deleteExpired(db, clock.nowMs);
  expect(await counts()).toEqual(before);
  await deleteExpired(db, clock.nowMs + 2 * dayMs);
  expect(await counts()).toMatchObject({
    sessions: 1,
    one_time_tokens: 0,
    sign_in_failures: 0,
    known_addresses: before.known_addresses,
  });
  await deleteExpired(db, clock.nowMs + 400 * dayMs);
  expect(await counts()).toEqual({ sessions: 0, one_time_tokens: 0, sign_in_failures: 0, known_addresses: 0 });
  expect(await db.selectFrom('accounts').select('account_id').execute()).toHaveLength(1);
});

it('more rows than one statement deletes are deleted all the same', async () => {
  const nowMs = Date.now();
  await db
    .insertInto('used_oidc_states')
    .values([...states(2_500, new Date(nowMs - 1)), ...states(3, new Date(nowMs + 1_000))])
    .execute();
  await deleteExpired(db, nowMs);
  expect(await statesLeft()).toBe(3);
});

it('is done every ten minutes, and stopping waits for what is in hand', async () => {
  const insert = () =>
    db
      .insertInto('used_oidc_states')
      .values(states(1, new Date(Date.now() - dayMs)))
      .execute();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  await insert();
  const cleaner = startCleaner({ db, logger: silentLogger });
  await vi.advanceTimersByTimeAsync(tenMinutesMs - 1);
  expect(await statesLeft()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  await cleaner.stop();
  expect(await statesLeft()).toBe(0);
  await insert();
  await vi.advanceTimersByTimeAsync(tenMinutesMs);
  expect([await statesLeft(), vi.getTimerCount()]).toEqual([1, 0]);
});

it('is tried again later if the database refuses it', async () => {
  await db
    .insertInto('used_oidc_states')
    .values(states(1, new Date(Date.now() - dayMs)))
    .execute();
  const logger = silentLogger.child({});
  const warned = vi.spyOn(logger, 'warn');
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const cleaner = startCleaner({ db, logger });
  await sql`rename table sessions to sessions_away`.execute(db);
  await vi.advanceTimersByTimeAsync(tenMinutesMs);
  await vi.waitFor(() => expect(warned).toHaveBeenCalledTimes(1), { timeout: 100_000, interval: 10 });
  expect(warned).toHaveBeenCalledWith(
    { err: expect.objectContaining({ code: 'ER_NO_SUCH_TABLE' }) },
    'expired rows were not deleted',
  );
  expect(await statesLeft()).toBe(1);
  await sql`rename table sessions_away to sessions`.execute(db);
  await vi.advanceTimersByTimeAsync(tenMinutesMs);
  await cleaner.stop();
  expect([await statesLeft(), warned.mock.calls.length]).toEqual([0, 1]);
});
