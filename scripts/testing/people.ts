import type { InjectOptions } from 'fastify';
import { expect } from 'vitest';
import type { testAccounts } from './accounts.ts';
import { unique } from './stores.ts';

type Accounts = Awaited<ReturnType<typeof testAccounts>>;

const api = '/accounts/api/v1';

/** Somebody whom no other test knows. */
export const person = () => ({ email: `${unique('person')}@shop.example`, password: `${unique('secret')}!` });
export type Person = ReturnType<typeof person>;

/** A request to accounts' API. */
export const request = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): InjectOptions => ({ method, url: api + path, headers, ...(body && { payload: body }) });

/** The headers of somebody with an access token, and of a client at an address. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
export const from = (address: string) => ({ 'x-forwarded-for': address });

/** The token of the link in the last mail to an address. */
export function linkTokenOf({ mails }: Accounts, to: string): string {
  const mail = mails.findLast((one) => one.to === to);
  const token = mail && 'link' in mail ? mail.link?.split('=')[1] : undefined;
  if (token === undefined) throw new Error(`No mail with a link for ${to}, but ${JSON.stringify(mail)}`);
  return token;
}

/** Sends a request that must have this status. Returns its body. */
export async function ask(accounts: Accounts, given: InjectOptions, status = 200) {
  const answer = await accounts.app.inject(given);
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.body === '' ? undefined : answer.json();
}

/** Signs somebody up, with the mail's link. */
export async function signUp(accounts: Accounts, someone: Person = person()): Promise<Person> {
  await ask(accounts, request('POST', '/sign-ups', { email: someone.email }), 202);
  const body = { token: linkTokenOf(accounts, someone.email), password: someone.password };
  await ask(accounts, request('POST', '/sign-ups/confirmations', body), 204);
  return someone;
}

type Tokens = { accessToken: string; refreshToken: string };

export const signIn = (accounts: Accounts, { email, password }: Person, headers = {}): Promise<Tokens> =>
  ask(accounts, request('POST', '/sign-ins', { email, password }, headers));

/** Somebody new, who is signed in. */
export async function signedIn(accounts: Accounts): Promise<Person & Tokens & { accountId: string }> {
  const someone = await signUp(accounts);
  const tokens = await signIn(accounts, someone);
  const { accountId } = await ask(accounts, request('GET', '/me', undefined, bearer(tokens.accessToken)));
  return { ...someone, ...tokens, accountId };
}
