import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { afterAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../testing/chromium.ts';
import { localClient } from './counterpart-settings.ts';
import { startOidcProvider } from './oidc-provider.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const browser = await launchChromium(resources);
// The client, to which the provider leads people back.
const client = createServer((_request, response) => response.end('back'));
client.listen(0, '127.0.0.1');
await once(client, 'listening');
resources.defer(() => void client.close());
const origin = `http://localhost:${(client.address() as AddressInfo).port}`;
const redirectUri = `${origin}/accounts/oidc/local/callback`;
const { issuer, stop } = await startOidcProvider({ port: 0, redirectUri });
resources.defer(stop);

/** The address to which the client sends somebody. */
const begun = `${issuer}/auth?${new URLSearchParams({
  client_id: localClient.clientId,
  redirect_uri: redirectUri,
  response_type: 'code',
  scope: 'openid email',
  state: 'a-state',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
})}`;

describe.skipIf(!browser)("the local OpenID provider's pages, in Chromium", () => {
  async function open(url: string, settings: object = {}) {
    const context = (await browser?.newContext(settings)) ?? expect.fail('There is no browser');
    resources.defer(() => context.close());
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => void asked.push(request.url()));
    const response = await page.goto(url);
    return { page, asked, status: response?.status() };
  }

  it.each([
    { width: 1_280, colorScheme: 'light' },
    { width: 320, colorScheme: 'dark' },
  ] as const)('pass axe-core, do not scroll sideways, and load nothing: $width px, $colorScheme', async (settings) => {
    const { width, colorScheme } = settings;
    for (const url of [begun, `${issuer}/`, `${issuer}/interaction/unknown`]) {
      const { page, asked } = await open(url, { viewport: { width, height: 800 }, colorScheme });
      const { violations } = (await page.evaluate(`${axe.source}; axe.run()`)) as { violations: { id: string }[] };
      expect(violations.map(({ id }) => id)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(asked.filter((other) => !other.startsWith(issuer) && !other.startsWith('data:'))).toEqual([]);
    }
  });

  it.each([
    ['Sign in', 'code'],
    ['Cancel', 'error'],
  ])('lead back to the client: %s brings a %s', async (button, parameter) => {
    const { page } = await open(begun);
    if (button === 'Sign in') await page.getByLabel('Login').fill('ann@shop.example');
    await page.getByRole('button', { name: button }).click();
    await page.getByText('back').waitFor();
    const { searchParams } = new URL(page.url());
    expect([searchParams.has(parameter), searchParams.get('state')]).toEqual([true, 'a-state']);
  });

  it('ask who it is each time, so that the same browser can sign in as somebody else', async () => {
    const { page } = await open(begun);
    for (const login of ['ann@shop.example', 'bob@shop.example']) {
      await page.goto(begun);
      await page.getByLabel('Login').fill(login);
      await page.keyboard.press('Enter');
      await page.getByText('back').waitFor();
      expect(new URL(page.url()).searchParams.has('code')).toBe(true);
    }
  });

  it('say in plain words that a sign-in has expired, and where to begin again', async () => {
    const { page, status } = await open(`${issuer}/interaction/unknown`);
    expect(status).toBe(400);
    await page.getByText('This sign-in has expired').waitFor();
    expect(await page.getByRole('link').getAttribute('href')).toBe(`${origin}/accounts/oidc/local/start`);
  });
});
