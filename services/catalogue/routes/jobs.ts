import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { principalName } from '../../shared/identity/principal.ts';
import { Currency, EventId, Timestamp } from '../../shared/terms/identifiers.ts';
import { countSold } from '../jobs/cancel-event.ts';
import { askForJob, type JobKind, type JobStatus, readJob, statusOf } from '../jobs/jobs.ts';
import { readRefunding } from '../reads/read-refunds.ts';
import { eventFor } from './access.ts';
import { EventName } from './bodies.ts';
import type { RouteDependencies } from './dependencies.ts';

const params = Type.Object({ eventId: EventId });
const tags = ['life'];
const statuses: JobStatus[] = ['waiting', 'running', 'done', 'failed'];
const timeOrNull = (description: string) => Type.Union([Timestamp, Type.Null()], { description });

const Decimal = Type.String({ description: 'A decimal', examples: ['120.00'] });

const Job = Type.Object({
  eventId: EventId,
  status: Type.Enum(statuses, { description: 'failed: it was refused, and can be asked for again' }),
  principal: Type.String({ description: 'Who asked for it' }),
  createdOn: Timestamp,
  finishedOn: timeOrNull('When it was done'),
  detail: Type.Union([Type.String(), Type.Null()], { description: 'Why it waits, or was refused' }),
});
const orNull = { description: 'null: not known yet' };
const Cancellation = Type.Object({
  ...Job.properties,
  tickets: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    ...orNull,
    description: 'Sold when it began; null until then',
  }),
  cancelled: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { ...orNull, description: 'Of those, cancelled so far' }),
  seats: Type.Enum(['free', 'blocked'], { description: 'What becomes of their seats' }),
  refunds: Type.Object(
    {
      orders: Type.Integer({ minimum: 0, description: 'Orders that were paid through checkout' }),
      refunded: Type.Integer({ minimum: 0, description: 'Of those, orders that were given back all' }),
      onTheWay: Type.Integer({ minimum: 0, description: 'Orders with a refund on its way: banks take days' }),
      failed: Type.Integer({ minimum: 0, description: 'Orders whose refund failed: somebody must give the money back' }),
      paidAmount: Decimal,
      refundedAmount: Decimal,
      onTheWayAmount: Decimal,
      currency: Currency,
    },
    { description: 'How far the money is; it goes on after the cancellation is done' },
  ),
});
const locationHeader = Type.String({ description: 'Where its progress can be read' });
const problems = ['INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'] as const;

