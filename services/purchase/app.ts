import type { Backlog } from '../shared/events/outbox-backlog.ts';
import { serveApiDocuments } from '../shared/http/api-documents.ts';
import { type Checks, registerHealth } from '../shared/http/health.ts';
import { createHttpServer } from '../shared/http/http-server.ts';
import { UnavailableError } from '../shared/http/problems.ts';
import { traceRequests } from '../shared/http/trace-requests.ts';
import { identifyPrincipals } from '../shared/identity/identify-principals.ts';
import type { Verifier } from '../shared/identity/verifier.ts';
import { limitRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { ClientLimits } from './client-limits.ts';
import type { RouteDependencies } from './routes/dependencies.ts';
import { registerExchangeRoute } from './routes/exchange.ts';
import { registerHoldRoutes } from './routes/holds.ts';
import { refuseGuessableKeys } from './routes/idempotency.ts';
import { registerOrderRoutes } from './routes/orders.ts';
import { registerPaymentRoutes } from './routes/payments.ts';
import { createSendRefusal } from './routes/refusal.ts';
import { createEarlyShedding } from './routes/shed-early.ts';
import { registerTicketRoutes } from './routes/tickets.ts';

/**
 * The purchase service's HTTP server, not yet listening. It waits only for Redis, whose client has a time limit. `opsToken` is the
 * operator's, '' if there is none.
 */
export async function buildPurchaseApp(
  options: Omit<RouteDependencies, 'sendRefusal' | 'holdingClientOf'> & {
    opsToken: string;
    verifier: Verifier;
    logger: Logger;
    checks: Checks;
    readBacklog: () => Promise<Backlog>;
    corsOrigins?: string;
    /** Without it, nothing is limited. */
    limits?: { requests: RequestLimits; clients: ClientLimits };
  },
) {
  const { opsToken, verifier, logger, checks, readBacklog, corsOrigins = '', limits, ...given } = options;
  const holdingClientOf = limits?.clients.holdingClientOf ?? (() => undefined);
  const dependencies = { ...given, holdingClientOf, sendRefusal: createSendRefusal() };
  const { seats, counters } = dependencies;
  const app = createHttpServer({ logger, corsOrigins, beforeParsing: createEarlyShedding(seats) });
  app.addHook('onError', (_request, _reply, error: unknown, done) => {
    if (error instanceof UnavailableError) counters.countUnavailable(error.code);
    done();
  });
  app.addHook('onResponse', ({ method }, { statusCode, elapsedTime }, done) => {
    if (isCommand(method) && isDecision(statusCode)) counters.countResponse(elapsedTime);
    done();
  });
  traceRequests(app);
  await serveApiDocuments(app, {
    title: 'Onsale: purchase',
    description: 'Sells, holds, cancels and exchanges tickets. Every error is a problem (RFC 9457) with a stable `code`.',
    prefix: '/purchase',
  });
  identifyPrincipals(app, { opsToken, verifier, addressOf: limits?.requests.addressOf });
  if (limits) limitRequests(app, limits.requests);
  refuseGuessableKeys(app);
  limits?.clients.limit(app);
  registerTicketRoutes(app, dependencies);
  registerOrderRoutes(app, dependencies);
  registerExchangeRoute(app, dependencies);
  registerHoldRoutes(app, dependencies);
  registerPaymentRoutes(app, dependencies);
  registerHealth(app, '/purchase', checks, { outbox: readBacklog });
  return app;
}

const isCommand = (method: string) => method === 'POST' || method === 'DELETE';

/** Invalid requests are refused almost instantly: counting their latency would make a slow sale look fast in a flood of them. */
const isDecision = (statusCode: number) => statusCode < 400 || statusCode === 409 || statusCode >= 500;
