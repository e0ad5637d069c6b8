import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../scripts/local/free-ports.ts';
import { localPaymentKeys } from '../../scripts/local/payments/local-keys.ts';
import { startPayments } from '../../scripts/local/payments/payments.ts';
import { layCable, through } from '../../scripts/testing/cable.ts';
import { get, post } from '../../scripts/testing/http.ts';
import { refAt } from '../../scripts/testing/payments.ts';
import { startTestService, testFolder } from '../../scripts/testing/services.ts';
import { createMessaging, db, openTestEvent, redis, urls } from '../../scripts/testing/stores.ts';

let resources: AsyncDisposableStack;
beforeEach(async () => {
  await redis.flushdb();
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waitFor = <T>(condition: () => Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 100 });
const portOf = (url: string) => Number(new URL(url).port);

/** Purchase, checkout and the payment provider, with a cable to each that checkout asks. */
async function startSystem() {
  const messaging = await createMessaging();
  const purchase = await startTestService('purchase', messaging, { resources });
  const port = await freePort();
  const cables = {
    mysql: await layCable(portOf(urls.databaseUrl), resources),
    purchase: await layCable(portOf(purchase.base), resources),
    provider: await layCable(port, resources),
    queue: await layCable(portOf(urls.endpoint), resources),
  };
  const providerUrl = `http://127.0.0.1:${cables.provider.port}`;
  const checkout = await startTestService('checkout', messaging, {
    resources,
    endpoint: through(cables.queue, urls.endpoint).replace(/\/$/, ''),
    env: {
      ...localPaymentKeys,
      DATABASE_URL: through(cables.mysql, urls.databaseUrl),
      PURCHASE_URL: `http://127.0.0.1:${cables.purchase.port}`,
      ...{ STRIPE_URL: providerUrl, PAYPAL_URL: providerUrl },
    },
  });
  const payments = await startPayments({
    ...{ port, folder: testFolder(resources) },
    stripeWebhookUrl: `${checkout.base}/checkout/webhooks/stripe`,
    paypalWebhookUrl: `${checkout.base}/checkout/webhooks/paypal`,
  });
  resources.defer(() => payments.stop());
  const { eventId, venueId } = await openTestEvent();
  const api = `${checkout.base}/checkout/api/v1/checkouts`;

  return {
    cables,
    payments,
    health: () => get(`${checkout.base}/checkout/health`),
    async begin(): Promise<Awaited<ReturnType<typeof post>>> {
      const held = await post(`${purchase.base}/purchase/api/v1/holds`, { venueId, eventId, zoneId: 1, quantity: 1 });
      return await post(api, { holdId: held.body['holdId'], email: 'ann@example.com' });
    },
    read: ({ body }: { body: Record<string, unknown> }) =>
      get(`${api}/${body['checkoutId']}`, { 'checkout-token': String(body['checkoutToken']) }),
  };
}

type System = Awaited<ReturnType<typeof startSystem>>;
type Begun = Awaited<ReturnType<System['begin']>>;

/** Where a buyer waits while there is no page of the provider yet. */
const ourPage = /^http:\/\/localhost\/checkout\/pay\//;
const payUrlOf = ({ body }: { body: Record<string, unknown> }) => (body['payment'] as { payUrl: string }).payUrl;
const refOf = (told: { body: Record<string, unknown> }) => refAt(payUrlOf(told));
const untilPaid = (system: System, begun: Begun) =>
  waitFor(async () => expect((await system.read(begun)).body).toMatchObject({ status: 'paid' }));

describe('what checkout needs and cannot reach', () => {
  it('MySQL: 503 at once; who paid meanwhile has the order when it is back', async () => {
    const system = await startSystem();
    const begun = await system.begin();
    expect(begun.status).toBe(201);
    await system.cables.mysql.cut();
    for (const refused of [await system.begin(), await system.read(begun)]) {
      expect(refused).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
      expect(refused.headers.get('retry-after')).toBe('1');
    }
    expect(await system.health()).toMatchObject({ status: 503, body: { checks: { database: expect.any(String) } } });
    system.payments.act(refOf(begun), 'succeed');
    await system.cables.mysql.mend();
    await untilPaid(system, begun);
    expect((await system.begin()).status).toBe(201);
    await waitFor(async () => expect((await system.health()).status).toBe(200));
  });

  it('purchase: 202; who pays or begins meanwhile has lost nothing when it is back', async () => {
    const system = await startSystem();
    const paying = await system.begin();
    await system.cables.purchase.cut();
    system.payments.act(refOf(paying), 'succeed');
    const waiting = await system.begin();
    expect(waiting).toMatchObject({ status: 202, body: { status: 'opening' } });
    expect(waiting.headers.get('retry-after')).not.toBeNull();
    expect((await system.read(paying)).body['status']).not.toBe('paid');
    await system.cables.purchase.mend();
    await untilPaid(system, paying);
    await waitFor(async () => expect((await system.read(waiting)).body).toMatchObject({ status: 'awaiting_payment' }));
  });

  it('the provider: 202; the payment can be made, by the same checkout, when it is back', async () => {
    const system = await startSystem();
    await system.cables.provider.cut();
    const begun = await system.begin();
    expect(begun).toMatchObject({ status: 202, body: { status: 'awaiting_payment' } });
    expect(payUrlOf(begun)).toMatch(ourPage);
    await system.cables.provider.mend();
    const ready = await waitFor(async () => {
      const shown = await system.read(begun);
      expect(payUrlOf(shown)).not.toMatch(ourPage);
      return shown;
    });
    system.payments.act(refOf(ready), 'succeed');
    await untilPaid(system, begun);
  });

  it('the queue and the topic: payments go on; what happened is published when they are back', async () => {
    const system = await startSystem();
    await system.cables.queue.cut();
    const begun = await system.begin();
    expect(begun.status).toBe(201);
    system.payments.act(refOf(begun), 'succeed');
    await untilPaid(system, begun);
    const { eventId } = begun.body as { eventId: string };
    const waiting = () => db.selectFrom('checkout_outbox').select('type').where('event_id', '=', eventId).execute();
    expect(await waiting()).toEqual([{ type: 'onsale.checkout.paid' }]);
    await system.cables.queue.mend();
    await waitFor(async () => expect(await waiting()).toEqual([]));
  });
});
