import { SQSClient } from '@aws-sdk/client-sqs';
import { awsTimeouts } from '../shared/basics/aws-timeouts.ts';
import { measureRequests } from '../shared/http/measure-requests.ts';
import { serveMetrics } from '../shared/http/serve-metrics.ts';
import { createServiceTokens } from '../shared/identity/service-tokens.ts';
import { startVerifier } from '../shared/identity/start-verifier.ts';
import { createRequestLimits } from '../shared/limits/limit-requests.ts';
import { runService } from '../shared/process/run-service.ts';
import { withCredentials } from '../shared/stores/credentials.ts';
import { openDatabase } from '../shared/stores/database.ts';
import { openRedis } from '../shared/stores/redis.ts';
import { buildCatalogueApp } from './app.ts';
import { catalogueConfig } from './config.ts';
import { archiveStep } from './jobs/archive-step.ts';
import { cancelEventStep } from './jobs/cancel-event.ts';
import { createCancelOrder } from './jobs/cancel-order.ts';
import { startJobs } from './jobs/run-jobs.ts';
import { createCatalogueMetrics } from './metrics.ts';

await runService('catalogue', catalogueConfig, async ({ config, logger, resources, fail }) => {
  const { DATABASE_URL, DATABASE_USERNAME: username, DATABASE_PASSWORD: password } = config;
  const { db, readUse } = openDatabase(withCredentials(DATABASE_URL, { username, password }), config.DATABASE_CONNECTIONS, fail);
  resources.defer(() => db.destroy());
  const redisUrl = withCredentials(config.REDIS_URL, { password: config.REDIS_PASSWORD });
  const redis = await openRedis(redisUrl, { isCluster: config.REDIS_CLUSTER, logger, resources });
  const sqs = new SQSClient({ requestHandler: awsTimeouts(5_000) });
  resources.defer(() => sqs.destroy());
  const messaging = { sqs, queueUrl: config.SQS_QUEUE_URL, deadLetterQueueUrl: config.SQS_DEAD_LETTER_QUEUE_URL };
  const tokens = createServiceTokens(config.SERVICE_SECRET, 'catalogue');
  const cancelOrder = createCancelOrder({ purchaseUrl: config.PURCHASE_URL, checkoutUrl: config.CHECKOUT_URL, tokens });
  const jobs = startJobs({
    db,
    redis,
    steps: {
      cancel: (job) => cancelEventStep({ db, redis }, cancelOrder, job),
      archive: (job) => archiveStep({ db, redis, messaging }, job),
    },
    logger,
  });
  resources.defer(() => jobs.stop());
  const limits = createRequestLimits(config, redis);
  const app = await buildCatalogueApp({
    db,
    redis,
    wakeJobs: jobs.wake,
    logger,
    opsToken: config.OPS_TOKEN,
    verifier: startVerifier(config, { service: 'catalogue', logger, resources }),
    corsOrigins: config.CORS_ORIGINS,
    limits,
  });
  resources.defer(() => app.close());
  const { registry } = createCatalogueMetrics({ db, readUse, limited: limits.counts });
  measureRequests(app, registry);
  await app.listen({ port: config.PORT, host: config.HOST });
  await serveMetrics(registry, { config, logger, resources });
});
