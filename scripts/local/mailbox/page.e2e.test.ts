import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { afterAll, describe, expect, it } from 'vitest';
import { renderMail } from '../../../services/accounts/mail/templates.ts';
import { launchChromium } from '../../testing/chromium.ts';
import { startMailbox } from './mailbox.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const browser = await launchChromium(resources);
const folder = mkdtempSync(join(tmpdir(), 'mailbox-'));
resources.defer(() => rmSync(folder, { recursive: true, force: true }));
const { url, messages, stop } = await startMailbox({ port: 0, folder });
resources.defer(stop);

const link = '/messages#verify=abc';
const receive = (to: string) => {
  const words = renderMail({ to, kind: 'verify', link, validMinutes: 60 }, url);
  messages.add({ from: 'tickets@onsale.example', to: [to], headers: {}, tags: {}, ...words });
};

describe.skipIf(!browser)("the mailbox's pages, in Chromium", () => {
  /** Opens a page. Returns it with the errors that it reports, such as a violation of its Content-Security-Policy. */
  async function open(path: string, settings: object = {}) {
    const context = (await browser?.newContext(settings)) ?? expect.fail('There is no browser');
    resources.defer(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', ({ message }) => void complaints.push(message));
    await page.goto(url + path);
    return { page, context, complaints };
  }

  it.each([
    { width: 1_280, colorScheme: 'light', mails: 0 },
    { width: 1_280, colorScheme: 'light', mails: 3 },
    { width: 1_280, colorScheme: 'dark', mails: 3 },
    { width: 360, colorScheme: 'light', mails: 3 },
  ] as const)('pass axe-core and do not scroll sideways: $mails mails, $width px, $colorScheme', async (settings) => {
    const { width, colorScheme, mails } = settings;
    messages.clear();
    for (let at = 0; at < mails; at++) receive(`somebody-with-a-long-name-${at}@a-long-host-name-of-a-shop.example`);
    const paths = [
      '/',
      ...messages
        .all()
        .slice(0, 1)
        .map(({ messageId }) => `/messages/${messageId}`),
    ];
    for (const path of paths) {
      const { page, complaints } = await open(path, { viewport: { width, height: 800 }, colorScheme });
      // In the page itself: a mail in its sandbox runs nothing.
      const { violations } = (await page.evaluate(`${axe.source}; axe.run({ exclude: ['iframe'] }, { iframes: false })`)) as {
        violations: { id: string; nodes: { html: string }[] }[];
      };
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(complaints).toEqual([]);
      if (process.env.SCREENSHOTS) {
        const name = `${path === '/' ? 'inbox' : 'mail'}-${mails}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: join(process.env.SCREENSHOTS, name), fullPage: true });
      }
    }
  });

  it('show a mail as it comes, open it, and follow its link in a new tab, from its HTML too', async () => {
    messages.clear();
    const { page, context, complaints } = await open('/');
    await page.getByText('No mails yet').waitFor();
    receive('ann@shop.example');
    await page.getByText('1 mail', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Confirm your e-mail address' }).click();
    await page.getByRole('heading', { name: 'Confirm your e-mail address' }).first().waitFor();
    const button = page.frameLocator('iframe').getByRole('link', { name: 'Confirm address' });
    const [opened] = await Promise.all([context.waitForEvent('page'), button.click()]);
    await opened.waitForURL(url + link);
    expect(complaints).toEqual([]);
    await page.getByRole('link', { name: 'All mails' }).click();
    await page.getByRole('button', { name: 'Delete all' }).click();
    await page.getByText('No mails yet').waitFor();
    expect(messages.all()).toEqual([]);
  });

  it('run nothing that a mail contains', async () => {
    messages.clear();
    const html =
      '<html><head></head><body><script>top.document.title = "attacked"</script><img src="x" onerror="alert(1)"></body></html>';
    const subject = '<script>document.title = "attacked"</script>';
    messages.add({ from: 'a@b.example', to: ['c@d.example'], headers: {}, tags: {}, subject, text: subject, html });
    const { page } = await open(`/messages/${messages.all()[0]?.messageId}`);
    await page.frameLocator('iframe').locator('img').waitFor({ state: 'attached' });
    expect(await page.title()).toBe(subject);
  });
});
