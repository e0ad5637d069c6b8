import { serveApiDocuments } from '../shared/api-documents.ts';
import { type Checks, registerHealth } from '../shared/health.ts';
import { createHttpServer } from '../shared/http-server.ts';
import type { Logger } from '../shared/logger.ts';
import { registerTicketRoutes, type TicketRoutes } from './routes/tickets.ts';

/** Above Redis' own command timeout: that one says what was away. */
const handlerMs = 5_000;

/** The purchase service's HTTP server, not yet listening. */
export async function buildPurchaseApp({ logger, checks, ...routes }: TicketRoutes & { logger: Logger; checks: Checks }) {
  const app = createHttpServer({ logger, handlerMs });
  await serveApiDocuments(app, {
    title: 'Onsale: purchase',
    description: 'Buys tickets. Every error is a problem (RFC 9457) with a stable `code`.',
    prefix: '/purchase',
  });
  registerTicketRoutes(app, routes);
  registerHealth(app, '/purchase', checks);
  return app;
}
