import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { localPaymentKeys } from '../../scripts/local/payments/local-keys.ts';
import { startPayments } from '../../scripts/local/payments/payments.ts';
import { startCollector } from '../../scripts/testing/collector.ts';
import { get, post } from '../../scripts/testing/http.ts';
import { refAt } from '../../scripts/testing/payments.ts';
import { startTestService, testFolder } from '../../scripts/testing/services.ts';
import { createMessaging, openTestEvent, redis } from '../../scripts/testing/stores.ts';

let resources: AsyncDisposableStack;
beforeEach(async () => {
  await redis.flushdb();
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const traceId = '0af7651916cd43dd8448eb211c80319c';
const sampled = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 100 });

it("one trace leads from the buyer's request over each step, the provider and purchase to the domain event, and has the order's id but no secret", async () => {
  const collector = await startCollector(resources);
  const payments = await startPayments({ port: 0, folder: testFolder(resources) });
  resources.defer(() => payments.stop());
  const messaging = await createMessaging();
  const purchase = await startTestService('purchase', messaging, { resources, env: collector.env });
  const checkout = await startTestService('checkout', messaging, {
    resources,
    env: {
      ...collector.env,
      ...localPaymentKeys,
      STRIPE_URL: payments.url,
      PAYPAL_URL: payments.url,
      PURCHASE_URL: purchase.base,
    },
  });
  const { eventId, venueId } = await openTestEvent();
  const hold = await post(`${purchase.base}/purchase/api/v1/holds`, { venueId, eventId, zoneId: 1, quantity: 1 });
  const email = 'ann@example.com';
  const api = `${checkout.base}/checkout/api/v1/checkouts`;
  const { status, body } = await post(api, { holdId: hold.body['holdId'], email }, sampled);
  expect(status, JSON.stringify(body)).toBe(201);
  const { payUrl, clientSecret } = body['payment'] as { payUrl: string; clientSecret: string };
  const token = String(body['checkoutToken']);
  payments.act(refAt(payUrl), 'succeed');
  const { order } = await waitFor(async () => {
    const { body: shown } = await get(`${api}/${body['checkoutId']}?settle=true`, { 'checkout-token': token });
    expect(shown).toMatchObject({ status: 'paid' });
    return shown as { order: { orderId: string; orderToken: string } };
  });
  const steps = [
    'checkout opening',
    'checkout awaiting_payment',
    'stripe create',
    'checkout confirming',
    'checkout capturing',
    'stripe capture',
  ];
  const all = ['POST /checkout/api/v1/checkouts', ...steps, 'checkout-events publish', 'ticket-events publish'];
  const spans = await waitFor(() => {
    const found = collector.spans.filter((span) => span.traceId === traceId);
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(all));
    return found;
  });
  for (const name of ['checkout confirming', 'checkout capturing', 'checkout-events publish', 'ticket-events publish'])
    expect(spans.find((span) => span.name === name)?.attributes['onsale.order.id'], name).toBe(order.orderId);
  const text = JSON.stringify(collector.spans);
  for (const secret of [token, order.orderToken, clientSecret, email, String(hold.body['holdId'])])
    expect(text).not.toContain(secret);
});
