import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testAccounts } from '../../../scripts/testing/accounts.ts';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { launchChromium } from '../../../scripts/testing/chromium.ts';
import { ask, linkTokenOf, type Person, person, request, signUp } from '../../../scripts/testing/people.ts';
import { db, unique } from '../../../scripts/testing/stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const trustedOrigins = new Set<string>();
const accounts = await testAccounts(db, { trustedOrigins });
resources.defer(() => accounts.app.close());
await accounts.app.listen({ port: 0, host: '127.0.0.1' });
// Browsers accept Secure cookies from localhost without TLS.
const origin = `http://localhost:${(accounts.app.server.address() as AddressInfo).port}`;
trustedOrigins.add(origin);

const browser = await launchChromium(resources);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(browser === undefined)('the page that links in mails lead to', () => {
  let page: Page;
  beforeAll(async () => {
    const context = await (browser as Browser).newContext();
    resources.defer(() => context.close());
    page = await context.newPage();
  });

  const open = async (fragment: string) => {
    await page.goto('about:blank');
    await page.goto(`${origin}/accounts/link${fragment}`);
  };
  const press = (name: string) => page.getByRole('button', { name }).click();
  const result = () => page.getByRole('status');
  const fill = async ({ email, password }: Partial<Person>) => {
    if (email) await page.getByLabel('E-mail address').fill(email);
    if (password) await page.getByLabel('Password').fill(password);
  };
  const says = async (text: string) => await result().filter({ hasText: text }).waitFor();
  /** Whether the browser has a session, as any of our pages would ask. */
  const isSignedIn = () => page.evaluate(async () => (await fetch('/accounts/api/v1/tokens', { method: 'POST' })).ok);

  it('signs up, chooses a password and signs in, with a session that stays in the browser', async () => {
    const someone = person();
    await open('#sign-up');
    await fill({ email: someone.email });
    await press('Sign up');
    await says('look into your inbox');
    const token = linkTokenOf(accounts, someone.email);
    await open(`#welcome=${token}`);
    // A link's token must not stay in the history.
    expect(page.url()).toBe(`${origin}/accounts/link#welcome`);
    await page.getByLabel('Name').fill('Ana Novak');
    await fill({ password: 'password123' });
    await press('Create the account');
    await says('password must not be among the most common passwords');
    await fill({ password: someone.password });
    await press('Create the account');
    await says('your account is ready');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await fill({ ...someone, password: 'a wrong password' });
    await press('Sign in');
    await says('The e-mail address or the password is wrong');
    expect(await isSignedIn()).toBe(false);
    await fill(someone);
    await press('Sign in');
    await says('You are signed in');
    expect(await isSignedIn()).toBe(true);
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  it('opens without using the link: only a click does', async () => {
    const someone = await signUp(accounts);
    await ask(accounts, request('POST', '/sign-in-links', { email: someone.email }), 202);
    const token = linkTokenOf(accounts, someone.email);
    await page.context().clearCookies();
    await open(`#sign-in=${token}`);
    await open(`#sign-in=${token}`);
    await press('Sign in');
    await says('You are signed in');
    expect(await isSignedIn()).toBe(true);
    await open(`#sign-in=${token}`);
    await press('Sign in');
    await says('The link was already used, or has expired');
  });

  it('sets a new password, and says why one is refused', async () => {
    const someone = await signUp(accounts);
    await open('#forgotten');
    await fill({ email: someone.email });
    await press('Send the link');
    await says('look into your inbox');
    await open(`#reset=${linkTokenOf(accounts, someone.email)}`);
    await fill({ password: 'password123' });
    await press('Set the password');
    await says('password must not be among the most common passwords');
    await fill({ password: 'an entirely new one' });
    await press('Set the password');
    await says('The new password is valid');
  });

  it('accepts an invitation by a click', async () => {
    const { email } = person();
    const organiserId = unique('house');
    await ask(accounts, request('PUT', `/organisers/${organiserId}`, { name: 'A house' }, asOperator), 201);
    const members = `/organisers/${organiserId}/members`;
    await ask(accounts, request('PUT', members, { email, roles: ['door'] }, asOperator), 202);
    await open(`#invitation=${linkTokenOf(accounts, email)}`);
    await press('Accept');
    await says('you are a member now');
    const list = await ask(accounts, request('GET', members, undefined, asOperator));
    expect(list).toMatchObject({ members: [{ email, roles: ['door'] }], invitations: [] });
  });

  it('is where a sign-in with a provider that did not work leads on to', async () => {
    await page.goto(`${origin}/accounts/oidc/nobody/start`);
    await page.getByRole('heading', { name: 'There is no such provider' }).waitFor();
    expect(await page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(({ id }) => id))`)).toEqual([]);
    await page.getByRole('link', { name: 'Sign in another way' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  it.each(['', '#sign-up', '#forgotten', '#welcome=x', '#invitation=x', '#verify=x', '#reset=x'])(
    'at %j is accessible, in light and dark, also on a phone',
    async (fragment) => {
      await page.setViewportSize({ width: 320, height: 640 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await open(fragment);
        await page.getByRole('button').waitFor();
        // Like a bookmarklet, past the page's Content-Security-Policy.
        const violations = await page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(({ id }) => id))`);
        expect(violations).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
      }
    },
  );
});
