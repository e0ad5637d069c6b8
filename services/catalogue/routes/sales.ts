import { finished, Readable } from 'node:stream';
import pLimit from 'p-limit';
import { type Static, Type } from 'typebox';
import { patterned } from '../../shared/basics/patterned.ts';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { cutPage, linkHeader, wrongCursor } from '../../shared/http/pages.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { BuyerId, EventId, Uuid } from '../../shared/terms/identifiers.ts';
import { createCsv } from '../reads/csv.ts';
import { findTicketPage, foundColumns, readTicketsInPages, type Wanted } from '../reads/find-tickets.ts';
import { reportEvent } from '../reads/report-event.ts';
import { dimensions, reportSales } from '../reads/report-sales.ts';
import { eventFor } from './access.ts';
import { decodeCursor, encodeCursor, pageQuery } from './cursor.ts';
import type { RouteDependencies } from './dependencies.ts';
import { createDownloads, downloadsPerOrganiser } from './downloads.ts';
import { EventReport, FoundTicketRow, SalesReport } from './present-sales.ts';

const params = Type.Object({ eventId: EventId });
const tags = ['sales'];
const notKept = 'private, no-cache';
/** A file of a million tickets takes a slow client minutes. */
const downloadMs = 3_600_000;
/** Most downloads last a few seconds. */
const retryDownloadSeconds = 5;
/** A report goes through all of an event's tickets. */
const reportsAtOnce = 2;
const maxWaitingReports = 50;

const search = {
  buyer: Type.Optional({ ...BuyerId, description: "Only this buyer's tickets" }),
  order: Type.Optional({ ...Uuid, description: 'Only the tickets of this order' }),
  seat: Type.Optional(
    patterned(
      '^[1-9][0-9]{0,5}/[^\\p{Cc}]{1,20}/[^\\p{Cc}]{1,10}$',
      "must be a zone's number, a row and a seat, such as 1/A/12",
      {
        description: 'Only the tickets ever sold for this seat, such as `1/A/12`',
      },
    ),
  ),
  status: Type.Optional(Type.Enum(['PAID', 'CANCELLED', 'CONFLICTED'], { description: 'Only tickets in this state' })),
};
const Search = Type.Object(search, { additionalProperties: false });
const readProblems = ['INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'] as const;

