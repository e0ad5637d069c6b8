import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { afterAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../testing/chromium.ts';
import { startTestPayments } from '../../testing/payments.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const browser = await launchChromium(resources);
const { payments, providers } = await startTestPayments(resources);
const origin = payments.url.replace('127.0.0.1', 'localhost');
// The seller, to whom the buyer is sent back.
const seller = createServer((_request, response) => response.end('back'));
seller.listen(0, '127.0.0.1');
await once(seller, 'listening');
resources.defer(() => {
  seller.closeAllConnections();
  seller.close();
});
const returnUrl = `http://localhost:${(seller.address() as AddressInfo).port}/return?key=1`;

let attempts = 0;
const newPayment = (name: 'stripe' | 'paypal') =>
  providers[name].create({
    checkoutId: 'c-1',
    attempt: ++attempts,
    amountMinor: 12_050,
    currency: 'EUR',
    description: 'Winter Gala: 2 tickets <b>',
    email: 'ann@shop.example',
    returnUrl,
  });

describe.skipIf(!browser)('the page of the local payment providers, in Chromium', () => {
  async function open(url: string, settings: object = {}) {
    const context = (await browser?.newContext(settings)) ?? expect.fail('There is no browser');
    resources.defer(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(100_000);
    const asked: string[] = [];
    page.on('request', (request) => void asked.push(request.url()));
    await page.goto(url);
    return { page, asked };
  }

  it.each([
    { width: 1_280, colorScheme: 'light' },
    { width: 320, colorScheme: 'dark' },
  ] as const)('passes axe-core, does not scroll sideways, and loads nothing: $width px, $colorScheme', async (settings) => {
    const { width, colorScheme } = settings;
    const stripe = await newPayment('stripe');
    const paypal = await newPayment('paypal');
    const confirming = await newPayment('stripe');
    payments.act(confirming.ref, 'require-action');
    const paid = await newPayment('stripe');
    payments.act(paid.ref, 'succeed');
    const urls = [stripe.actionUrl, paypal.actionUrl, `${origin}/pay/${confirming.ref}`, `${origin}/pay/${paid.ref}`];
    for (const url of [...urls, `${origin}/`, `${origin}/pay/unknown`]) {
      const { page, asked } = await open(url ?? '', { viewport: { width, height: 900 }, colorScheme });
      const { violations } = (await page.evaluate(`${axe.source}; axe.run()`)) as { violations: { id: string }[] };
      expect(violations.map(({ id }) => id)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(asked.filter((other) => !other.startsWith(origin) && !other.startsWith('data:'))).toEqual([]);
    }
  });

  it.each([
    ['stripe', 'Pay', 'authorized'],
    ['stripe', 'Pay with a method that cannot wait', 'captured'],
    ['stripe', 'Decline', 'failed'],
    ['stripe', 'Pay slowly', 'processing'],
    ['stripe', 'Pay late', 'created'],
    ['stripe', 'Go back without paying', 'created'],
    ['paypal', 'Pay', 'authorized'],
    ['paypal', 'Decline', 'failed'],
    ['paypal', 'Pay slowly', 'processing'],
    ['paypal', 'Go back without paying', 'requires_action'],
  ] as const)('leads back to the seller: %s, "%s": %s', async (name, button, state) => {
    const { ref, actionUrl = '' } = await newPayment(name);
    const { page } = await open(actionUrl);
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.getByText('back', { exact: true }).waitFor();
    const { pathname, searchParams } = new URL(page.url());
    expect([pathname, searchParams.get('key')]).toEqual(['/return', '1']);
    expect(searchParams.get(name === 'stripe' ? 'payment_intent' : 'token')).toBe(ref);
    expect((await providers[name].retrieve(ref)).state).toBe(state);
  });

  it('asks for 3-D Secure, which may fail, and can be tried again', async () => {
    const { ref, actionUrl = '' } = await newPayment('stripe');
    const { page } = await open(actionUrl);
    const press = async (name: string) => await page.getByRole('button', { name, exact: true }).click();
    await press('Ask for 3-D Secure');
    await page.getByRole('heading', { name: '3-D Secure' }).waitFor();
    const asked = await providers.stripe.retrieve(ref);
    expect([asked.state, asked.actionUrl]).toEqual(['requires_action', `${origin}/pay/${ref}`]);
    await press('Fail');
    await page.getByText('back', { exact: true }).waitFor();
    expect(await providers.stripe.retrieve(ref)).toMatchObject({ state: 'failed', declineCode: 'authentication_failure' });
    await page.goto(`${origin}/pay/${ref}`);
    await press('Ask for 3-D Secure');
    await press('Confirm');
    await page.getByText('back', { exact: true }).waitFor();
    expect((await providers.stripe.retrieve(ref)).state).toBe('authorized');
  });

  it('keeps quiet about a payment after which it crashed', async () => {
    const { ref, actionUrl = '' } = await newPayment('stripe');
    const { page } = await open(actionUrl);
    await page.getByRole('button', { name: 'Pay, then crash' }).click();
    await page.getByText('There is nothing left to do here').waitFor();
    expect((await providers.stripe.retrieve(ref)).state).toBe('authorized');
    const waiting = [...payments.journal.events.values()].filter((event) => event.ref === ref && event.body !== undefined);
    expect(waiting.map(({ type }) => type)).toEqual(['payment_intent.amount_capturable_updated']);
  });
});
