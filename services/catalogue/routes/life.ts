import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import type { Operation } from '../../shared/identity/permissions.ts';
import { principalName } from '../../shared/identity/principal.ts';
import { changeSaleState } from '../../shared/inventory/change-sale-state.ts';
import type { WantedState } from '../../shared/inventory/set-state.ts';
import { EventId } from '../../shared/terms/identifiers.ts';
import { cloneEvent } from '../organiser/clone-event.ts';
import { publishEvent } from '../organiser/publish-event.ts';
import { eventFor, findEvent, type KnownEvent } from './access.ts';
import { EventName } from './bodies.ts';
import type { RouteDependencies } from './dependencies.ts';
import { ChangedEvent } from './present.ts';
import { unlessStale } from './unless-stale.ts';
import { etagHeader, etagOf, preconditionHeaders, readOptionalPrecondition } from './versions.ts';

const params = Type.Object({ eventId: EventId });
const tags = ['life'];
const changed = {
  200: {
    description: 'The event, as it is now',
    headers: { ETag: etagHeader },
    content: { 'application/json': { schema: ChangedEvent } },
  },
};
const lifeProblems = [
  'INVALID_REQUEST',
  'NOT_SIGNED_IN',
  'FORBIDDEN',
  'EVENT_NOT_FOUND',
  'EVENT_STATE',
  'PRECONDITION_FAILED',
  'INVENTORY_UNAVAILABLE',
] as const;

const forGood: Partial<Record<string, string>> = { closed: ', which is for good', archived: ', which is for good' };

type Act = {
  does: string;
  operationId: string;
  summary: string;
  operation: Operation;
  wanted: Exclude<WantedState, { state: 'archived' }>;
};

const acts: Act[] = [
  {
    does: 'resume',
    operationId: 'resumeEvent',
    summary: 'Sell a paused event again',
    operation: 'sale:control',
    wanted: { state: 'published' },
  },
  {
    does: 'close',
    operationId: 'closeEvent',
    summary: 'End the sale of an event for good; tickets can still be cancelled, and holds confirmed',
    operation: 'sale:control',
    wanted: { state: 'closed' },
  },
];

const PauseBody = Type.Object(
  {
    confirmHolds: Type.Optional(
      Type.Boolean({ default: true, description: 'Whether buyers may confirm the holds that they have' }),
    ),
  },
  { additionalProperties: false },
);

