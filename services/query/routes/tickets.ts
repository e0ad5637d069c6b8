import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { cutPage, linkHeader, wrongCursor } from '../../shared/http/pages.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { sendForbidden } from '../../shared/identity/identify-principals.ts';
import { buyerIdOf } from '../../shared/identity/order-access.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import { readSales } from '../../shared/inventory/read-sales.ts';
import type { Database } from '../../shared/stores/database.ts';
import { BuyerId, Currency, EventId, Money, Uuid, VenueId } from '../../shared/terms/identifiers.ts';
import { ListedTicket, type Ticket } from '../../shared/terms/ticket.ts';
import { allowedOn } from '../queries/organisers.ts';
import { eventExists } from '../queries/sales.ts';
import { findTicket, listTickets } from '../queries/tickets.ts';
import { decodeCursor, encodeCursor, maxCursorCharacters } from './cursor.ts';
import { json } from './json.ts';
import { type Turns, tooManyLists } from './turns.ts';

export const maxTickets = 1_000;
export const defaultTickets = 100;
/** Many clients may poll these figures, so a shared cache may serve them for this long. */
const salesCacheControl = 'public, max-age=1';
/** Tickets can be cancelled, so clients may keep them but must revalidate them (by ETag) before showing them. */
export const ticketCacheControl = 'private, no-cache';

const SoldCount = Type.Integer({ minimum: 0, description: 'Tickets sold and not cancelled', examples: [1] });

/** GET /query/api/v1/tickets…: tickets, counts and revenue, from the reader. */
export function registerTicketRoutes(app: HttpServer, { db, turns }: { db: Database; turns: Turns }): void {
  app.get(
    '/query/api/v1/tickets',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'listTickets',
        summary: 'Tickets in order of sale, newest last',
        description:
          'All tickets, or only those of an `eventId`, a `buyerId` or both. A ticket appears here moments after the reply to its purchase, in its place by `createdOn`. The `Link` header (RFC 8288, rel="next") has the next page; the last page has no `Link`.',
        tags: ['tickets'],
        querystring: Type.Object(
          {
            eventId: Type.Optional(EventId),
            buyerId: Type.Optional({
              ...BuyerId,
              description:
                "Only this buyer's tickets; for the buyer, and with an `eventId` for members and keys that may read its orders",
            }),
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
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { eventId, buyerId, cursor, limit = defaultTickets } = request.query;
      const { principal } = request;
      // A buyer's tickets are private.
      if (buyerId !== undefined && !(await mayListBuyer(db, principal, { buyerId, eventId })))
        return sendForbidden(reply, principal);
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      if (cursor !== undefined && (!after || after.eventId !== (eventId ?? after.eventId))) {
        return sendProblem(reply, 'INVALID_REQUEST', {
          errors: [wrongCursor],
        });
      }
      if (turns.isFull()) return sendProblem(reply, 'SERVICE_UNAVAILABLE', tooManyLists);
      const found = await turns.take(() => listTickets(db, { eventId, buyerId, after, limit: limit + 1 }));
      if (found.length === 0 && eventId !== undefined && !(await eventExists(db, eventId))) {
        return sendProblem(reply, 'EVENT_NOT_FOUND');
      }
      const cursorOf = ({ position }: (typeof found)[number]) => encodeCursor(position);
      const page = cutPage(reply, found, { path: '/query/api/v1/tickets', query: { eventId, buyerId }, limit, cursorOf });
      const shown = await listedTo(
        db,
        principal,
        page.map(({ ticket }) => ticket),
      );
      return reply.header('cache-control', ticketCacheControl).send(shown);
    },
  );

  app.get(
    '/query/api/v1/tickets/:ticketId',
    {
      config: { operation: 'public' },
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
      const shown = await listedTo(db, request.principal, [ticket]);
      return reply.header('cache-control', ticketCacheControl).send(shown[0] ?? publicPart(ticket));
    },
  );

  app.get(
    '/query/api/v1/tickets/count/:eventId',
    {
      config: { operation: 'public' },
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
      config: { operation: 'public' },
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

/** Whether a principal may list a buyer's tickets: its own, or those of an event whose orders it may read; the operator, all of them. */
async function mayListBuyer(
  db: Database,
  principal: Principal,
  { buyerId, eventId }: { buyerId: string; eventId: string | undefined },
): Promise<boolean> {
  if (principal.kind === 'account' && buyerIdOf(principal) === buyerId) return true;
  if (principal.kind === 'operator' || eventId === undefined) return principal.kind === 'operator';
  return (await allowedOn(db, { principal, operation: 'orders:read', eventIds: [eventId] }))(eventId);
}

/** Tickets as a principal may see them: only those who may read an event's orders see the orders, the promotions and how they were paid. */
async function listedTo(db: Database, principal: Principal, tickets: Ticket[]): Promise<ListedTicket[]> {
  const mayRead = await allowedOn(db, {
    principal,
    operation: 'orders:read',
    eventIds: tickets.map(({ eventId }) => eventId),
  });
  return tickets.map((ticket) => (mayRead(ticket.eventId) ? ticket : publicPart(ticket)));
}

function publicPart({ orderId: _orderId, promotion: _promotion, paidBy: _paidBy, ...shown }: Ticket): ListedTicket {
  return shown;
}
