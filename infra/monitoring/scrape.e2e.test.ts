import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { freePort } from '../../scripts/local/free-ports.ts';
import { localPaymentKeys } from '../../scripts/local/payments/local-keys.ts';
import { startPayments } from '../../scripts/local/payments/payments.ts';
import { asBuyerOf } from '../../scripts/testing/apps.ts';
import { buy, get, post } from '../../scripts/testing/http.ts';
import { startTestService, testFolder } from '../../scripts/testing/services.ts';
import { createMessaging, openTestEvent } from '../../scripts/testing/stores.ts';
import type { ServiceName } from '../../services/shared/http/path-table.ts';
import { alerts, thresholdOf } from './alerts.ts';
import { rows } from './panels.ts';
import { type Asked, labelsOfScrape, readExpression } from './promql.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 100 });

const messaging = await createMessaging();

async function startWithMetrics(service: ServiceName, env: Record<string, string> = {}) {
  const port = await freePort();
  const { base } = await startTestService(service, messaging, { resources, env: { METRICS_PORT: String(port), ...env } });
  const scrape = async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return { base, scrape };
}

const purchase = await startWithMetrics('purchase');
const query = await startWithMetrics('query');
const persistence = await startWithMetrics('persistence');
const accounts = await startWithMetrics('accounts');
const catalogue = await startWithMetrics('catalogue');
const payments = await startPayments({ port: 0, folder: testFolder(resources) });
resources.defer(() => payments.stop());
const checkout = await startWithMetrics('checkout', {
  ...localPaymentKeys,
  STRIPE_URL: payments.url,
  PAYPAL_URL: payments.url,
  PURCHASE_URL: purchase.base,
});

/** Scrapes all services. Returns the labels of every series: `{ name: [{ label: value }, …] }`. */
async function scrapeAll(): Promise<Record<string, Record<string, string>[]>> {
  const texts = await Promise.all([purchase, query, persistence, accounts, catalogue, checkout].map(({ scrape }) => scrape()));
  const series = texts.flatMap((text) => [...text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)]);
  const withLabels = series.map(([, name = '', labels = '']) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value])),
  }));
  return Object.fromEntries(
    Object.entries(Object.groupBy(withLabels, ({ name }) => name)).map(([name, all = []]) => [
      name,
      all.map(({ labels }) => labels),
    ]),
  );
}

beforeAll(async () => {
  const { eventId, venueId } = await openTestEvent();
  expect((await buy(purchase.base, { eventId, venueId })).status).toBe(201);
  expect((await buy(purchase.base, { eventId, venueId })).status).toBe(409);
  const orders = `${purchase.base}/purchase/api/v1/orders`;
  expect((await post(`${purchase.base}/purchase/api/v1/holds`, { eventId, zoneId: 1, quantity: 2 })).status).toBe(201);
  const held = await post(`${purchase.base}/purchase/api/v1/holds`, { eventId, zoneId: 1, quantity: 2 });
  const checkouts = `${checkout.base}/checkout/api/v1/checkouts`;
  payments.faults.add({ kind: 'unavailable' });
  const begun = await post(checkouts, { holdId: held.body.holdId, email: 'ann@example.com' });
  expect(begun.status).toBe(202);
  payments.faults.clear();
  const given = { 'checkout-token': String(begun.body.checkoutToken) };
  expect((await post(`${checkouts}/${begun.body.checkoutId}/cancel`, {}, given)).status).toBe(200);
  const { body } = await post(orders, { eventId, zoneId: 1, quantity: 2 });
  const orderId = String(body.orderId);
  expect((await post(`${orders}/${orderId}/cancel`, { eventId }, asBuyerOf(orderId))).status).toBe(200);
  await waitFor(async () => {
    expect((await get(`${query.base}/query/api/v1/orders/${orderId}`, asBuyerOf(orderId))).body).toMatchObject({
      status: 'CANCELLED',
    });
  });
});

it('after a sale, a hold, a checkout, a cancellation and a refusal, the services publish every metric and label that is queried', async () => {
  const ofDashboard = rows.flatMap(([, panels]) => panels.flatMap(({ queries }) => queries.map(([expression]) => expression)));
  const asked = [...alerts.map(({ expr }) => expr), ...ofDashboard].flatMap(readExpression);
  await waitFor(async () => {
    const told = await scrapeAll();
    const isTold = ({ metric, labels }: Asked) =>
      // Prometheus adds this one itself.
      metric === 'up' ||
      told[metric]?.some((series) => labels.every((label) => label in series || labelsOfScrape.includes(label)));
    const missing = asked.filter((one) => !isTold(one)).map(({ metric, labels }) => `${metric}{${labels}}`);
    expect([...new Set(missing)].toSorted()).toEqual([]);
  });
});

it("each histogram in an alert has a bucket that ends at the alert's threshold, because a quantile inside one is a guess", async () => {
  const told = await scrapeAll();
  for (const alert of alerts) {
    for (const { metric } of readExpression(alert.expr).filter(({ labels }) => labels.includes('le'))) {
      const bounds = told[metric]?.map(({ le }) => Number(le));
      expect(bounds, metric).toContain(thresholdOf(alert));
    }
  }
});