/** POST and GET /catalogue/api/v1/events/{eventId}/cancellation and /archive: work that takes longer than a request. */
export function registerJobRoutes(app: HttpServer, { db, redis, wakeJobs }: RouteDependencies): void {
  app.post(
    '/catalogue/api/v1/events/:eventId/cancellation',
    {
      config: { operation: 'event:cancel' },
      schema: {
        operationId: 'cancelEvent',
        summary: 'Cancel an event with all its orders, for good',
        description:
          'Ends the sale at once and cancels order after order in the background. Once answered with 202 it will be done, whatever fails ' +
          'meanwhile. Orders that were paid through checkout are refunded. To prove that it is meant, the body repeats the id of the event.',
        tags,
        params,
        body: Type.Object(
          {
            confirm: Type.String({ description: 'The id of the event' }),
            reason: Type.Optional({ ...EventName, description: 'For the audit log' }),
            seats: Type.Optional(
              Type.Enum(['free', 'blocked'], { default: 'free', description: 'What becomes of the seats of its orders' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          202: {
            description: 'It will be done',
            headers: { Location: locationHeader },
            content: { 'application/json': { schema: Cancellation } },
          },
          ...problemResponses(...problems, 'EVENT_STATE', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'),
        },
      },
    },
    async (request, reply) => {
      const event = await eventFor(db, request, reply, 'event:cancel');
      if (!event) return reply;
      const { eventId, state } = event;
      const { confirm, reason, seats } = request.body;
      if (confirm !== eventId) {
        return sendProblem(reply, 'INVALID_REQUEST', { errors: [{ pointer: '#/confirm', detail: `must be ${eventId}` }] });
      }
      if (state === 'draft' || state === 'archived') {
        return sendProblem(reply, 'EVENT_STATE', { detail: `${eventId} is ${state === 'draft' ? 'a draft' : 'archived'}` });
      }
      await askForJob(db, event, { kind: 'cancel', principal: principalName(request.principal), reason, seats });
      wakeJobs();
      reply.code(202).header('location', `/catalogue/api/v1/events/${eventId}/cancellation`);
      return await sendJob(reply, event, 'cancel');
    },
  );

  app.post(
    '/catalogue/api/v1/events/:eventId/archive',
    {
      config: { operation: 'event:archive' },
      schema: {
        operationId: 'archiveEvent',
        summary: 'Archive a closed event: prove that MySQL has all of it, and remove it from Redis for good',
        description: 'It is done in the background. Its tickets stay readable, but cannot be cancelled any more.',
        tags,
        params,
        response: {
          202: {
            description: 'It will be done',
            headers: { Location: locationHeader },
            content: { 'application/json': { schema: Job } },
          },
          ...problemResponses(...problems, 'EVENT_STATE'),
        },
      },
    },
    async (request, reply) => {
      const event = await eventFor(db, request, reply, 'event:archive');
      if (!event) return reply;
      const { eventId, state } = event;
      if (state !== 'closed' && state !== 'archived') {
        return sendProblem(reply, 'EVENT_STATE', {
          detail: `${eventId} is ${state === 'draft' ? 'a draft' : state}; only a closed event can be archived`,
        });
      }
      await askForJob(db, event, { kind: 'archive', principal: principalName(request.principal) });
      wakeJobs();
      reply.code(202).header('location', `/catalogue/api/v1/events/${eventId}/archive`);
      return await sendJob(reply, event, 'archive');
    },
  );

  for (const { path, kind, schema, operationId, summary } of [
    {
      path: 'cancellation',
      kind: 'cancel',
      schema: Cancellation,
      operationId: 'getCancellation',
      summary: 'How far the cancellation of an event is',
    },
    {
      path: 'archive',
      kind: 'archive',
      schema: Job,
      operationId: 'getArchiving',
      summary: 'How far the archiving of an event is',
    },
  ] as const) {
    app.get(
      `/catalogue/api/v1/events/:eventId/${path}`,
      {
        config: { operation: 'catalogue:read' },
        schema: {
          operationId,
          summary,
          tags,
          params,
          response: {
            200: { description: summary, content: { 'application/json': { schema } } },
            ...problemResponses(...problems, 'JOB_NOT_FOUND'),
          },
        },
      },
      async (request: FastifyRequest, reply: FastifyReply) => {
        const event = await eventFor(db, request, reply, 'catalogue:read');
        return event ? await sendJob(reply, event, kind) : reply;
      },
    );
  }

  async function sendJob(
    reply: FastifyReply,
    { eventId, currency }: { eventId: string; currency: string },
    kind: JobKind,
  ): Promise<FastifyReply> {
    const job = await readJob(db, eventId, kind);
    if (!job) return sendProblem(reply, 'JOB_NOT_FOUND');
    const { principal, created_on, finished_on, note, total, seats } = job;
    const shown = {
      eventId,
      status: statusOf(job),
      principal,
      createdOn: created_on.toISOString(),
      finishedOn: finished_on?.toISOString() ?? null,
      detail: note,
    };
    reply.header('cache-control', 'private, no-cache');
    if (kind === 'archive') return reply.send(shown);
    const left = total === null || finished_on !== null ? 0 : await countSold(redis, eventId);
    const cancelled = total === null ? null : Math.max(0, total - left);
    const refunds = await readRefunding(db, { eventId, currency });
    return reply.send({ ...shown, tickets: total, cancelled, seats, refunds });
  }
}
