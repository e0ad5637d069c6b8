import { type TString, Type } from 'typebox';
import type { Database } from '../../shared/database.ts';
import type { HttpServer } from '../../shared/http-server.ts';
import { Currency, EventId, Money, Uuid, VenueId } from '../../shared/identifiers.ts';
import { problemResponses, sendProblem } from '../../shared/problems.ts';
import { Ticket } from '../../shared/ticket.ts';
import { eventExists, readSales } from '../queries/sales.ts';
import { findTicket, listTickets } from '../queries/tickets.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const maxTickets = 1_000;
const defaultTickets = 100;
/** Many may poll these figures; a shared cache may answer them for this long. */
const salesCacheControl = 'public, max-age=1';
/** A ticket changes when it is cancelled: keep it, but ask (with its ETag) before showing it. */
const ticketCacheControl = 'private, no-cache';

const SoldCount = Type.Integer({ minimum: 0, description: 'Tickets sold and not cancelled', examples: [1] });
const etagHeader = Type.String({ description: 'For If-None-Match: a 304 where nothing has changed' });
const linkHeader = Type.String({ description: 'RFC 8288, rel="next": the next page; absent on the last' });

const json = <Schema extends object>(schema: Schema, description: string, headers: Record<string, TString> = {}) => ({
  description,
  headers: { ...headers, ETag: etagHeader },
  content: { 'application/json': { schema } },
});

/** GET /query/api/v1/tickets…: tickets, counts and revenue, from the reader. */
export function registerTicketRoutes(app: HttpServer, db: Database): void {
  app.get(
    '/query/api/v1/tickets',
    {
      schema: {
        operationId: 'listTickets',
        summary: "An event's tickets, in the order of sale",
        description: 'The next page is in the `Link` header (RFC 8288), rel="next"; the last page has none.',
        tags: ['tickets'],
        querystring: Type.Object(
          {
            eventId: EventId,
            cursor: Type.Optional(
              Type.String({ maxLength: 128, description: "Where the previous page ended: take it from that page's Link" }),
            ),
            limit: Type.Optional(
              Type.Integer({ minimum: 1, maximum: maxTickets, default: defaultTickets, description: 'Most tickets on a page' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: json(Type.Array(Ticket), 'A page of tickets, newest last', { Link: linkHeader }),
          ...problemResponses('INVALID_REQUEST', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { eventId, cursor, limit = defaultTickets } = request.query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      if (cursor !== undefined && !after) {
        return sendProblem(reply, 'INVALID_REQUEST', {
          errors: [{ parameter: 'cursor', detail: 'is not a cursor that we gave' }],
        });
      }
      // One more than asked for tells whether there is a next page.
      const found = await listTickets(db, { eventId, after, limit: limit + 1 });
      const tickets = found.slice(0, limit);
      if (tickets.length === 0 && !(await eventExists(db, eventId))) return sendProblem(reply, 'EVENT_NOT_FOUND');
      const last = tickets.at(-1);
      if (last && found.length > limit) {
        const next = new URLSearchParams({ eventId, cursor: encodeCursor(last), limit: String(limit) });
        reply.header('link', `</query/api/v1/tickets?${next}>; rel="next"`);
      }
      return reply.header('cache-control', ticketCacheControl).send(tickets);
    },
  );

  app.get(
    '/query/api/v1/tickets/:ticketId',
    {
      schema: {
        operationId: 'getTicket',
        summary: 'One ticket',
        description: 'A ticket appears here moments after its purchase was answered.',
        tags: ['tickets'],
        params: Type.Object({ ticketId: Uuid }),
        response: {
          200: json(Ticket, 'The ticket'),
          ...problemResponses('INVALID_REQUEST', 'TICKET_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const ticket = await findTicket(db, request.params.ticketId);
      if (!ticket) return sendProblem(reply, 'TICKET_NOT_FOUND');
      return reply.header('cache-control', ticketCacheControl).send(ticket);
    },
  );

  app.get(
    '/query/api/v1/tickets/count/:eventId',
    {
      schema: {
        operationId: 'countTickets',
        summary: 'How many tickets an event has sold',
        tags: ['sales'],
        params: Type.Object({ eventId: EventId }),
        response: {
          200: json(Type.Object({ eventId: EventId, count: SoldCount }), 'Tickets sold and not cancelled'),
          ...problemResponses('INVALID_REQUEST', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const sales = await readSales(db, eventId);
      if (!sales) return sendProblem(reply, 'EVENT_NOT_FOUND');
      return reply.header('cache-control', salesCacheControl).send({ eventId, count: sales.count });
    },
  );

  app.get(
    '/query/api/v1/tickets/revenue/:venueId/:eventId',
    {
      schema: {
        operationId: 'sumRevenue',
        summary: "What an event's tickets cost together",
        tags: ['sales'],
        params: Type.Object({ venueId: VenueId, eventId: EventId }),
        response: {
          200: json(
            Type.Object({ venueId: VenueId, eventId: EventId, totalRevenue: Money, currency: Currency }),
            'Of tickets sold and not cancelled',
          ),
          ...problemResponses('INVALID_REQUEST', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { venueId, eventId } = request.params;
      const sales = await readSales(db, eventId);
      if (sales?.venueId !== venueId) return sendProblem(reply, 'EVENT_NOT_FOUND');
      const { totalRevenue, currency } = sales;
      return reply.header('cache-control', salesCacheControl).send({ venueId, eventId, totalRevenue, currency });
    },
  );
}