/** POST /catalogue/api/v1/events/{eventId}/publish, pause, resume, close, clone. */
export function registerLifeRoutes(app: HttpServer, { db, redis }: RouteDependencies): void {
  for (const { does, operationId, summary, operation, wanted } of acts) {
    app.post(
      `/catalogue/api/v1/events/:eventId/${does}`,
      {
        config: { operation },
        schema: {
          operationId,
          summary,
          tags,
          params,
          headers: preconditionHeaders,
          response: { ...changed, ...problemResponses(...lifeProblems) },
        },
      },
      async (request, reply) => await changeTo(request, reply, operation, wanted),
    );
  }

  app.post(
    '/catalogue/api/v1/events/:eventId/pause',
    {
      config: { operation: 'sale:control' },
      // The body may be left out.
      preValidation: (request, _reply, done) => {
        request.body ??= {};
        done();
      },
      schema: {
        operationId: 'pauseEvent',
        summary: 'Stop selling an event for a while; tickets can be cancelled, and holds confirmed',
        tags,
        params,
        headers: preconditionHeaders,
        body: PauseBody,
        response: { ...changed, ...problemResponses(...lifeProblems, 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE') },
      },
    },
    async (request, reply) => {
      const { confirmHolds = true } = request.body;
      return await changeTo(request, reply, 'sale:control', { state: 'paused', confirmWhilePaused: confirmHolds });
    },
  );

  app.post(
    '/catalogue/api/v1/events/:eventId/publish',
    {
      config: { operation: 'sale:control' },
      schema: {
        operationId: 'publishEvent',
        summary: 'Publish a draft: from its on-sale time on, it sells',
        tags,
        params,
        headers: preconditionHeaders,
        response: { ...changed, ...problemResponses(...lifeProblems, 'CHANGE_REFUSED') },
      },
    },
    async (request, reply) => {
      const event = await eventFor(db, request, reply, 'sale:control');
      const expected = event && readOptionalPrecondition(request, reply, event.version);
      if (!event || !expected) return reply;
      // What was read is what is published.
      const manner = { principal: principalName(request.principal), expected: expected.version ?? event.version };
      const published = await unlessStale(reply, () => publishEvent({ db, redis }, event.eventId, manner));
      if (!published) return reply;
      if (published.kind === 'unknown') return sendProblem(reply, 'EVENT_NOT_FOUND');
      if (published.kind === 'refused') {
        return sendProblem(reply, 'CHANGE_REFUSED', { errors: published.reasons.map((detail) => ({ detail })) });
      }
      return await sendChanged(reply, event, published.kind);
    },
  );

  app.post(
    '/catalogue/api/v1/events/:eventId/clone',
    {
      config: { operation: 'catalogue:write' },
      schema: {
        operationId: 'cloneEvent',
        summary: 'Save a copy of an event as a draft',
        tags,
        params,
        body: Type.Object({ eventId: EventId, name: Type.Optional(EventName) }, { additionalProperties: false }),
        response: {
          201: { ...changed[200], description: 'The draft' },
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'FORBIDDEN',
            'EVENT_NOT_FOUND',
            'EVENT_EXISTS',
            'PAYLOAD_TOO_LARGE',
            'UNSUPPORTED_MEDIA_TYPE',
            'SERVICE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const event = await eventFor(db, request, reply, 'catalogue:write');
      if (!event) return reply;
      const { eventId: as, name } = request.body;
      const cloned = await cloneEvent({ db, redis }, event.eventId, { as, name, principal: principalName(request.principal) });
      if (cloned.kind === 'unknown') return sendProblem(reply, 'EVENT_NOT_FOUND');
      if (cloned.kind === 'exists') return sendProblem(reply, 'EVENT_EXISTS');
      reply.code(201).header('location', `/catalogue/api/v1/events/${as}`);
      return await sendChanged(reply, { ...event, eventId: as }, 'opened');
    },
  );

  async function changeTo(
    request: FastifyRequest,
    reply: FastifyReply,
    operation: Operation,
    wanted: Act['wanted'],
  ): Promise<FastifyReply> {
    const event = await eventFor(db, request, reply, operation);
    const expected = event && readOptionalPrecondition(request, reply, event.version);
    if (!event || !expected) return reply;
    const { eventId } = event;
    const manner = { principal: principalName(request.principal), expected: expected.version };
    const outcome = await unlessStale(reply, () => changeSaleState({ db, redis }, eventId, wanted, manner));
    if (!outcome) return reply;
    const isDetail = (state: string) => ({ detail: `${eventId} is ${state}${forGood[state] ?? ''}` });
    if (outcome.kind === 'refused') return sendProblem(reply, 'EVENT_STATE', isDetail(outcome.state));
    if (outcome.kind === 'noInventory') {
      const { inMysql } = outcome;
      if (inMysql === 'draft')
        return sendProblem(reply, 'EVENT_STATE', { detail: `${eventId} is a draft; it must be published first` });
      if (inMysql === 'archived') return sendProblem(reply, 'EVENT_STATE', isDetail(inMysql));
      return sendProblem(reply, 'INVENTORY_UNAVAILABLE', {
        detail: `Redis has lost the inventory of ${eventId}, so nothing is sold`,
      });
    }
    return await sendChanged(reply, event, outcome.kind);
  }

  async function sendChanged(
    reply: FastifyReply,
    event: KnownEvent,
    outcome: 'opened' | 'changed' | 'unchanged',
  ): Promise<FastifyReply> {
    const now = (await findEvent(db, event.eventId)) ?? event;
    return reply.header('etag', etagOf(now.version)).send({ ...now, outcome });
  }
}
