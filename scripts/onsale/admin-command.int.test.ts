import { expect, it } from 'vitest';
import { testAccounts } from '../testing/accounts.ts';
import { ask, bearer, person, request, signIn, signUp } from '../testing/people.ts';
import { db } from '../testing/stores.ts';
import { createAdmin } from './admin-command.ts';

const accounts = await testAccounts(db);
const origin = 'https://tickets.example';
const main = { organiserId: 'main' };

it('creates an account that is an admin, whose owner sets the password by the printed link, once', async () => {
  const someone = person();
  const text = await createAdmin(db, { ...main, email: someone.email }, origin);
  expect(text).toContain(`${someone.email} is an admin of main.`);
  const [, token = ''] = /https:\/\/tickets\.example\/accounts\/link#reset=([\w-]{43})$/.exec(text) ?? [];
  const confirm = request('POST', '/password-resets/confirmations', { token, password: someone.password });
  await ask(accounts, confirm, 204);
  await ask(accounts, confirm, 410);
  const { accessToken } = await signIn(accounts, someone);
  expect(await ask(accounts, request('GET', '/me', undefined, bearer(accessToken)))).toMatchObject({
    roles: { main: ['admin'] },
  });
});

it('makes somebody who has an account an admin, and leaves the password alone', async () => {
  const someone = await signUp(accounts);
  await createAdmin(db, { ...main, email: someone.email.toUpperCase() }, origin);
  const { accessToken } = await signIn(accounts, someone);
  expect(await ask(accounts, request('GET', '/me', undefined, bearer(accessToken)))).toMatchObject({
    roles: { main: ['admin'] },
  });
});

it('refuses what is no address, and an organiser that does not exist', async () => {
  await expect(createAdmin(db, { ...main, email: 'ana' }, origin)).rejects.toThrow('ana is not an e-mail address.');
  await expect(createAdmin(db, { organiserId: 'nobody', email: person().email }, origin)).rejects.toThrow('no organiser nobody');
});
