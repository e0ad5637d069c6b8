import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { may } from '../../shared/identity/permissions.ts';
import { principalName } from '../../shared/identity/principal.ts';
import { readDocument } from '../../shared/inventory/plan/catalogue.ts';
import { EventId } from '../../shared/terms/identifiers.ts';
import { putEvent } from '../organiser/put-event.ts';
import { organiserIn, readEventBody } from '../organiser/read-body.ts';
import { defaultOrganiser, eventFor, findEvent, isAllowed, type KnownEvent } from './access.ts';
import { asItIs, EventBody, faultsOf, maxDocumentBytes, mergePatch, PatchBody } from './bodies.ts';
import type { RouteDependencies } from './dependencies.ts';
import { ChangedEvent, Differences, EventOfOrganiser } from './present.ts';
import { unlessStale } from './unless-stale.ts';
import { etagHeader, etagOf, preconditionHeaders, readPrecondition } from './versions.ts';

const tags = ['events'];
const params = Type.Object({ eventId: EventId });
const PutEvent = Type.Object({
  ...ChangedEvent.properties,
  changes: Differences,
  takes: Type.Array(Type.String(), { description: 'What the change withdraws from a running sale' }),
});
const PutQuery = Type.Object(
  {
    dryRun: Type.Optional(Type.Boolean({ description: 'Change nothing, and answer what the change would be' })),
    publish: Type.Optional(Type.Boolean({ description: 'Publish a new event, or a draft, in the same step' })),
    withdraw: Type.Optional(Type.Boolean({ description: 'Agree to what the change withdraws from a running sale' })),
  },
  { additionalProperties: false },
);
type PutQuery = { dryRun?: boolean; publish?: boolean; withdraw?: boolean };

/** GET, PUT and PATCH /catalogue/api/v1/events/{eventId}: an event as its file describes it. */
export function registerEventRoutes(app: HttpServer, { db, redis }: RouteDependencies): void {
  app.get(
    '/catalogue/api/v1/events/:eventId',
    {
      ...asItIs,
      config: { operation: 'catalogue:read' },
      schema: {
        operationId: 'getEvent',
        summary: 'An event, as its file describes it',
        description: 'The ETag is its version. Send it as If-Match with a change, so that nobody else’s change is lost.',
        tags,
        params,
        response: {
          200: {
            description: 'The event',
            headers: { ETag: etagHeader },
            content: { 'application/json': { schema: EventOfOrganiser } },
          },
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const event = await eventFor(db, request, reply, 'catalogue:read');
      if (!event) return reply;
      const found = await readVersion(event.eventId);
      if (!found) return sendProblem(reply, 'EVENT_NOT_FOUND');
      return reply.header('etag', etagOf(found.version)).header('cache-control', 'private, no-cache').send(found);
    },
  );

  app.put(
    '/catalogue/api/v1/events/:eventId',
    {
      config: { operation: 'catalogue:write' },
      bodyLimit: maxDocumentBytes,
      schema: {
        operationId: 'putEvent',
        summary: 'Create an event as a draft, or change an event',
        description:
          'The body is an event file. A draft is seen by nobody else until it is published. A published event is changed at once, and ' +
          'a change that would affect tickets sold or held is refused as a whole. The same file twice changes nothing.',
        tags,
        params,
        querystring: PutQuery,
        headers: preconditionHeaders,
        body: EventBody,
        response: { 200: changed('The event, or with `dryRun` what it would be'), 201: changed('Created'), ...putProblems },
      },
    },
    async (request, reply) => {
      const known = await findEvent(db, request.params.eventId);
      return await change(request, reply, known, request.body as Record<string, unknown>);
    },
  );

  app.patch(
    '/catalogue/api/v1/events/:eventId',
    {
      config: { operation: 'catalogue:write' },
      bodyLimit: maxDocumentBytes,
      schema: {
        operationId: 'patchEvent',
        summary: 'Change parts of an event: its prices, types, promotions, times',
        description:
          'A JSON Merge Patch (RFC 7396) of the event file: fields that are named replace those that there are, `null` removes one, and lists ' +
          'are replaced as a whole. Otherwise as PUT.',
        tags,
        params,
        querystring: PutQuery,
        headers: preconditionHeaders,
        body: PatchBody,
        response: { 200: changed('The event, or with `dryRun` what it would be'), ...putProblems },
      },
    },
    async (request, reply) => {
      const known = await eventFor(db, request, reply, 'catalogue:write');
      if (!known) return reply;
      const document = await readDocument(db, known.eventId);
      return await change(request, reply, known, mergePatch(document, request.body) as Record<string, unknown>);
    },
  );

  async function change(
    request: FastifyRequest,
    reply: FastifyReply,
    known: KnownEvent | undefined,
    body: Record<string, unknown>,
  ): Promise<FastifyReply> {
    const { principal } = request;
    const { eventId } = request.params as { eventId: string };
    const { dryRun = false, publish = false, withdraw = false } = request.query as PutQuery;
    if (known && !isAllowed(request, reply, 'catalogue:write', known)) return reply;
    const organiserId = organiserIn(body) ?? known?.organiserId ?? defaultOrganiser(principal, 'catalogue:write');
    if (!may(principal, 'catalogue:write', organiserId)) return sendProblem(reply, 'FORBIDDEN');
    if (publish && !may(principal, 'sale:control', organiserId)) return sendProblem(reply, 'FORBIDDEN');
    const read = await readEventBody(db, body, { eventId, organiserId });
    if ('faults' in read) return sendProblem(reply, 'INVALID_REQUEST', faultsOf(read.faults));
    const { plan } = read;
    const expected = readPrecondition(request, reply, known?.version);
    if (!expected) return reply;

    const manner = { principal: principalName(principal), expected: expected.version };
    const isDraft = !publish && (known === undefined || known.state === 'draft');
    const put = await unlessStale(reply, () =>
      putEvent({ db, redis }, plan, { ...manner, isDraft, isDryRun: dryRun, mayWithdraw: withdraw }),
    );
    if (!put) return reply;
    if (put.kind === 'refused')
      return sendProblem(reply, 'CHANGE_REFUSED', { errors: put.reasons.map((detail) => ({ detail })) });
    if (put.kind === 'withdraws') {
      return sendProblem(reply, 'SALE_AFFECTED', {
        detail: 'To agree, send it again with ?withdraw=true',
        errors: put.takes.map((what) => ({ detail: `withdraws ${what}` })),
      });
    }
    const { kind: outcome, changes, takes } = put;
    const now = dryRun ? known : await findEvent(db, eventId);
    const { state = 'draft', version = 1 } = now ?? {};
    if (!dryRun) {
      reply.header('etag', etagOf(version));
      if (!known) reply.code(201).header('location', `/catalogue/api/v1/events/${eventId}`);
    }
    return reply.send({ eventId, organiserId, state, version, outcome, changes, takes });
  }

  /** The event and its file at one moment. */
  async function readVersion(eventId: string) {
    return await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (trx) => {
        const event = await findEvent(trx, eventId);
        const document = event && (await readDocument(trx, eventId));
        return document && { ...event, document };
      });
  }
}

function changed(description: string) {
  return { description, headers: { ETag: etagHeader }, content: { 'application/json': { schema: PutEvent } } };
}

const putProblems = problemResponses(
  'INVALID_REQUEST',
  'NOT_SIGNED_IN',
  'FORBIDDEN',
  'EVENT_NOT_FOUND',
  'CHANGE_REFUSED',
  'SALE_AFFECTED',
  'PRECONDITION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'PRECONDITION_REQUIRED',
  'SERVICE_UNAVAILABLE',
);
