import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';

/** Somebody who is signed in. */
export type Buyer = { accessToken: string; refreshToken: string };

/** The addresses of accounts and of the local mailbox. */
export type Accounts = { accountsUrl: string; mailUrl: string };

const atOnce = 10;
const lookMs = 200;
const longestMs = 60_000;

/** Makes this many accounts, each signed in by the link of a mail, as a guest would be. */
export async function signInBuyers(accounts: Accounts, count: number): Promise<Buyer[]> {
  const run = Date.now();
  const limit = pLimit(atOnce);
  return await limit.map(Array.from({ length: count }), (_, at) => signIn(accounts, `buyer-${run}-${at}@shop.example`));
}

/** The next access tokens of these buyers, once. `validUntilMs`: the Unix time at which the first of them expires. */
export async function freshTokens(
  { accountsUrl }: Accounts,
  buyers: Buyer[],
): Promise<{ tokens: string[]; validUntilMs: number }> {
  const askedAtMs = Date.now();
  const limit = pLimit(atOnce);
  const fresh = await limit.map(buyers, ({ refreshToken }) => ask(accountsUrl, '/tokens', { refreshToken }));
  const seconds = Math.min(...fresh.map(({ expiresIn }) => expiresIn));
  return { tokens: fresh.map(({ accessToken }) => accessToken), validUntilMs: askedAtMs + seconds * 1_000 };
}

async function signIn({ accountsUrl, mailUrl }: Accounts, email: string): Promise<Buyer> {
  await ask(accountsUrl, '/sign-in-links', { email });
  const untilMs = Date.now() + longestMs;
  while (Date.now() < untilMs) {
    const mails = (await (await fetch(`${mailUrl}/messages?to=${email}`)).json()) as { links: string[] }[];
    const token = mails[0]?.links[0]?.split('#sign-in=')[1];
    if (token !== undefined) return await ask(accountsUrl, '/sign-ins/link', { token });
    await pause(lookMs);
  }
  throw new Error(`No mail came for ${email}`);
}

async function ask(accountsUrl: string, path: string, body: object): Promise<Buyer & { expiresIn: number }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${accountsUrl}/accounts/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path} returned ${response.status}: ${text}`);
  return JSON.parse(text || '{}');
}
