import { hostname } from 'node:os';
import { SNSClient } from '@aws-sdk/client-sns';
import { openRedis, pingRedis } from '../shared/redis.ts';
import { runService } from '../shared/run-service.ts';
import { buildPurchaseApp } from './app.ts';
import { purchaseConfig } from './config.ts';
import { createOutbox } from './outbox/outbox.ts';
import { createPublish } from './outbox/publish.ts';
import { startRelay } from './outbox/relay.ts';
import { startSweeper } from './seats/sweeper.ts';

await runService('purchase', purchaseConfig, async ({ config, logger, resources }) => {
  const redis = await openRedis(config.REDIS_URL, { isCluster: config.REDIS_CLUSTER, logger, resources });

  const sns = new SNSClient({ requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 } });
  resources.defer(() => sns.destroy());
  const relay = startRelay({
    outbox: createOutbox(redis, `${hostname()}-${process.pid}-${Date.now()}`),
    publish: createPublish(sns, config.SNS_TOPIC_ARN),
    logger,
    retentionMs: config.OUTBOX_RETENTION_HOURS * 3_600_000,
  });
  resources.defer(() => relay.stop());
  const sweeper = startSweeper({ redis, logger });
  resources.defer(() => sweeper.stop());

  const app = await buildPurchaseApp({
    redis,
    wakeRelay: (eventId) => relay.wake(eventId),
    checks: { redis: () => pingRedis(redis) },
    logger,
  });
  resources.defer(() => app.close());
  await app.listen({ port: config.PORT, host: config.HOST });
});
