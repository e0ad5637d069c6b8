import etag from '@fastify/etag';
import { sql } from 'kysely';
import { serveApiDocuments } from '../shared/api-documents.ts';
import { type Database, isDatabaseAway } from '../shared/database.ts';
import { registerHealth } from '../shared/health.ts';
import { createHttpServer } from '../shared/http-server.ts';
import type { Logger } from '../shared/logger.ts';
import { registerTicketRoutes } from './routes/tickets.ts';

/** A reader that has not answered by then is as good as away. */
const handlerMs = 3_000;

/** The query service's HTTP server, not yet listening. `db` is the reader. */
export async function buildQueryApp({ db, logger }: { db: Database; logger: Logger }) {
  const app = createHttpServer({ logger, handlerMs, isAway: isDatabaseAway });
  await serveApiDocuments(app, {
    title: 'Onsale: query',
    description: 'Tickets, counts and revenue, moments after the sale. Every error is a problem (RFC 9457) with a stable `code`.',
    prefix: '/query',
  });
  await app.register(etag);
  registerTicketRoutes(app, db);
  registerHealth(app, '/query', { database: () => sql`select 1`.execute(db) });
  return app;
}
