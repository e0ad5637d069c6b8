import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsTimeouts } from '../shared/basics/aws-timeouts.ts';
import { createPublish } from '../shared/events/publish.ts';
import { createDepthReader } from '../shared/events/queue-depth.ts';
import { measureRequests } from '../shared/http/measure-requests.ts';
import { serveMetrics } from '../shared/http/serve-metrics.ts';
import { createCheckoutTokens, createOrderTokens } from '../shared/identity/order-token.ts';
import { createServiceTokens } from '../shared/identity/service-tokens.ts';
import { startVerifier } from '../shared/identity/start-verifier.ts';
import { createRequestLimits } from '../shared/limits/limit-requests.ts';
import { runService } from '../shared/process/run-service.ts';
import { withCredentials } from '../shared/stores/credentials.ts';
import { openDatabase } from '../shared/stores/database.ts';
import { createSampledLog } from '../shared/telemetry/sampled-log.ts';
import { buildCheckoutApp } from './app.ts';
import { checkoutConfig } from './config.ts';
import { createCheckoutMetrics } from './metrics.ts';
import { startRelay } from './outbox/relay.ts';
import { createBreakerNotes, offeredProviders } from './providers/offered-providers.ts';
import { createPurchaseClient } from './purchase-client.ts';
import { startReconciler } from './reconcile/start-reconciler.ts';
import { createRefunds } from './refunds/refunds.ts';
import { returnUrlOf } from './routes/pages.ts';
import { createCheckouts } from './saga/checkouts.ts';
import { defaultTimes } from './saga/types.ts';
import { startSweepers } from './sweepers.ts';
import { createWebhookCounts } from './webhooks/receive.ts';
import { createSettleNotice } from './webhooks/settle-notice.ts';
import { startInboxSweeper } from './webhooks/sweeper.ts';
import { sendWork } from './webhooks/work.ts';
import { startWorker } from './webhooks/worker.ts';

/** What a process goes on with at a time, apart from requests and webhooks: it mostly waits for a provider or purchase. */
const checkoutsAtOnce = 32;
const refundsAtOnce = 4;

await runService('checkout', checkoutConfig, async ({ config, logger, resources, fail }) => {
  const { DATABASE_URL, DATABASE_USERNAME: username, DATABASE_PASSWORD: password, PUBLIC_ORIGIN: publicOrigin } = config;
  const { db, readUse } = openDatabase(withCredentials(DATABASE_URL, { username, password }), config.DATABASE_CONNECTIONS, fail);
  resources.defer(() => db.destroy());
  // Above the 20 s of a long poll.
  const sqs = new SQSClient({ requestHandler: awsTimeouts(25_000) });
  resources.defer(() => sqs.destroy());
  // The relay retries.
  const sns = new SNSClient({ requestHandler: awsTimeouts(5_000), maxAttempts: 1 });
  resources.defer(() => sns.destroy());
  const queueUrl = config.CHECKOUT_QUEUE_URL;
  const deadLetterQueueUrl = config.CHECKOUT_DEAD_LETTER_QUEUE_URL;
  const limits = createRequestLimits(config);
  const webhookCounts = createWebhookCounts();
  const readDepth = createDepthReader(sqs, { queueUrl, deadLetterQueueUrl });
  const metrics = createCheckoutMetrics({ db, readUse, limited: limits.counts, webhooks: webhookCounts, readDepth });

  const breakers = createBreakerNotes({ db, clock: Date.now, logger });
  resources.defer(() => breakers.stop());
  const providers = offeredProviders(config, { onCall: metrics.observeCall, onBreaker: breakers.note });
  const purchase = createPurchaseClient({
    purchaseUrl: config.PURCHASE_URL,
    tokens: createServiceTokens(config.SERVICE_SECRET, 'checkout'),
  });
  const checkoutTokens = createCheckoutTokens(config.ORDER_TOKEN_SECRET);
  const times = { ...defaultTimes, payMs: config.CHECKOUT_MINUTES * 60_000 };
  const saga = { db, purchase, providers, clock: Date.now, logger, times };
  const checkouts = createCheckouts({ ...saga, returnUrlOf: returnUrlOf({ publicOrigin, checkoutTokens }) });
  const refunds = createRefunds(saga);

  const settleNotice = createSettleNotice({ db, checkouts, refunds, sqs, deadLetterQueueUrl, clock: Date.now, logger });
  const worker = startWorker({ db, sqs, queueUrl, deadLetterQueueUrl, settleNotice, logger });
  resources.defer(() => worker.stop());
  const inboxSweeper = startInboxSweeper({ db, settleNotice, clock: Date.now, logger });
  resources.defer(() => inboxSweeper.stop());
  const warn = createSampledLog('warn', 'what is due cannot be read; trying again');
  const onError = (error: unknown) => warn(logger, { err: error });
  const ofCheckouts = startSweepers({ sweepOne: checkouts.sweepOne, atOnce: checkoutsAtOnce, onError });
  resources.defer(() => ofCheckouts.stop());
  const ofRefunds = startSweepers({ sweepOne: refunds.sweepOne, atOnce: refundsAtOnce, onError });
  resources.defer(() => ofRefunds.stop());
  const reconciler = startReconciler({ db, providers, checkouts, refunds, clock: Date.now, logger });
  resources.defer(() => reconciler.stop());
  const relay = startRelay({
    db,
    publish: createPublish(sns, config.CHECKOUT_TOPIC_ARN),
    onPublished: metrics.countPublished,
    logger,
  });
  resources.defer(() => relay.stop());

  const app = await buildCheckoutApp({
    db,
    checkouts,
    refunds,
    providers,
    checkoutTokens,
    orderTokens: createOrderTokens(config.ORDER_TOKEN_SECRET),
    publicOrigin,
    shopOrigins: new Set(config.CORS_ORIGINS.split(',').filter(Boolean)),
    clock: Date.now,
    announce: (work) => sendWork(sqs, queueUrl, work),
    counts: webhookCounts,
    logger,
    opsToken: config.OPS_TOKEN,
    verifier: startVerifier(config, { service: 'checkout', logger, resources }),
    corsOrigins: config.CORS_ORIGINS,
    limits,
    stripeKey: config.STRIPE_PUBLISHABLE_KEY,
    checks: { queue: () => worker.checkQueue() },
  });
  resources.defer(() => app.close());
  measureRequests(app, metrics.registry);
  await app.listen({ port: config.PORT, host: config.HOST });
  await serveMetrics(metrics.registry, { config, logger, resources });
});
