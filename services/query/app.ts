import etag from '@fastify/etag';
import { sql } from 'kysely';
import { serveApiDocuments } from '../shared/api-documents.ts';
import { type Database, isDatabaseAway } from '../shared/database.ts';
import { registerHealth } from '../shared/health.ts';
import { createHttpServer } from '../shared/http-server.ts';
import type { OrderTokens } from '../shared/identity/order-token.ts';
import { identifyPrincipals } from '../shared/identity/principal.ts';
import type { Logger } from '../shared/logger.ts';
import { pingRedis, type RedisClient } from '../shared/redis.ts';
import { traceRequests } from '../shared/trace-requests.ts';
import { createSeatReader } from './live/seat-reader.ts';
import { createWatchers } from './live/watchers.ts';
import { type OpsOptions, registerOps } from './ops/register.ts';
import { registerAvailabilityRoutes } from './routes/availability.ts';
import { registerCatalogueRoutes } from './routes/catalogue.ts';
import { registerLiveRoutes } from './routes/live.ts';
import { registerOrderRoutes } from './routes/orders.ts';
import { registerTicketRoutes } from './routes/tickets.ts';

/** A reader that has not answered by then is as good as away. */
const handlerMs = 3_000;

/** The query service's HTTP server, not yet listening. `db` and `redis` are the readers. */
export async function buildQueryApp(options: {
  db: Database;
  redis: RedisClient;
  logger: Logger;
  orderTokens: OrderTokens;
  /** The operator's, '' if there is none: then there is no operator's page either. */
  opsToken: string;
  readDepth: OpsOptions['readDepth'];
  corsOrigins?: string;
}) {
  const { db, redis, logger, orderTokens, opsToken, readDepth, corsOrigins = '' } = options;
  const app = createHttpServer({ logger, handlerMs, isAway: isDatabaseAway, corsOrigins });
  traceRequests(app);
  await serveApiDocuments(app, {
    title: 'Onsale: query',
    description:
      'Free seats as they are sold; tickets, counts and revenue moments later. Every error is a problem (RFC 9457) with a stable `code`.',
    prefix: '/query',
  });
  await app.register(etag);
  const checkToken = identifyPrincipals(app, opsToken);
  registerTicketRoutes(app, db);
  registerOrderRoutes(app, { db, orderTokens });
  registerCatalogueRoutes(app, db);
  const readSeats = createSeatReader(redis);
  registerAvailabilityRoutes(app, readSeats);
  registerHealth(app, '/query', { database: () => sql`select 1`.execute(db), redis: () => pingRedis(redis) });
  // After the other routes: an Upgrade that one of those is asked for is then simply not made.
  await registerLiveRoutes(app, createWatchers({ readSeats, logger }));
  if (opsToken !== '') await registerOps(app, { db, redis, readSeats, token: opsToken, checkToken, readDepth });
  return app;
}
