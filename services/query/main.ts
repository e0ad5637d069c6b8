import { connectDatabase } from '../shared/database.ts';
import { createMetrics, serveMetrics } from '../shared/metrics.ts';
import { openRedis } from '../shared/redis.ts';
import { runService } from '../shared/run-service.ts';
import { buildQueryApp } from './app.ts';
import { queryConfig } from './config.ts';

await runService('query', queryConfig, async ({ config, logger, resources }) => {
  const db = connectDatabase(config.DATABASE_READER_URL, config.DATABASE_CONNECTIONS);
  resources.defer(() => db.destroy());
  const redis = await openRedis(config.REDIS_READER_URL, { isCluster: config.REDIS_CLUSTER, logger, resources });
  const app = await buildQueryApp({ db, redis, logger });
  resources.defer(() => app.close());
  await app.listen({ port: config.PORT, host: config.HOST });
  await serveMetrics(createMetrics(), { config, logger, resources });
});
