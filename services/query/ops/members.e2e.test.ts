import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../scripts/local/free-ports.ts';
import { makeLocalAdmin } from '../../../scripts/local/local-admin.ts';
import { startSystem } from '../../../scripts/local/system.ts';
import { launchChromium } from '../../../scripts/testing/chromium.ts';
import { type Person, person } from '../../../scripts/testing/people.ts';
import { testFolder } from '../../../scripts/testing/services.ts';
import { db, openTestEvent, urls } from '../../../scripts/testing/stores.ts';
import { mainOrganiser } from '../../shared/terms/identifiers.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const browser = await launchChromium(resources);
const pageMs = 20_000;

describe.skipIf(!browser)("the operator's page for members, in Chromium", { timeout: 300_000 }, () => {
  let base: string;
  let eventId: string;
  let admin: Person;
  beforeAll(async () => {
    const ports = await freePorts();
    const folder = testFolder(resources);
    await startSystem({ folder, ports, urls, resources, say: () => {}, prepare: async () => {} });
    // The name in PUBLIC_ORIGIN, and a host from which browsers accept Secure cookies without TLS.
    base = `http://localhost:${ports['load-balancer']}`;
    ({ eventId } = await openTestEvent());
    admin = person();
    await makeLocalAdmin(db, admin);
  }, 300_000);

  /** Makes a member of the main organiser with this role. */
  async function newMember(role: string): Promise<Person> {
    const someone = person();
    await makeLocalAdmin(db, someone);
    const accessToken = await accessTokenOf(admin);
    const members = `/organisers/${mainOrganiser}/members`;
    const changed = await ask('PUT', members, { email: someone.email, roles: [role] }, accessToken);
    expect(changed.status).toBe(204);
    return someone;
  }

  const accessTokenOf = async (someone: Person) =>
    ((await (await ask('POST', '/sign-ins', someone)).json()) as { accessToken: string }).accessToken;

  async function ask(method: string, path: string, body: object | undefined, accessToken?: string) {
    return await fetch(`${base}/accounts/api/v1${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** Opens the page in a browser that knows nothing yet. */
  async function open(width = 1_280, path = `/query/ops?eventId=${eventId}`): Promise<Page> {
    const context = (await browser?.newContext({ viewport: { width, height: 800 } })) ?? expect.fail('There is no browser');
    resources.defer(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(pageMs);
    await page.goto(base + path);
    return page;
  }

  /** Signs in by keyboard. The form has the focus. */
  async function signIn(page: Page, { email, password }: Person) {
    await page.keyboard.type(email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
  }

  const isOnPage = (page: Page) => page.locator('#connection-state').getByText('Live').waitFor();
  const isSignedOut = (page: Page) => page.getByRole('form', { name: 'With your account' }).waitFor();
  const says = (page: Page, text: string | RegExp) => page.getByRole('alert').getByText(text).waitFor();

  it.each([1_280, 320])('signs in and out by keyboard, passes axe-core and does not scroll sideways: %i px', async (width) => {
    const page = await open(width);
    await isSignedOut(page);
    await page.getByRole('link', { name: 'Sign in with Local provider' }).waitFor();
    const { violations } = (await page.evaluate(`${axe.source}; axe.run()`)) as { violations: { id: string }[] };
    expect(violations.map(({ id }) => id)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await signIn(page, await newMember('finance'));
    await isOnPage(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await page.getByRole('button', { name: 'Sign out' }).focus();
    await page.keyboard.press('Enter');
    await isSignedOut(page);
    expect(page.url()).toBe(`${base}/query/ops`);
    // Neither this page's session nor the one at accounts lets the browser in again.
    await page.goto(`${base}/query/ops?eventId=${eventId}`);
    await isSignedOut(page);
    const status = await page.evaluate(async () => (await fetch('/accounts/api/v1/tokens', { method: 'POST' })).status);
    expect(status).toBe(401);
  });

  it('tells a member whose role may not follow sales who can change that, and lets somebody else sign in', async () => {
    const page = await open();
    await signIn(page, await newMember('door'));
    await says(page, /^Your account may not follow sales\. .* a role that may: admin, organiser, finance, or support\.$/);
    await signIn(page, { ...admin, password: 'not the password' });
    await says(page, 'The e-mail address or the password is wrong.');
    await page.locator('#email').fill('');
    await page.locator('#password').fill('');
    await page.locator('#email').focus();
    await signIn(page, admin);
    await isOnPage(page);
    expect(page.url()).toBe(`${base}/query/ops?eventId=${eventId}`);
  });

  it('lets a member in again whose session here is over, until it is over at accounts too, and then says so', async () => {
    const page = await open();
    const member = await newMember('support');
    await signIn(page, member);
    await isOnPage(page);
    await page.context().clearCookies({ name: 'onsale_ops_member' });
    await page.goto(`${base}/query/ops?eventId=${eventId}`);
    await isOnPage(page);
    expect((await ask('DELETE', '/sessions', undefined, await accessTokenOf(member))).status).toBe(204);
    await page.context().clearCookies({ name: 'onsale_ops_member' });
    await page.goto(`${base}/query/ops?eventId=${eventId}`);
    await says(page, 'Your session has ended. Please sign in again.');
  });

  it('says that accounts cannot be reached, at signing in and at signing out', async () => {
    const page = await open();
    const away = { status: 502, body: '' };
    await page.route('**/accounts/api/v1/sign-ins', (route) => route.fulfill(away));
    const member = await newMember('organiser');
    await signIn(page, member);
    await says(page, 'Accounts cannot be reached right now.');
    await page.unroute('**/accounts/api/v1/sign-ins');
    await page.keyboard.press('Enter');
    await isOnPage(page);
    await page.route('**/accounts/api/v1/sessions/current', (route) => route.fulfill(away));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await says(page, /^You are signed out of this page\. Accounts could not be reached/);
  });

  it('signs a member in with an OpenID provider, and shows the event that was asked for', async () => {
    const member = await newMember('organiser');
    const page = await open();
    await page.getByRole('link', { name: 'Sign in with Local provider' }).click();
    await page.getByLabel('Login').fill(member.email);
    await page.keyboard.press('Enter');
    await isOnPage(page);
    expect(page.url()).toBe(`${base}/query/ops?eventId=${eventId}`);
  });
});
