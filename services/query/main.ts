import { SQSClient } from '@aws-sdk/client-sqs';
import { awsTimeouts } from '../shared/basics/aws-timeouts.ts';
import { createDepthReader } from '../shared/events/queue-depth.ts';
import { measureRequests } from '../shared/http/measure-requests.ts';
import { serveMetrics } from '../shared/http/serve-metrics.ts';
import { createOrderTokens } from '../shared/identity/order-token.ts';
import { startVerifier } from '../shared/identity/start-verifier.ts';
import { createRequestLimits } from '../shared/limits/limit-requests.ts';
import { runService } from '../shared/process/run-service.ts';
import { withCredentials } from '../shared/stores/credentials.ts';
import { openDatabase } from '../shared/stores/database.ts';
import { openRedis } from '../shared/stores/redis.ts';
import { buildQueryApp } from './app.ts';
import { queryConfig } from './config.ts';
import { createQueryMetrics } from './metrics.ts';

await runService('query', queryConfig, async ({ config, logger, resources, fail }) => {
  const { DATABASE_READER_URL, DATABASE_USERNAME: username, DATABASE_PASSWORD: password } = config;
  const { db, readUse } = openDatabase(
    withCredentials(DATABASE_READER_URL, { username, password }),
    config.DATABASE_CONNECTIONS,
    fail,
  );
  resources.defer(() => db.destroy());
  const { REDIS_URL, REDIS_READER_URL, REDIS_PASSWORD, REDIS_CLUSTER: isCluster } = config;
  const open = (url: string) => openRedis(withCredentials(url, { password: REDIS_PASSWORD }), { isCluster, logger, resources });
  // The reader may be a replica, which cannot count what API keys send.
  const [redis, primary] = await Promise.all([open(REDIS_READER_URL), open(REDIS_URL)]);
  const sqs = new SQSClient({ requestHandler: awsTimeouts(1_000), maxAttempts: 1 });
  resources.defer(() => sqs.destroy());
  const queues = { queueUrl: config.SQS_QUEUE_URL, deadLetterQueueUrl: config.SQS_DEAD_LETTER_QUEUE_URL };
  const limits = createRequestLimits(config, primary);
  const app = await buildQueryApp({
    db,
    redis,
    logger,
    orderTokens: createOrderTokens(config.ORDER_TOKEN_SECRET),
    opsToken: config.OPS_TOKEN,
    verifier: startVerifier(config, { service: 'query', logger, resources }),
    readDepth: createDepthReader(sqs, queues),
    corsOrigins: config.CORS_ORIGINS,
    limits,
  });
  resources.defer(() => app.close());
  const { registry } = createQueryMetrics({
    db,
    readUse,
    redis,
    limited: limits.counts,
    countSockets: () => app.websocketServer.clients.size,
  });
  measureRequests(app, registry);
  await app.listen({ port: config.PORT, host: config.HOST });
  await serveMetrics(registry, { config, logger, resources });
});
