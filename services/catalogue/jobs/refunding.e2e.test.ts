import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { localPaymentKeys } from '../../../scripts/local/payments/local-keys.ts';
import { startPayments } from '../../../scripts/local/payments/payments.ts';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { get, post } from '../../../scripts/testing/http.ts';
import { createScratchUrls } from '../../../scripts/testing/scratch-database.ts';
import { startTestService, testFolder } from '../../../scripts/testing/services.ts';
import { openHall, rowSeats, sell } from '../../../scripts/testing/sold-event.ts';
import { createMessaging, planOf, redis } from '../../../scripts/testing/stores.ts';
import { readSequence } from '../../shared/inventory/inventory.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';
import { connectDatabase } from '../../shared/stores/database.ts';
import { countSold } from './cancel-event.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

it('a cancellation gives all money back once, though catalogue, checkout and purchase are killed meanwhile', {
  timeout: 600_000,
}, async () => {
  const messaging = await createMessaging();
  // Its own: another test's checkout would go on with these.
  const { databaseUrl } = await createScratchUrls(resources);
  const db = connectDatabase(databaseUrl, 2);
  resources.defer(() => db.destroy());
  const webhooks = { stripeWebhookUrl: 'http://127.0.0.1:1/stripe', paypalWebhookUrl: 'http://127.0.0.1:1/paypal' };
  const payments = await startPayments({ port: 0, folder: testFolder(resources), ...webhooks });
  resources.defer(() => payments.stop());
  const settings = {
    ...{ DATABASE_URL: databaseUrl, DATABASE_READER_URL: databaseUrl },
    ...{ ...localPaymentKeys, STRIPE_URL: payments.url, PAYPAL_URL: payments.url },
  };
  const start = (service: 'purchase' | 'checkout' | 'catalogue', env: Record<string, string> = {}) =>
    startTestService(service, messaging, { resources, env: { ...settings, ...env } });
  const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });

  const event = await openHall();
  const { eventId } = event;
  await openEvent(db, redis, planOf(event));
  const purchase = await start('purchase');
  const checkout = await start('checkout', { PURCHASE_URL: purchase.base });
  for (const row of 'ABC') for (let column = 1; column <= 10; column++) await sell(event, rowSeats(row, column));
  const paid = 15;
  for (let at = 0; at < paid; at++) {
    const provider = at % 3 === 0 ? 'paypal' : 'stripe';
    const seats = [{ zoneId: 1, row: at < 10 ? 'D' : 'E', column: (at % 10) + 1 }];
    const held = await post(`${purchase.base}/purchase/api/v1/holds`, { eventId, seats });
    const { holdId } = held.body as { holdId: string };
    const opened = await post(`${checkout.base}/checkout/api/v1/checkouts`, { holdId, email: 'ann@example.com', provider });
    const { checkoutId, checkoutToken } = opened.body as { checkoutId: string; checkoutToken: string };
    const mine = [...payments.journal.payments.values()].find(({ metadata }) => JSON.stringify(metadata).includes(checkoutId));
    payments.act(mine?.ref ?? '', 'succeed');
    await fetch(`${checkout.base}/checkout/return/${checkoutId}?checkoutToken=${checkoutToken}`, { redirect: 'manual' });
    const shown = await get(`${checkout.base}/checkout/api/v1/checkouts/${checkoutId}`, { 'checkout-token': checkoutToken });
    expect(shown.body).toMatchObject({ status: 'paid' });
  }
  const sold = await countSold(redis, eventId);
  expect(sold).toBe(30 + paid);

  const path = `/catalogue/api/v1/events/${eventId}/cancellation`;
  const first = await start('catalogue', { PURCHASE_URL: purchase.base, CHECKOUT_URL: checkout.base });
  expect(await post(first.base + path, { confirm: eventId }, asOperator)).toMatchObject({ status: 202 });
  // Some money is on its way back, and not all.
  await waitFor(async () => expect(payments.journal.refunds.size).toBeGreaterThan(0));
  for (const service of [first, checkout, purchase]) service.kill('SIGKILL');
  await Promise.all([first.exited, checkout.exited, purchase.exited]);
  const given = payments.journal.refunds.size;

  // Alone, catalogue says what it waits for.
  const lonely = await start('catalogue', { PURCHASE_URL: purchase.base, CHECKOUT_URL: checkout.base });
  const progress = async (base: string) => (await get(base + path, asOperator)).body;
  if ((await countSold(redis, eventId)) > 0) {
    const away = /(purchase|checkout) cannot be reached/;
    await waitFor(async () => expect(String((await progress(lonely.base)).detail)).toMatch(away));
  }
  expect(payments.journal.refunds.size).toBe(given);
  lonely.kill('SIGKILL');
  await lonely.exited;

  const purchaseAgain = await start('purchase');
  const checkoutAgain = await start('checkout', { PURCHASE_URL: purchaseAgain.base });
  const last = await start('catalogue', { PURCHASE_URL: purchaseAgain.base, CHECKOUT_URL: checkoutAgain.base });
  await waitFor(async () =>
    expect(await progress(last.base)).toMatchObject({
      ...{ status: 'done', tickets: sold, cancelled: sold },
      refunds: { orders: paid, refunded: paid, onTheWay: 0, failed: 0, paidAmount: '1500.00', refundedAmount: '1500.00' },
    }),
  );
  for (const { ref, captured } of payments.journal.payments.values()) {
    expect(payments.journal.refundsOf(ref).map(({ amount, state }) => ({ amount, state }))).toEqual([
      { amount: captured, state: 'done' },
    ]);
  }
  expect(await countSold(redis, eventId)).toBe(0);
  // One domain event for each sale and each cancellation.
  expect(await readSequence(redis, eventId)).toBe(2 * sold);
  await assertConserved(redis, eventId);
});
