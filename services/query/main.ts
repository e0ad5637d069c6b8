import { once } from 'node:events';
import { connectDatabase } from '../shared/database.ts';
import { connectRedis } from '../shared/redis.ts';
import { runService } from '../shared/run-service.ts';
import { buildQueryApp } from './app.ts';
import { queryConfig } from './config.ts';

await runService('query', queryConfig, async ({ config, logger, resources }) => {
  const db = connectDatabase(config.DATABASE_READER_URL, config.DATABASE_CONNECTIONS);
  resources.defer(() => db.destroy());
  const redis = connectRedis(config.REDIS_READER_URL);
  resources.defer(() => redis.disconnect());
  redis.on('error', (error) => logger.warn({ err: error }, 'redis'));
  // A moment for the first connection; without it the service starts all the same, and answers 503 where it needs Redis.
  await once(redis, 'ready', { signal: AbortSignal.timeout(2_000) }).catch(() => {});
  const app = await buildQueryApp({ db, redis, logger });
  resources.defer(() => app.close());
  await app.listen({ port: config.PORT, host: config.HOST });
});
