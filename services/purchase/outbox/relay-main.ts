import { hostname } from 'node:os';
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { SNSClient } from '@aws-sdk/client-sns';
import { awsTimeouts } from '../../shared/basics/aws-timeouts.ts';
import { createPublish } from '../../shared/events/publish.ts';
import { withCredentials } from '../../shared/stores/credentials.ts';
import { openRedis } from '../../shared/stores/redis.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { startTracing } from '../../shared/telemetry/tracing.ts';
import { replicaPolicyOf } from '../config.ts';
import { reportingAttempts } from './attempts.ts';
import { createOutbox } from './outbox.ts';
import { startRelay } from './relay.ts';
import type { RelayMessage, RelaySettings } from './relay-thread.ts';

// Entry point of the relay's thread; it runs until it is told to stop.
const { config, worker } = workerData as RelaySettings;
const logger = createLogger('purchase', config.LOG_LEVEL).child({ worker, thread: 'relay' });
const resources = new AsyncDisposableStack();
await startTracing('purchase', { logger, resources });
const redisUrl = withCredentials(config.REDIS_URL, { password: config.REDIS_PASSWORD });
const redis = await openRedis(redisUrl, { isCluster: config.REDIS_CLUSTER, logger, resources });
const sns = new SNSClient({ requestHandler: awsTimeouts(5_000) });
resources.defer(() => sns.destroy());
const consumer = `${hostname()}-${process.pid}-${threadId}-${Date.now()}`;
const relay = startRelay({
  outbox: createOutbox(redis, consumer, { replicas: replicaPolicyOf(config) }),
  publish: reportingAttempts(createPublish(sns, config.SNS_TOPIC_ARN), (attempt) => parentPort?.postMessage(attempt)),
  logger,
  retentionMs: config.OUTBOX_RETENTION_HOURS * 3_600_000,
});
resources.defer(() => relay.stop());

parentPort?.on('message', (message: RelayMessage) => {
  if (message === 'stop') void stop();
  else for (const eventId of message.wake) relay.wake(eventId);
});

async function stop(): Promise<void> {
  await resources.disposeAsync();
  // An export that still waits for a collector would keep the thread alive.
  process.exit();
}
