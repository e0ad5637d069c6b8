import etag from '@fastify/etag';
import { sql } from 'kysely';
import { serveApiDocuments } from '../shared/http/api-documents.ts';
import { registerHealth } from '../shared/http/health.ts';
import { createHttpServer } from '../shared/http/http-server.ts';
import { traceRequests } from '../shared/http/trace-requests.ts';
import { identifyPrincipals } from '../shared/identity/identify-principals.ts';
import type { OrderTokens } from '../shared/identity/order-token.ts';
import type { Verifier } from '../shared/identity/verifier.ts';
import { limitRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import { type Database, isDatabaseAway } from '../shared/stores/database.ts';
import { createRedisCheck, type RedisClient } from '../shared/stores/redis.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { createPlacesReader } from './live/places-reader.ts';
import { createSeatReader } from './live/seat-reader.ts';
import { createWatchers } from './live/watchers.ts';
import { type OpsOptions, registerOps } from './ops/register.ts';
import { registerAvailabilityRoutes } from './routes/availability.ts';
import { registerBrowseRoute } from './routes/browse.ts';
import { registerCatalogueRoutes } from './routes/catalogue.ts';
import { registerLiveRoutes } from './routes/live.ts';
import { registerOrderRoutes } from './routes/orders.ts';
import { registerOwnRoutes } from './routes/own.ts';
import { registerTicketRoutes } from './routes/tickets.ts';
import { createTurns } from './routes/turns.ts';

/** After this long without a reply, a reader counts as away. */
const handlerMs = 3_000;

/** The query service's HTTP server, not yet listening. `db` and `redis` are the readers. */
export async function buildQueryApp(options: {
  db: Database;
  redis: RedisClient;
  logger: Logger;
  orderTokens: OrderTokens;
  /** The operator's token; '' if there is none. Without it and without accounts, there is no operator's page. */
  opsToken: string;
  verifier: Verifier;
  readDepth: OpsOptions['readDepth'];
  corsOrigins?: string;
  /** Without it, nothing is limited. */
  limits?: RequestLimits;
}) {
  const { db, redis, logger, orderTokens, opsToken, verifier, readDepth, corsOrigins = '', limits } = options;
  const app = createHttpServer({ logger, handlerMs, isAway: isDatabaseAway, corsOrigins });
  traceRequests(app);
  await serveApiDocuments(app, {
    title: 'Onsale: query',
    description:
      'Live availability; tickets, counts and revenue moments after each sale. Every error is a problem (RFC 9457) with a stable `code`.',
    prefix: '/query',
  });
  await app.register(etag);
  const checkToken = identifyPrincipals(app, { opsToken, verifier, addressOf: limits?.addressOf });
  if (limits) limitRequests(app, limits);
  const turns = createTurns();
  registerTicketRoutes(app, { db, turns });
  registerOwnRoutes(app, { db, turns });
  registerOrderRoutes(app, { db, orderTokens });
  registerCatalogueRoutes(app, db);
  registerBrowseRoute(app, db, createPlacesReader(redis));
  const readSeats = createSeatReader(redis);
  registerAvailabilityRoutes(app, readSeats);
  registerHealth(app, '/query', { database: () => sql`select 1`.execute(db), redis: createRedisCheck(redis) });
  // After the other routes, so that those ignore an Upgrade.
  await registerLiveRoutes(app, createWatchers({ readSeats, logger }), { networkOf: limits?.clients && limits.networkOf });
  const { hasAccounts } = verifier;
  if (opsToken !== '' || hasAccounts) {
    await registerOps(app, { db, redis, readSeats, token: opsToken, hasAccounts, checkToken, readDepth });
  }
  return app;
}
