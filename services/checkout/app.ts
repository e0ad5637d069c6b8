import { sql } from 'kysely';
import { serveApiDocuments } from '../shared/http/api-documents.ts';
import { forbidCaches } from '../shared/http/forbid-caches.ts';
import { type Checks, registerHealth } from '../shared/http/health.ts';
import { createHttpServer } from '../shared/http/http-server.ts';
import { traceRequests } from '../shared/http/trace-requests.ts';
import { identifyPrincipals } from '../shared/identity/identify-principals.ts';
import type { Verifier } from '../shared/identity/verifier.ts';
import { limitRequests, type RequestLimits } from '../shared/limits/limit-requests.ts';
import { isDatabaseAway } from '../shared/stores/database.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { readOutboxBacklog } from './outbox/outbox.ts';
import { ProviderAway } from './providers/provider.ts';
import { registerCheckoutRoutes } from './routes/checkouts.ts';
import type { RouteDependencies } from './routes/dependencies.ts';
import { registerEventPaymentRoutes } from './routes/event-payments.ts';
import { registerPages } from './routes/pages.ts';
import { registerRefundRoutes } from './routes/refunds.ts';
import { refuseCardNumbers } from './routes/refuse-card-numbers.ts';
import { readInboxBacklog } from './webhooks/inbox.ts';
import { registerWebhooks, type WebhookDependencies } from './webhooks/receive.ts';

/** After this long without a reply, purchase, the provider or MySQL counts as away. Longer than two calls to a slow provider take. */
const handlerMs = 25_000;

/** The checkout service's HTTP server, not yet listening. */
export async function buildCheckoutApp(
  options: RouteDependencies &
    Pick<WebhookDependencies, 'announce' | 'counts'> & {
      logger: Logger;
      /** The operator's token. If it is '', there is no operator. */
      opsToken: string;
      verifier: Verifier;
      corsOrigins?: string;
      /** Without it, requests are not limited. */
      limits?: RequestLimits;
      /** Stripe's publishable key, for its element in our page; '' if it is not used. */
      stripeKey?: string;
      /** What health checks besides the database. */
      checks?: Checks;
    },
) {
  const { db, logger, opsToken, verifier, corsOrigins = '', limits, stripeKey = '', checks = {}, clock } = options;
  const isAway = (error: unknown) => isDatabaseAway(error) || error instanceof ProviderAway;
  const app = createHttpServer({ logger, handlerMs, isAway, corsOrigins });
  traceRequests(app);
  await serveApiDocuments(app, {
    title: 'Onsale: checkout',
    description:
      'Paying for held tickets, and refunds. No card data is accepted. Every error is a problem (RFC 9457) with a stable `code`.',
    prefix: '/checkout',
  });
  identifyPrincipals(app, { opsToken, verifier, addressOf: limits?.addressOf });
  if (limits) limitRequests(app, limits);
  forbidCaches(app);
  refuseCardNumbers(app);
  registerCheckoutRoutes(app, options);
  registerRefundRoutes(app, options);
  registerEventPaymentRoutes(app, options);
  registerPages(app, { ...options, stripeKey });
  registerWebhooks(app, options);
  registerHealth(
    app,
    '/checkout',
    { database: () => sql`select 1`.execute(db), ...checks },
    { inbox: () => readInboxBacklog(db, clock()), outbox: () => readOutboxBacklog(db, clock()) },
  );
  return app;
}
