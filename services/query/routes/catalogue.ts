import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import type { Database } from '../../shared/stores/database.ts';
import { EventId, ZoneId } from '../../shared/terms/identifiers.ts';
import { CatalogueEvent, findEvent } from '../queries/catalogue.ts';
import { findZonePlan, ZonePlan } from '../queries/zone-plan.ts';
import { json } from './json.ts';

/** An event changes only when it is opened again, and all buyers see the same. */
const cacheControl = 'public, max-age=10';

/** GET /query/api/v1/events/{eventId}…: an event with its zones and prices, and the plans of its zones, from the MySQL reader. */
export function registerCatalogueRoutes(app: HttpServer, db: Database): void {
  app.get(
    '/query/api/v1/events/:eventId',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'getEvent',
        summary: 'An event, with its zones, categories, ticket types and prices',
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

  app.get(
    '/query/api/v1/events/:eventId/zones/:zoneId/plan',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'getPlan',
        summary: "A zone's rows and seats, for drawing them",
        description:
          'The labels of the positions whose bits are in `GET …/seats` and in the WebSocket. Which seats are free, and which are blocked, ' +
          'is only there. The server sends a snapshot over the WebSocket when plans change.',
        tags: ['events'],
        params: Type.Object({ eventId: EventId, zoneId: ZoneId }),
        response: {
          200: json(ZonePlan, 'The plan'),
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'EVENT_NOT_FOUND',
            'ZONE_NOT_FOUND',
            'SEAT_NOT_FOUND',
            'SERVICE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { eventId, zoneId } = request.params;
      const plan = await findZonePlan(db, eventId, zoneId);
      if (!('missing' in plan)) return reply.header('cache-control', cacheControl).send(plan);
      if (plan.missing === 'event') return sendProblem(reply, 'EVENT_NOT_FOUND');
      if (plan.missing === 'zone') return sendProblem(reply, 'ZONE_NOT_FOUND');
      return sendProblem(reply, 'SEAT_NOT_FOUND', { detail: `Zone ${zoneId} has no seats, only a capacity` });
    },
  );
}
