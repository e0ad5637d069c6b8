import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { asPayerOf, startTestCheckout } from '../../../scripts/testing/checkout.ts';
import { launchChromium } from '../../../scripts/testing/chromium.ts';
import { post } from '../../../scripts/testing/http.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const browser = await launchChromium(resources);
const system = await startTestCheckout(resources);

/** A checkout of two seats, and the page at which it is paid. */
async function begin() {
  const holdId = await system.hold(await system.openEvent(), 2);
  const { body } = await post(`${system.base}/checkout/api/v1/checkouts`, { holdId, email: 'ann@example.com' });
  const checkoutId = String(body['checkoutId']);
  return { checkoutId, url: `${system.base}/checkout/pay/${checkoutId}#${body['checkoutToken']}` };
}

async function open(url: string, width = 1_280): Promise<Page> {
  const context = (await browser?.newContext({ viewport: { width, height: 900 } })) ?? expect.fail('There is no browser');
  resources.defer(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(100_000);
  await page.goto(url);
  return page;
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** Nobody is kept out, and nothing is cut off. */
async function expectReadable(page: Page, width: number) {
  const { violations } = (await page.evaluate(`${axe.source}; axe.run()`)) as { violations: { id: string }[] };
  expect(violations.map(({ id }) => id)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
}

describe.skipIf(!browser)('the page at which a buyer pays, in Chromium', () => {
  it.each([1_280, 320])('leads from the seats over a declined card to the order: %d px', async (width) => {
    const page = await open((await begin()).url, width);
    await heading(page, '2 tickets, 200.00 USD');
    expect(await page.getByRole('listitem').allTextContents()).toEqual(['Row A, seat 5', 'Row A, seat 6']);
    await expectReadable(page, width);
    await page.getByRole('link', { name: 'Pay 200.00 USD with Stripe' }).click();
    await press(page, 'Decline');
    await page.getByText('The payment did not succeed. Nothing was taken.').waitFor();
    await expectReadable(page, width);
    await press(page, 'Try again');
    await page.getByRole('link', { name: 'Pay 200.00 USD with Stripe' }).click();
    await press(page, 'Pay');
    await heading(page, 'Thank you');
    await expectReadable(page, width);
  });

  it('lets the buyer give up the seats', async () => {
    const { url, checkoutId } = await begin();
    const page = await open(url);
    await press(page, 'Give up the seats');
    await heading(page, 'Not paid');
    const response = await fetch(`${system.base}/checkout/api/v1/checkouts/${checkoutId}`, { headers: asPayerOf(checkoutId) });
    expect(await response.json()).toMatchObject({ status: 'cancelled' });
  });

  it.each([
    ['without its token', (url: string) => url.replace(/#.*/, '')],
    ['with another token', (url: string) => `${url.slice(0, -3)}abc`],
    ['with a token that is none', (url: string) => `${url}abc`],
    ['of a checkout that there is not', (url: string) => url.replace(/pay\/.{8}/, 'pay/00000000')],
  ])('says that a link does not work: one %s', async (_what, broken) => {
    const page = await open(broken((await begin()).url));
    await heading(page, 'This link does not work');
    expect(await page.locator('#result').textContent()).toBe('');
  });
});