/** GET /catalogue/api/v1/events/{eventId}/orders, orders.csv, report, status: an event's sales. */
export function registerSalesRoutes(app: HttpServer, { db, redis }: RouteDependencies): void {
  const downloads = createDownloads();
  const reportInTurn = pLimit(reportsAtOnce);

  app.get(
    '/catalogue/api/v1/events/:eventId/orders',
    {
      config: { operation: 'orders:read' },
      schema: {
        operationId: 'findTickets',
        summary: "An event's orders ticket by ticket, in the order of sale",
        description: 'According to MySQL, which is moments behind. All that is asked for must match.',
        tags,
        params,
        querystring: Type.Object({ ...search, ...pageQuery(1_000, 100) }, { additionalProperties: false }),
        response: {
          200: {
            description: 'A page of tickets',
            headers: { Link: linkHeader },
            content: { 'application/json': { schema: Type.Array(FoundTicketRow) } },
          },
          ...problemResponses(...readProblems),
        },
      },
    },
    async (request, reply) => {
      const { cursor, limit = 100, ...query } = request.query;
      const values = cursor === undefined ? undefined : decodeCursor(cursor, ['number', 'string']);
      const after = values && { sequence: Number(values[0]), ticketId: String(values[1]) };
      if (cursor !== undefined && (!after || !isUuid(after.ticketId)))
        return sendProblem(reply, 'INVALID_REQUEST', { errors: [wrongCursor] });
      const event = await eventFor(db, request, reply, 'orders:read');
      if (!event) return reply;
      const found = await findTicketPage(db, event.eventId, wantedOf(query), { after, limit: limit + 1 });
      const path = `/catalogue/api/v1/events/${event.eventId}/orders`;
      const cursorOf = ({ position }: (typeof found)[number]) => encodeCursor([position.sequence, position.ticketId]);
      const page = cutPage(reply, found, { path, query, limit, cursorOf });
      return reply.header('cache-control', notKept).send(page.map(({ ticket }) => ticket));
    },
  );

  app.get(
    '/catalogue/api/v1/events/:eventId/orders.csv',
    {
      config: { operation: 'orders:read' },
      handlerTimeout: downloadMs,
      schema: {
        operationId: 'downloadTickets',
        summary: 'The same as CSV (RFC 4180), for spreadsheets, whole',
        tags,
        params,
        querystring: Search,
        response: {
          200: { description: 'The tickets', content: { 'text/csv': { schema: Type.String() } } },
          ...problemResponses(...readProblems),
        },
      },
    },
    async (request, reply) => {
      const event = await eventFor(db, request, reply, 'orders:read');
      if (!event) return reply;
      const { raw } = reply;
      const refusal = downloads.begin(event.organiserId, raw);
      if (refusal) {
        reply.header('retry-after', retryDownloadSeconds);
        const detail = `At most ${downloadsPerOrganiser} download at a time of an organiser's data; another one is in progress`;
        if (refusal === 'full') return sendProblem(reply, 'SERVICE_UNAVAILABLE', { detail: 'Too many downloads at a time' });
        return sendProblem(reply, 'RATE_LIMITED', { detail });
      }
      const csv = createCsv(foundColumns, { isFile: true });
      const rows = Readable.from(readTicketsInPages(db, event.eventId, wantedOf(request.query)));
      finished(raw, () => rows.destroy());
      rows.once('error', (error) => csv.destroy(error));
      return (
        reply
          .type('text/csv; charset=utf-8; header=present')
          .header('content-disposition', `attachment; filename="${event.eventId}.csv"`)
          .header('cache-control', notKept)
          // Its schema is that of the text; Fastify sends streams as they are.
          .send(rows.pipe(csv) as never)
      );
    },
  );

  app.get(
    '/catalogue/api/v1/events/:eventId/report',
    {
      config: { operation: 'reports:read' },
      schema: {
        operationId: 'reportSales',
        summary: "An event's tickets, discounts and revenue, added up",
        tags,
        params,
        querystring: Type.Object(
          {
            by: Type.Optional(
              Type.Enum([...dimensions], { description: "Divide by this; days are those of the venue's time zone" }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: { description: 'The report', content: { 'application/json': { schema: SalesReport } } },
          ...problemResponses(...readProblems),
        },
      },
    },
    async (request, reply) => {
      const event = await eventFor(db, request, reply, 'reports:read');
      if (!event) return reply;
      if (reportInTurn.pendingCount >= maxWaitingReports) {
        return sendProblem(reply, 'SERVICE_UNAVAILABLE', { detail: 'Too many reports are being made' });
      }
      const report = await reportInTurn(() => reportSales(db, event.eventId, request.query.by));
      return reply.header('cache-control', notKept).send(report);
    },
  );

  app.get(
    '/catalogue/api/v1/events/:eventId/status',
    {
      config: { operation: 'catalogue:read' },
      schema: {
        operationId: 'showEvent',
        summary: "An event's inventory by zone, and its sales",
        tags,
        params,
        response: {
          200: {
            description: 'The event, according to Redis and MySQL',
            content: { 'application/json': { schema: EventReport } },
          },
          ...problemResponses(...readProblems),
        },
      },
    },
    async (request, reply) => {
      const event = await eventFor(db, request, reply, 'catalogue:read');
      const report = event && (await reportEvent(db, redis, event.eventId));
      if (!event) return reply;
      if (!report) return sendProblem(reply, 'EVENT_NOT_FOUND');
      return reply.header('cache-control', notKept).send(report);
    },
  );
}

/** Only what was given: the types say that nothing is undefined. */
const wantedOf = (query: Static<typeof Search>): Wanted =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Wanted;

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
