import { afterAll, describe, expect, it } from 'vitest';
import { testQueryApp } from '../../../scripts/testing/apps.ts';
import { launchChromium } from '../../../scripts/testing/chromium.ts';
import { purchaseAppOn } from '../../../scripts/testing/purchase-app.ts';
import { db, redis } from '../../../scripts/testing/stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const browser = await launchChromium(resources);
const query = await testQueryApp({ db, redis });
resources.defer(() => query.close());
const apps = { purchase: await purchaseAppOn(redis), query };

describe.each(Object.entries(apps))('the documents of %s', (service, app) => {
  it.each(['', '/', '/static/index.html', '/static/oauth2-redirect.html'])(
    'cannot be framed and load no foreign code: /docs%s',
    async (path) => {
      const { headers } = await app.inject(`/${service}/docs${path}`);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';.*frame-ancestors 'none'$/);
      expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' });
    },
  );

  it.skipIf(!browser)('fit on a phone, and requests can be tried there', { timeout: 300_000 }, async () => {
    const base = await app.listen({ port: 0, host: '127.0.0.1' });
    const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    const page = await browser?.newPage(phone);
    if (!page) expect.fail('no page');
    resources.defer(() => page.close());
    const complaints: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    page.on('pageerror', ({ message }) => void complaints.push(message));
    await page.goto(`${base}/${service}/docs`);
    for (const operation of await page.locator('.opblock-summary-control').all()) await operation.tap();
    const tryOut = page.locator('.opblock', { hasText: `/${service}/live` }).first();
    await tryOut.locator('.try-out__btn').tap();
    await tryOut.locator('.execute').tap();
    await tryOut.locator('.live-responses-table', { hasText: '"status": "ok"' }).waitFor();
    // A phone zooms out to fit a page that is too wide, and then reports the page's width as its own.
    expect(await page.evaluate('[innerWidth, document.documentElement.scrollWidth, visualViewport.scale]')).toEqual([
      390, 390, 1,
    ]);
    expect(complaints).toEqual([]);
    const keys = await page.locator('tr[data-param-name="idempotency-key"] input').all();
    expect(keys.length > 0).toBe(service === 'purchase');
    for (const key of keys) expect(await key.inputValue()).toBe('');
  });
});
