import cluster from 'node:cluster';
import { createBacklogReader } from '../shared/events/outbox-backlog.ts';
import { measureRequests } from '../shared/http/measure-requests.ts';
import { serveMetrics } from '../shared/http/serve-metrics.ts';
import { createOrderTokens } from '../shared/identity/order-token.ts';
import { startVerifier } from '../shared/identity/start-verifier.ts';
import { createActivity } from '../shared/inventory/active-events.ts';
import { createLoad } from '../shared/inventory/load.ts';
import { createRequestLimits } from '../shared/limits/limit-requests.ts';
import { runService } from '../shared/process/run-service.ts';
import { withCredentials } from '../shared/stores/credentials.ts';
import { createRedisCheck, openRedis } from '../shared/stores/redis.ts';
import { buildPurchaseApp } from './app.ts';
import { createClientLimits } from './client-limits.ts';
import { purchaseConfig, replicaPolicyOf } from './config.ts';
import { createPurchaseMetrics } from './metrics.ts';
import { startBacklogLog } from './outbox/backlog-log.ts';
import { startRelayThread } from './outbox/relay-thread.ts';
import { createSalesCounters } from './sales-counters/sales-counters.ts';
import { startWritingCounters } from './sales-counters/write-counters.ts';
import { createSeats } from './seats/create-seats.ts';
import { startSweeper } from './seats/sweeper.ts';

await runService('purchase', purchaseConfig, async ({ config, logger, resources }) => {
  const redis = await openRedis(withCredentials(config.REDIS_URL, { password: config.REDIS_PASSWORD }), {
    isCluster: config.REDIS_CLUSTER,
    // Automatic pipelining holds commands back until the event loop's turn ends, which can take seconds in an overload, and until
    // everything sent before is answered. Purchases are already batched (script-queue.ts).
    enableAutoPipelining: false,
    logger,
    resources,
  });

  const counters = createSalesCounters();
  const load = createLoad();
  const activity = createActivity(redis);
  const readBacklog = createBacklogReader(redis);
  const requests = createRequestLimits(config, redis);
  const metrics = createPurchaseMetrics({ readBacklog, load, counters, limited: requests.counts });
  const seats = createSeats({ redis, replicas: replicaPolicyOf(config), load, onCall: metrics.observeCall });

  const relay = startRelayThread({ config, worker: cluster.worker?.id }, metrics.countAttempt);
  resources.defer(() => relay.stop());
  const sweeper = startSweeper({ redis, seats, logger });
  resources.defer(() => sweeper.stop());

  const backlogLog = startBacklogLog({ readBacklog, logger });
  resources.defer(() => backlogLog.stop());
  const writing = startWritingCounters({ redis, counters, logger });
  resources.defer(() => writing.stop());

  const app = await buildPurchaseApp({
    seats,
    orderTokens: createOrderTokens(config.ORDER_TOKEN_SECRET),
    opsToken: config.OPS_TOKEN,
    verifier: startVerifier(config, { service: 'purchase', logger, resources }),
    wakeRelay(eventId) {
      relay.wake(eventId);
      activity.note(eventId);
    },
    counters,
    checks: { redis: createRedisCheck(redis) },
    readBacklog,
    corsOrigins: config.CORS_ORIGINS,
    limits: { requests, clients: createClientLimits(config, requests) },
    logger,
  });
  resources.defer(() => app.close());
  measureRequests(app, metrics.registry);
  await app.listen({ port: config.PORT, host: config.HOST });
  await serveMetrics(metrics.registry, { config, logger, resources });
});
