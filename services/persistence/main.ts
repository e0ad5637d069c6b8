import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { sql } from 'kysely';
import { awsTimeouts } from '../shared/basics/aws-timeouts.ts';
import { sendDeadLetters } from '../shared/events/dead-letters.ts';
import { createPublish } from '../shared/events/publish.ts';
import { createDepthReader } from '../shared/events/queue-depth.ts';
import { registerHealth } from '../shared/http/health.ts';
import { createHttpServer } from '../shared/http/http-server.ts';
import { measureRequests } from '../shared/http/measure-requests.ts';
import { serveMetrics } from '../shared/http/serve-metrics.ts';
import { runService } from '../shared/process/run-service.ts';
import { withCredentials } from '../shared/stores/credentials.ts';
import { openDatabase } from '../shared/stores/database.ts';
import { persistenceConfig } from './config.ts';
import { startConflictPublisher } from './conflicts/conflict-publisher.ts';
import { createPersistenceMetrics } from './metrics.ts';
import { projectDomainEvents } from './projections/project.ts';
import { batchesAtOnce, startWorker } from './worker.ts';

/** One for each concurrent batch, one for publishing conflicts, one for the health check. */
const connections = batchesAtOnce + 2;

await runService('persistence', persistenceConfig, async ({ config, logger, resources, fail }) => {
  const { DATABASE_URL, DATABASE_USERNAME: username, DATABASE_PASSWORD: password } = config;
  const { db, readUse } = openDatabase(withCredentials(DATABASE_URL, { username, password }), connections, fail);
  resources.defer(() => db.destroy());

  const sqs = new SQSClient({
    // Above the 20 s of a long poll.
    requestHandler: awsTimeouts(25_000),
    // The connection already protects its data, and a digest of every message would cost nearly as much as parsing it.
    md5: false,
  });
  resources.defer(() => sqs.destroy());
  // The conflict publisher retries.
  const sns = new SNSClient({ requestHandler: awsTimeouts(5_000), maxAttempts: 1 });
  resources.defer(() => sns.destroy());
  const publish = createPublish(sns, config.SNS_TOPIC_ARN);
  const conflictPublisher = startConflictPublisher({ db, publish, logger });
  resources.defer(() => conflictPublisher.stop());
  const worker = startWorker({
    sqs,
    queueUrl: config.SQS_QUEUE_URL,
    project: async (domainEvents) => {
      const projected = await projectDomainEvents(db, domainEvents);
      if (projected.conflicts > 0) conflictPublisher.wake();
      return projected;
    },
    reject: (rejected) => sendDeadLetters(sqs, config.SQS_DEAD_LETTER_QUEUE_URL, rejected, logger),
    logger,
  });
  resources.defer(() => worker.stop());

  const queues = { queueUrl: config.SQS_QUEUE_URL, deadLetterQueueUrl: config.SQS_DEAD_LETTER_QUEUE_URL };
  const readDepth = createDepthReader(sqs, queues);
  const app = createHttpServer({ logger, handlerMs: 5_000 });
  resources.defer(() => app.close());
  const checks = { database: () => sql`select 1`.execute(db), queue: () => worker.checkQueue() };
  registerHealth(app, '/events', checks, { queue: readDepth });
  const { registry } = createPersistenceMetrics({ readUse, readDepth });
  measureRequests(app, registry);
  await app.listen({ port: config.PORT, host: config.HOST });
  await serveMetrics(registry, { config, logger, resources });
});
