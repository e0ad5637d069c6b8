import { afterAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../scripts/local/free-ports.ts';
import { startSystem } from '../../../scripts/local/system.ts';
import { launchChromium } from '../../../scripts/testing/chromium.ts';
import { testFolder } from '../../../scripts/testing/services.ts';
import { unique, urls } from '../../../scripts/testing/stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const browser = await launchChromium(resources);

describe.skipIf(!browser)('the system on one machine, in Chromium', () => {
  it('signs somebody in with the local OpenID provider, from the link to its page and back to ours', async () => {
    const ports = await freePorts();
    await startSystem({ folder: testFolder(resources), ports, urls, resources, say: () => {}, prepare: async () => {} });
    const base = `http://localhost:${ports['load-balancer']}`;
    const email = `${unique('ann')}@shop.example`;
    const page = (await browser?.newPage()) ?? expect.fail('There is no browser');
    // Chromium, the provider and a whole system share a busy machine.
    page.setDefaultTimeout(60_000);
    await page.goto(`${base}/accounts/oidc/local/start?returnTo=/accounts/live`);
    expect(new URL(page.url()).port).toBe(String(ports['oidc-provider']));
    await page.getByLabel('Login').fill(email);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL((url) => url.origin === base);
    expect([page.url(), await page.textContent('body')]).toEqual([`${base}/accounts/live`, '{"status":"ok"}']);

    const cookies = await page.context().cookies(base);
    expect(cookies.find(({ name }) => name === '__Host-onsale-session')).toMatchObject({
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
    });
    expect(cookies.map(({ name }) => name)).not.toContain('__Host-onsale-oidc');
    const me = await page.evaluate(`(async () => {
      const tokens = await (await fetch('/accounts/api/v1/tokens', { method: 'POST' })).json();
      const headers = { authorization: 'Bearer ' + tokens.accessToken };
      return await (await fetch('/accounts/api/v1/me', { headers })).json();
    })()`);
    expect(me).toMatchObject({ email, hasPassword: false });
  });
});
