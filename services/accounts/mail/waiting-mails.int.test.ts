import { afterAll, expect, it } from 'vitest';
import { testAccounts } from '../../../scripts/testing/accounts.ts';
import { ask, bearer, person, request, signedIn, signUp } from '../../../scripts/testing/people.ts';
import { createScratchWithTables } from '../../../scripts/testing/scratch-database.ts';
import { unique } from '../../../scripts/testing/stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
// Of its own: a system of another test must not send these mails.
const db = await createScratchWithTables(resources);
const accounts = await testAccounts(db);

const waitingFor = async ({ email }: { email: string }) => {
  const rows = await db.selectFrom('mails').select('kind').where('recipient', '=', email).orderBy('mail_id').execute();
  return rows.map(({ kind }) => kind);
};

it('every spelling of a host is the same address, which gets three mails at once, and a host without a meaning is none', async () => {
  const local = unique('zoe');
  const spellings = ['bücher.example', 'BÜCHER.example', 'xn--bcher-kva.example', 'ｂücher.example', 'bu\u0308cher.example'];
  for (const host of spellings) await ask(accounts, request('POST', '/sign-ups', { email: `${local}@${host}` }), 202);
  const email = `${local}@xn--bcher-kva.example`;
  expect(await waitingFor({ email })).toEqual(['verify', 'verify', 'verify']);
  const refused = await ask(accounts, request('POST', '/sign-ups', { email: `${local}@\u0627a.example` }), 400);
  expect(refused.errors).toEqual([{ pointer: '#/email', detail: expect.stringContaining('must be an e-mail address') }]);
});

it('deleting an account deletes its mails that wait, and those to confirm a new address, but no others to that address', async () => {
  const [someone, other] = [await signedIn(accounts), await signUp(accounts)];
  const as = bearer(someone.accessToken);
  const fresh = person();
  await ask(accounts, request('POST', '/password-resets', { email: someone.email }), 202);
  await ask(accounts, request('POST', '/sign-in-links', { email: other.email }), 202);
  for (const { email } of [fresh, other])
    await ask(accounts, request('POST', '/me/email-changes', { email, password: someone.password }, as), 202);
  expect([await waitingFor(someone), await waitingFor(fresh)]).toEqual([['verify', 'reset'], ['email-change']]);
  const before = await waitingFor(other);
  expect(before).toContain('sign-in-link');
  await ask(accounts, request('DELETE', '/me', { password: someone.password }, as), 204);
  expect([await waitingFor(someone), await waitingFor(fresh)]).toEqual([['security'], []]);
  expect(await waitingFor(other)).toEqual(before);
});
