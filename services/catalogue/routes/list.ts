import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { cutPage, linkHeader, wrongCursor } from '../../shared/http/pages.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { organisersOf } from '../../shared/identity/permissions.ts';
import { EventId, OrganiserId, Timestamp } from '../../shared/terms/identifiers.ts';
import { ListedEvent, listEvents } from '../reads/list-events.ts';
import { readAudit } from '../reads/read-audit.ts';
import { eventFor } from './access.ts';
import { decodeCursor, encodeCursor, pageQuery } from './cursor.ts';
import type { RouteDependencies } from './dependencies.ts';
import { Differences } from './present.ts';

const AuditLine = Type.Object({
  auditId: Type.Integer(),
  changedOn: Timestamp,
  principal: Type.String({
    description: 'Who: an account, an API key, the operator or a command',
    examples: ['key:x1Y2z3A4b5C6d7E8'],
  }),
  action: Type.String({ examples: ['publish'] }),
  changes: Differences,
});

/** GET /catalogue/api/v1/events and …/events/{eventId}/audit. */
export function registerListRoutes(app: HttpServer, { db, redis }: RouteDependencies): void {
  app.get(
    '/catalogue/api/v1/events',
    {
      config: { operation: 'catalogue:read' },
      schema: {
        operationId: 'listEvents',
        summary: "One's own organisers' events, drafts too, by their on-sale time",
        tags: ['events'],
        querystring: Type.Object(
          { organiserId: Type.Optional({ ...OrganiserId, description: 'Only those of this organiser' }), ...pageQuery(500, 100) },
          { additionalProperties: false },
        ),
        response: {
          200: {
            description: 'A page of events',
            headers: { Link: linkHeader },
            content: { 'application/json': { schema: Type.Array(ListedEvent) } },
          },
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { organiserId, cursor, limit = 100 } = request.query;
      const values = cursor === undefined ? undefined : decodeCursor(cursor, ['number', 'string']);
      if (cursor !== undefined && (!values || Number(values[0]) > maxTimeMs))
        return sendProblem(reply, 'INVALID_REQUEST', { errors: [wrongCursor] });
      const after = values && { onSaleAtMs: Number(values[0]), eventId: String(values[1]) };
      const own = organisersOf(request.principal, 'catalogue:read');
      if (organiserId !== undefined && own !== 'all' && !own.includes(organiserId)) return sendProblem(reply, 'FORBIDDEN');
      const organiserIds = organiserId === undefined ? own : [organiserId];
      const found = await listEvents(db, redis, { page: { organiserIds, after, limit: limit + 1 } });
      const page = cutPage(reply, found, {
        path: '/catalogue/api/v1/events',
        query: { organiserId },
        limit,
        cursorOf: (last) => encodeCursor([Date.parse(last.onSaleAt), last.eventId]),
      });
      return reply.header('cache-control', 'private, no-cache').send(page);
    },
  );

  app.get(
    '/catalogue/api/v1/events/:eventId/audit',
    {
      config: { operation: 'audit:read' },
      schema: {
        operationId: 'readAudit',
        summary: 'Who changed an event, when and what; the newest first',
        tags: ['events'],
        params: Type.Object({ eventId: EventId }),
        querystring: Type.Object(pageQuery(500, 100), { additionalProperties: false }),
        response: {
          200: {
            description: 'A page of changes',
            headers: { Link: linkHeader },
            content: { 'application/json': { schema: Type.Array(AuditLine) } },
          },
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { cursor, limit = 100 } = request.query;
      const values = cursor === undefined ? undefined : decodeCursor(cursor, ['number']);
      if (cursor !== undefined && !values) return sendProblem(reply, 'INVALID_REQUEST', { errors: [wrongCursor] });
      const event = await eventFor(db, request, reply, 'audit:read');
      if (!event) return reply;
      const found = await readAudit(db, event.eventId, { before: values && Number(values[0]), limit: limit + 1 });
      const path = `/catalogue/api/v1/events/${event.eventId}/audit`;
      const page = cutPage(reply, found, { path, limit, cursorOf: ({ auditId }) => encodeCursor([auditId]) });
      return reply.header('cache-control', 'private, no-cache').send(page);
    },
  );
}

/** The last that MySQL knows: the end of the year 9999. */
const maxTimeMs = 253_402_300_799_999;
