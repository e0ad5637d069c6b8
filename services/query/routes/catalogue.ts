import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import type { Database } from '../../shared/stores/database.ts';
import { EventId } from '../../shared/terms/identifiers.ts';
import { CatalogueEvent, findEvent } from '../queries/catalogue.ts';
import { json } from './json.ts';

/** An event changes only when it is opened again, and all buyers see the same. */
const cacheControl = 'public, max-age=10';

/** GET /query/api/v1/events/{eventId}: an event with its zones and prices, from the MySQL reader. */
export function registerCatalogueRoutes(app: HttpServer, db: Database): void {
  app.get(
    '/query/api/v1/events/:eventId',
    {
      schema: {
        operationId: 'getEvent',
        summary: 'An event, with its zones and prices',
        tags: ['events'],
        params: Type.Object({ eventId: EventId }),
        response: {
          200: json(CatalogueEvent, 'The event'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const event = await findEvent(db, request.params.eventId);
      if (!event) return sendProblem(reply, 'EVENT_NOT_FOUND');
      return reply.header('cache-control', cacheControl).send(event);
    },
  );
}
