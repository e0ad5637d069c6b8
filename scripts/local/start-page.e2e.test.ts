import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../testing/chromium.ts';
import { startTestNginx, startUpstream } from '../testing/nginx.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const browser = await launchChromium(resources);

describe.skipIf(!browser)('the start page, in Chromium', () => {
  let url: string;
  beforeAll(async () => {
    const upstream = await startUpstream(resources);
    const { port } = await startTestNginx(resources, upstream.port);
    url = `http://localhost:${port}/`;
  });

  /** Opens the page. Returns it with the errors that it reports, such as a violation of its Content-Security-Policy. */
  async function open(settings: object) {
    const context = (await browser?.newContext(settings)) ?? expect.fail('There is no browser');
    resources.defer(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', ({ message }) => void complaints.push(message));
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) complaints.push(`loads ${request.url()}`);
    });
    await page.goto(url);
    return { page, complaints };
  }

  it.each([
    { width: 1_440, height: 900, colorScheme: 'light' },
    { width: 1_440, height: 900, colorScheme: 'dark' },
    { width: 360, height: 740, colorScheme: 'light' },
    { width: 360, height: 740, colorScheme: 'dark' },
  ] as const)('passes axe-core, does not scroll sideways, and loads nothing: $width px, $colorScheme', async (settings) => {
    const { width, height, colorScheme } = settings;
    const { page, complaints } = await open({ viewport: { width, height }, colorScheme });
    expect(await page.title()).toBe('Onsale is running');
    const { violations } = (await page.evaluate(`${axe.source}; axe.run()`)) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(complaints).toEqual([]);
  });

  it('copies a command as it stands', async () => {
    const { page, complaints } = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = String(await page.evaluate('navigator.clipboard.readText()'));
    expect(copied).toMatch(/^curl -i .*\\\n {2}-d '\{"venueId":"Venue1".*\}'$/);
    expect(complaints).toEqual([]);
  });

  it('is whole without JavaScript, except for the buttons', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    expect(await page.getByRole('heading').count()).toBeGreaterThan(8);
    expect(await page.getByText('curl -i').isVisible()).toBe(true);
    expect(await page.getByRole('button').count()).toBe(0);
  });
});
