import pLimit from 'p-limit';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { type Principal, sendNotSignedIn } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';
import { BuyerId, Currency, EventId, Money, Uuid, VenueId } from '../../shared/terms/identifiers.ts';
import { ListedTicket, type Ticket } from '../../shared/terms/ticket.ts';
import { eventExists, readSales } from '../queries/sales.ts';
import { findTicket, listTickets } from '../queries/tickets.ts';
import { decodeCursor, encodeCursor, maxCursorCharacters } from './cursor.ts';
import { json } from './json.ts';

const maxTickets = 1_000;
const defaultTickets = 100;
/** A long list takes the work of dozens of counts: lists wait for each other, so that counts and revenue do not wait for lists. */
const listsAtOnce = 2;
const maxWaitingLists = 100;
/** Many clients may poll these figures, so a shared cache may serve them for this long. */
const salesCacheControl = 'public, max-age=1';
/** Tickets can be cancelled, so clients may keep them but must revalidate them (by ETag) before showing them. */
const ticketCacheControl = 'private, no-cache';

const SoldCount = Type.Integer({ minimum: 0, description: 'Tickets sold and not cancelled', examples: [1] });
const linkHeader = Type.String({ description: 'RFC 8288, rel="next": the next page; absent on the last page' });

/** GET /query/api/v1/tickets…: tickets, counts and revenue, from the reader. */
export function registerTicketRoutes(app: HttpServer, db: Database): void {
  const listInTurn = pLimit(listsAtOnce);
  app.get(
    '/query/api/v1/tickets',
    {
      schema: {
        operationId: 'listTickets',
        summary: 'Tickets in order of sale, newest last',
        description:
          'All tickets, or only those of an `eventId`, a `buyerId` or both. A ticket appears here moments after the reply to its purchase, in its place by `createdOn`. The `Link` header (RFC 8288, rel="next") has the next page; the last page has no `Link`.',
        tags: ['tickets'],
        querystring: Type.Object(
          {
            eventId: Type.Optional(EventId),
            buyerId: Type.Optional({ ...BuyerId, description: "Only this buyer's tickets; for the operator only" }),
            cursor: Type.Optional(
              Type.String({
                maxLength: maxCursorCharacters,
                description: "Where the previous page ended, taken from that page's Link",
              }),
            ),
            limit: Type.Optional(
              Type.Integer({ minimum: 1, maximum: maxTickets, default: defaultTickets, description: 'Maximum tickets per page' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: json(Type.Array(ListedTicket), 'A page of tickets, newest last', { Link: linkHeader }),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { eventId, buyerId, cursor, limit = defaultTickets } = request.query;
      // A buyer's tickets are private: only the operator may list them.
      if (buyerId !== undefined && request.principal !== 'operator') return sendNotSignedIn(reply);
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      if (cursor !== undefined && (!after || after.eventId !== (eventId ?? after.eventId))) {
        return sendProblem(reply, 'INVALID_REQUEST', {
          errors: [{ parameter: 'cursor', detail: 'is not a cursor for this list; start again without one' }],
        });
      }
      if (listInTurn.pendingCount >= maxWaitingLists) {
        return sendProblem(reply, 'SERVICE_UNAVAILABLE', { detail: 'Too many lists of tickets are being read' });
      }
      // One more than the limit shows whether there is a next page.
      const found = await listInTurn(() => listTickets(db, { eventId, buyerId, after, limit: limit + 1 }));
      const page = found.slice(0, limit);
      if (page.length === 0 && eventId !== undefined && !(await eventExists(db, eventId))) {
        return sendProblem(reply, 'EVENT_NOT_FOUND');
      }
      const last = page.at(-1);
      if (last && found.length > limit) {
        const next = new URLSearchParams({
          ...(eventId !== undefined && { eventId }),
          ...(buyerId !== undefined && { buyerId }),
          cursor: encodeCursor(last.position),
          limit: String(limit),
        });
        reply.header('link', `</query/api/v1/tickets?${next}>; rel="next"`);
      }
      const shown = page.map(({ ticket }) => listedTo(request.principal, ticket));
      return reply.header('cache-control', ticketCacheControl).send(shown);
    },
  );

  app.get(
    '/query/api/v1/tickets/:ticketId',
    {
      schema: {
        operationId: 'getTicket',
        summary: 'One ticket',
        description: 'A ticket appears here moments after the reply to its purchase.',
        tags: ['tickets'],
        params: Type.Object({ ticketId: Uuid }),
        response: {
          200: json(ListedTicket, 'The ticket'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'TICKET_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const ticket = await findTicket(db, request.params.ticketId);
      if (!ticket) return sendProblem(reply, 'TICKET_NOT_FOUND');
      return reply.header('cache-control', ticketCacheControl).send(listedTo(request.principal, ticket));
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
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
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
        summary: "An event's total revenue",
        tags: ['sales'],
        params: Type.Object({ venueId: VenueId, eventId: EventId }),
        response: {
          200: json(
            Type.Object({ venueId: VenueId, eventId: EventId, totalRevenue: Money, currency: Currency }),
            'The revenue from tickets sold and not cancelled',
          ),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
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

/** A ticket as `principal` may see it: only the operator sees its order. */
const listedTo = (principal: Principal, { orderId, ...ticket }: Ticket): ListedTicket =>
  principal === 'operator' ? { ...ticket, orderId } : ticket;
