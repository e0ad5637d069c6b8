import { sql } from 'kysely';
import { serveApiDocuments } from '../shared/http/api-documents.ts';
import { registerHealth } from '../shared/http/health.ts';
import { createHttpServer } from '../shared/http/http-server.ts';
import { traceRequests } from '../shared/http/trace-requests.ts';
import { identifyPrincipals } from '../shared/identity/identify-principals.ts';
import type { Verifier } from '../shared/identity/verifier.ts';
import { limitRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import { isDatabaseAway } from '../shared/stores/database.ts';
import { createRedisCheck, isRedisAway } from '../shared/stores/redis.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { readBacklog } from './jobs/read-backlog.ts';
import { registerBlockedRoute } from './routes/blocked.ts';
import type { RouteDependencies } from './routes/dependencies.ts';
import { registerEventRoutes } from './routes/events.ts';
import { registerHallRoutes } from './routes/halls.ts';
import { registerJobRoutes } from './routes/jobs.ts';
import { registerLifeRoutes } from './routes/life.ts';
import { registerListRoutes } from './routes/list.ts';
import { registerSalesRoutes } from './routes/sales.ts';
import { registerVenueRoutes } from './routes/venues.ts';

/** After this long without a reply, a store counts as away. */
const handlerMs = 10_000;

/** The catalogue service's HTTP server, not yet listening. */
export async function buildCatalogueApp(
  options: RouteDependencies & {
    logger: Logger;
    /** The operator's token. If it is '', there is no operator. */
    opsToken: string;
    verifier: Verifier;
    corsOrigins?: string;
    /** Without it, requests are not limited. */
    limits?: RequestLimits;
  },
) {
  const { db, redis, wakeJobs, logger, opsToken, verifier, corsOrigins = '', limits } = options;
  const isAway = (error: unknown) => isDatabaseAway(error) || isRedisAway(error);
  const app = createHttpServer({ logger, handlerMs, isAway, corsOrigins });
  traceRequests(app);
  await serveApiDocuments(app, {
    title: 'Onsale: catalogue',
    description: "The organiser's API: venues, events and their life. Every error is a problem (RFC 9457) with a stable `code`.",
    prefix: '/catalogue',
  });
  identifyPrincipals(app, { opsToken, verifier, addressOf: limits?.addressOf });
  if (limits) limitRequests(app, limits);
  const dependencies = { db, redis, wakeJobs };
  registerVenueRoutes(app, dependencies);
  registerHallRoutes(app, dependencies);
  registerListRoutes(app, dependencies);
  registerEventRoutes(app, dependencies);
  registerBlockedRoute(app, dependencies);
  registerLifeRoutes(app, dependencies);
  registerJobRoutes(app, dependencies);
  registerSalesRoutes(app, dependencies);
  registerHealth(
    app,
    '/catalogue',
    { database: () => sql`select 1`.execute(db), redis: createRedisCheck(redis) },
    {
      jobs: () => readBacklog(db),
    },
  );
  return app;
}
