import { type Checks, registerHealth } from '../shared/health.ts';
import { createHttpServer } from '../shared/http-server.ts';
import type { Logger } from '../shared/logger.ts';
import { registerTicketRoutes, type TicketRoutes } from './routes/tickets.ts';

/** Above Redis' own command timeout: that one says what was away. */
const handlerMs = 5_000;

/** The purchase service's HTTP server, not yet listening. */
export async function buildPurchaseApp({ logger, checks, ...routes }: TicketRoutes & { logger: Logger; checks: Checks }) {
  const app = await createHttpServer({ logger, title: 'Onsale: purchase', prefix: '/purchase', handlerMs });
  registerHealth(app, '/purchase', checks);
  registerTicketRoutes(app, routes);
  return app;
}
