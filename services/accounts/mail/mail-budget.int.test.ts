import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { testAccounts } from '../../../scripts/testing/accounts.ts';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { ask, bearer, from, person, request, signedIn } from '../../../scripts/testing/people.ts';
import { db } from '../../../scripts/testing/stores.ts';
import { createRequestLimits } from '../../shared/limits/limit-requests.ts';
import { createMailBudget } from './mail-budget.ts';

// No budget refills while a slow machine is between two requests.
beforeAll(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterAll(() => void vi.useRealTimers());

const settings = { TRUSTED_PROXIES: 1, REQUESTS_PER_SECOND: 1_000, REQUESTS_AT_ONCE: 1_000, API_KEY_PLANS: '' };

async function accountsWith(CLIENT_LIMITS: boolean) {
  const limits = createRequestLimits({ ...settings, CLIENT_LIMITS });
  return { limits, accounts: await testAccounts(db, { mailBudget: createMailBudget(limits) }) };
}

const paths = ['/sign-ups', '/sign-in-links', '/password-resets'];
/** A mail to an address that nobody else has written to. */
const newMail = (at: number, headers: Record<string, string>) =>
  request('POST', paths[at % paths.length] ?? '', { email: person().email }, headers);

it('one sender cannot write to very many addresses, and stops nobody else', async () => {
  const { accounts, limits } = await accountsWith(true);
  const someone = await signedIn(accounts);
  const as = { ...bearer(someone.accessToken), ...from('192.0.2.7') };
  const statusesOf = async (headers: Record<string, string>) => {
    const statuses: number[] = [];
    for (let at = 0; at < 33; at++) statuses.push((await accounts.app.inject(newMail(at, headers))).statusCode);
    return statuses;
  };
  const expected = [...Array<number>(30).fill(202), ...Array<number>(3).fill(429)];
  // A phone network's customer has all addresses of a /64.
  expect(await statusesOf(from('2001:db8::1'))).toEqual(expected);
  const refused = await accounts.app.inject(newMail(0, from('2001:db8::2')));
  expect(refused.json()).toMatchObject({ code: 'RATE_LIMITED', detail: 'This sender has caused too many mails' });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(limits.counts.get('mails')).toBe(4);
  await ask(accounts, newMail(0, from('2001:db8:0:1::1')), 202);
  expect(await statusesOf(as)).toEqual(expected);
  const change = { email: person().email, password: someone.password };
  await ask(accounts, request('POST', '/me/email-changes', change, as), 429);
  await ask(accounts, newMail(0, from('192.0.2.7')), 202);
  expect(await statusesOf({ ...asOperator, ...from('2001:db8::1') })).toEqual(Array(33).fill(202));
});

it('the refusal does not depend on the address', async () => {
  const { accounts } = await accountsWith(true);
  const { email } = await signedIn(accounts);
  const here = from('198.51.100.1');
  for (let at = 0; at < 30; at++) await ask(accounts, newMail(at, here), 202);
  const [known, unknown] = await Promise.all(
    [email, person().email].map((to) => accounts.app.inject(request('POST', '/sign-ups', { email: to }, here))),
  );
  expect([known?.statusCode, unknown?.statusCode, known?.body]).toEqual([429, 429, unknown?.body]);
});

it('without limits on clients there is no budget', async () => {
  const { accounts } = await accountsWith(false);
  for (let at = 0; at < 33; at++) await ask(accounts, newMail(at, from('198.51.100.2')), 202);
});
