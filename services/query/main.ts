import { withCredentials } from '../shared/credentials.ts';
import { connectDatabase } from '../shared/database.ts';
import { createMetrics, serveMetrics } from '../shared/metrics.ts';
import { openRedis } from '../shared/redis.ts';
import { runService } from '../shared/run-service.ts';
import { buildQueryApp } from './app.ts';
import { queryConfig } from './config.ts';

await runService('query', queryConfig, async ({ config, logger, resources, fail }) => {
  const { DATABASE_READER_URL, DATABASE_USERNAME: username, DATABASE_PASSWORD: password } = config;
  const db = connectDatabase(withCredentials(DATABASE_READER_URL, { username, password }), config.DATABASE_CONNECTIONS, fail);
  resources.defer(() => db.destroy());
  const redisUrl = withCredentials(config.REDIS_READER_URL, { password: config.REDIS_PASSWORD });
  const redis = await openRedis(redisUrl, { isCluster: config.REDIS_CLUSTER, logger, resources });
  const app = await buildQueryApp({ db, redis, logger });
  resources.defer(() => app.close());
  await app.listen({ port: config.PORT, host: config.HOST });
  await serveMetrics(createMetrics(), { config, logger, resources });
});
