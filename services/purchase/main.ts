import cluster from 'node:cluster';
import { createBacklogReader } from '../shared/events/outbox-backlog.ts';
import { measureRequests } from '../shared/http/measure-requests.ts';
import { serveMetrics } from '../shared/http/serve-metrics.ts';
import { createOrderTokens } from '../shared/identity/order-token.ts';
import { createActivity } from '../shared/inventory/active-events.ts';
import { loadOf } from '../shared/inventory/load.ts';
import { setReplicaPolicy } from '../shared/inventory/replicas.ts';
import { runService } from '../shared/process/run-service.ts';
import { withCredentials } from '../shared/stores/credentials.ts';
import { openRedis, pingRedis } from '../shared/stores/redis.ts';
import { buildPurchaseApp } from './app.ts';
import { purchaseConfig, replicaPolicyOf } from './config.ts';
import { createPurchaseMetrics } from './metrics.ts';
import { startBacklogLog } from './outbox/backlog-log.ts';
import { startRelayThread } from './outbox/relay-thread.ts';
import { createTally } from './sales-counters/sales-counters.ts';
import { startBeat } from './sales-counters/write-counters.ts';
import { startSweeper } from './seats/sweeper.ts';

await runService('purchase', purchaseConfig, async ({ config, logger, resources }) => {
  const redis = await openRedis(withCredentials(config.REDIS_URL, { password: config.REDIS_PASSWORD }), {
    isCluster: config.REDIS_CLUSTER,
    // Automatic pipelining holds commands back until the event loop's turn ends, which can take seconds in an overload, and until
    // everything sent before is answered. Purchases are already batched (ask-together.ts).
    enableAutoPipelining: false,
    logger,
    resources,
  });
  setReplicaPolicy(redis, replicaPolicyOf(config));

  const tally = createTally();
  const activity = createActivity(redis);
  const readBacklog = createBacklogReader(redis);
  const metrics = createPurchaseMetrics({ readBacklog, load: loadOf(redis), tally });

  const relay = startRelayThread({ config, worker: cluster.worker?.id }, metrics.countAttempt);
  resources.defer(() => relay.stop());
  const sweeper = startSweeper({ redis, logger });
  resources.defer(() => sweeper.stop());

  const backlogLog = startBacklogLog({ readBacklog, logger });
  resources.defer(() => backlogLog.stop());
  const beat = startBeat({ redis, tally, logger });
  resources.defer(() => beat.stop());

  const app = await buildPurchaseApp({
    redis,
    orderTokens: createOrderTokens(config.ORDER_TOKEN_SECRET),
    opsToken: config.OPS_TOKEN,
    wakeRelay(eventId) {
      relay.wake(eventId);
      activity.note(eventId);
    },
    tally,
    checks: { redis: () => pingRedis(redis) },
    corsOrigins: config.CORS_ORIGINS,
    logger,
  });
  resources.defer(() => app.close());
  measureRequests(app, metrics.registry);
  await app.listen({ port: config.PORT, host: config.HOST });
  await serveMetrics(metrics.registry, { config, logger, resources });
});
