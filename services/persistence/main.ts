import { SQSClient } from '@aws-sdk/client-sqs';
import { sql } from 'kysely';
import { connectDatabase } from '../shared/database.ts';
import { registerHealth } from '../shared/health.ts';
import { createHttpServer } from '../shared/http-server.ts';
import { runService } from '../shared/run-service.ts';
import { persistenceConfig } from './config.ts';
import { sendDeadLetters } from './dead-letters.ts';
import { projectEvents } from './projections/project.ts';
import { batchesAtOnce, startWorker } from './worker.ts';

/** One for each batch in hand, one for the health check. */
const connections = batchesAtOnce + 1;

await runService('persistence', persistenceConfig, async ({ config, logger, resources }) => {
  const db = connectDatabase(config.DATABASE_URL, connections);
  resources.defer(() => db.destroy());

  const sqs = new SQSClient({
    // Above the 20 s of a long poll.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 25_000 },
    // The connection vouches for what it carries; a digest of every message besides costs nearly as much as parsing it.
    md5: false,
  });
  resources.defer(() => sqs.destroy());
  const worker = startWorker({
    sqs,
    queueUrl: config.SQS_QUEUE_URL,
    project: (events) => projectEvents(db, events),
    reject: (rejected) => sendDeadLetters(sqs, config.SQS_DEAD_LETTER_QUEUE_URL, rejected, logger),
    logger,
  });
  resources.defer(() => worker.stop());

  const app = createHttpServer({ logger, handlerMs: 5_000 });
  resources.defer(() => app.close());
  registerHealth(app, '/events', { database: () => sql`select 1`.execute(db), queue: () => worker.checkQueue() });
  await app.listen({ port: config.PORT, host: config.HOST });
});
