import { startRelay } from '../../services/checkout/outbox/relay.ts';
import type { Provider } from '../../services/checkout/providers/provider.ts';
import { createRefunds } from '../../services/checkout/refunds/refunds.ts';
import { returnUrlOf } from '../../services/checkout/routes/pages.ts';
import { createCheckouts } from '../../services/checkout/saga/checkouts.ts';
import { defaultTimes, type SagaTimes } from '../../services/checkout/saga/types.ts';
import { startSweepers } from '../../services/checkout/sweepers.ts';
import { createWebhookCounts } from '../../services/checkout/webhooks/receive.ts';
import { createSettleNotice } from '../../services/checkout/webhooks/settle-notice.ts';
import { startInboxSweeper } from '../../services/checkout/webhooks/sweeper.ts';
import { sendWork } from '../../services/checkout/webhooks/work.ts';
import { startWorker } from '../../services/checkout/webhooks/worker.ts';
import { createPublish } from '../../services/shared/events/publish.ts';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import type { ProviderName } from '../../services/shared/stores/schema.ts';
import type { Logger } from '../../services/shared/telemetry/logger.ts';
import { freePort } from '../local/free-ports.ts';
import { startPayments } from '../local/payments/payments.ts';
import { checkoutTokens, testCheckoutApp, testPurchaseClient } from './apps.ts';
import { post } from './http.ts';
import { providersAt } from './payments.ts';
import { purchaseAppOn } from './purchase-app.ts';
import { createScratchWithTables } from './scratch-database.ts';
import { testFolder } from './services.ts';
import { silentLogger } from './silent-logger.ts';
import { createCheckoutMessaging, newInventory, planOf, redis, sns, sqs } from './stores.ts';

/**
 * The whole of checkout in this process, wired as in main.ts, over a database of its own, with a purchase app over the file's Redis, and local
 * payment providers, which send it their webhooks. `isAwake`: whether it goes on by itself with what is due, and publishes its domain events.
 */
export async function startTestCheckout(
  resources: AsyncDisposableStack,
  options: { logger?: Logger; times?: Partial<SagaTimes>; isAwake?: boolean } = {},
) {
  const { logger = silentLogger, isAwake = true } = options;
  const db = await createScratchWithTables(resources, 10);
  const messaging = await createCheckoutMessaging();
  const { queueUrl, deadLetterQueueUrl } = messaging;
  const clock = { aheadMs: 0, now: () => Date.now() + clock.aheadMs };
  const purchaseApp = await purchaseAppOn(redis);
  resources.defer(() => purchaseApp.close());
  const purchaseUrl = await purchaseApp.listen({ port: 0, host: '127.0.0.1' });
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const payments = await startPayments({
    port: 0,
    folder: testFolder(resources),
    stripeWebhookUrl: `${base}/checkout/webhooks/stripe`,
    paypalWebhookUrl: `${base}/checkout/webhooks/paypal`,
  });
  resources.defer(() => payments.stop());
  const offered = providersAt(payments.url);
  const providers = new Map<ProviderName, Provider>([
    ['stripe', offered.stripe],
    ['paypal', offered.paypal],
  ]);
  const saga = {
    ...{ db, providers, logger, clock: clock.now },
    purchase: testPurchaseClient(purchaseUrl),
    times: { ...defaultTimes, ...options.times },
  };
  const publicOrigin = base;
  const checkouts = createCheckouts({ ...saga, returnUrlOf: returnUrlOf({ publicOrigin, checkoutTokens }) });
  const refunds = createRefunds(saga);
  const settleNotice = createSettleNotice({ db, checkouts, refunds, sqs, deadLetterQueueUrl, clock: clock.now, logger });
  if (isAwake) {
    const worker = startWorker({ db, sqs, queueUrl, deadLetterQueueUrl, settleNotice, logger });
    resources.defer(() => worker.stop());
    const inboxSweeper = startInboxSweeper({ db, settleNotice, clock: clock.now, logger, pauseMs: 50 });
    resources.defer(() => inboxSweeper.stop());
    for (const { sweepOne } of [checkouts, refunds]) {
      const sweepers = startSweepers({ sweepOne, atOnce: 4, onError: (error) => logger.warn({ err: error }) });
      resources.defer(() => sweepers.stop());
    }
    const relay = startRelay({ db, publish: createPublish(sns, messaging.topicArn), logger, pauseMs: 50 });
    resources.defer(() => relay.stop());
  }
  const counts = createWebhookCounts();
  const app = await testCheckoutApp({
    ...{ db, checkouts, refunds, providers, publicOrigin, clock: clock.now, logger, counts },
    announce: (work) => sendWork(sqs, queueUrl, work),
  });
  resources.defer(() => app.close());
  await app.listen({ port, host: '127.0.0.1' });

  return {
    ...{ app, base, db, messaging, clock, payments, providers, checkouts, refunds, settleNotice, counts },

    /** Opens a new inventory that checkout's database knows, too. */
    async openEvent(changes: Partial<Inventory> = {}): Promise<Inventory> {
      const inventory = newInventory(changes);
      await openEvent(db, redis, planOf(inventory));
      return inventory;
    },

    /** Holds seats side by side. Returns the hold's id. */
    async hold({ eventId, venueId }: Inventory, quantity = 1): Promise<string> {
      const { status, body } = await post(`${purchaseUrl}/purchase/api/v1/holds`, { venueId, eventId, zoneId: 1, quantity });
      if (status !== 201) throw new Error(`not held: ${JSON.stringify(body)}`);
      return String(body['holdId']);
    },

    purchaseUrl,
  };
}

/** The headers of a checkout's buyer. */
export const asPayerOf = (checkoutId: string) => ({ 'checkout-token': checkoutTokens.tokenOf(checkoutId) });
