import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { cutPage, linkHeader, wrongCursor } from '../../shared/http/pages.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { buyerIdOf } from '../../shared/identity/order-access.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';
import { Uuid } from '../../shared/terms/identifiers.ts';
import { Order, Ticket } from '../../shared/terms/ticket.ts';
import { listOrders } from '../queries/orders.ts';
import { listTickets } from '../queries/tickets.ts';
import { decodeCursor, encodeCursor, maxCursorCharacters } from './cursor.ts';
import { json } from './json.ts';
import { defaultTickets, maxTickets, ticketCacheControl } from './tickets.ts';
import { type Turns, tooManyLists } from './turns.ts';

/** An order has up to 50 tickets. */
const maxOrders = 100;
const defaultOrders = 20;

const problems = problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'SERVICE_UNAVAILABLE');

/** The buyerId of the account that sent a request: others do not get this far (permissions.ts). */
function ownBuyerId({ principal }: { principal: Principal }): string {
  if (principal.kind !== 'account') throw new Error(`${principal.kind} was let in as an account`);
  return buyerIdOf(principal);
}

/** GET /query/api/v1/me/orders and …/me/tickets: what the signed-in account has bought, from the reader. */
export function registerOwnRoutes(app: HttpServer, { db, turns }: { db: Database; turns: Turns }): void {
  app.get(
    '/query/api/v1/me/orders',
    {
      config: { operation: 'signed-in' },
      schema: {
        operationId: 'listOwnOrders',
        summary: "The signed-in account's orders, newest first",
        description:
          'An order appears here moments after the reply to its purchase. The `Link` header (RFC 8288, rel="next") has the next page.',
        tags: ['orders'],
        querystring: Type.Object(
          {
            cursor: Type.Optional(
              Type.String({ ...Uuid, description: "Where the previous page ended, taken from that page's Link" }),
            ),
            limit: Type.Optional(
              Type.Integer({ minimum: 1, maximum: maxOrders, default: defaultOrders, description: 'Maximum orders per page' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: json(Type.Array(Order), 'A page of orders, newest first', { Link: linkHeader }), ...problems },
      },
    },
    async (request, reply) => {
      const { cursor: before, limit = defaultOrders } = request.query;
      const buyerId = ownBuyerId(request);
      if (turns.isFull()) return sendProblem(reply, 'SERVICE_UNAVAILABLE', tooManyLists);
      const found = await turns.take(() => listOrders(db, { buyerId, before, limit: limit + 1 }));
      const page = cutPage(reply, found, { path: '/query/api/v1/me/orders', limit, cursorOf: ({ orderId }) => orderId });
      return reply.header('cache-control', ticketCacheControl).send(page);
    },
  );

  app.get(
    '/query/api/v1/me/tickets',
    {
      config: { operation: 'signed-in' },
      schema: {
        operationId: 'listOwnTickets',
        summary: "The signed-in account's tickets, in order of sale",
        description:
          'A ticket appears here moments after the reply to its purchase. The `Link` header (RFC 8288, rel="next") has the next page.',
        tags: ['tickets'],
        querystring: Type.Object(
          {
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
        response: { 200: json(Type.Array(Ticket), 'A page of tickets, newest last', { Link: linkHeader }), ...problems },
      },
    },
    async (request, reply) => {
      const { cursor, limit = defaultTickets } = request.query;
      const buyerId = ownBuyerId(request);
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      if (cursor !== undefined && !after) return sendProblem(reply, 'INVALID_REQUEST', { errors: [wrongCursor] });
      if (turns.isFull()) return sendProblem(reply, 'SERVICE_UNAVAILABLE', tooManyLists);
      const found = await turns.take(() => listTickets(db, { eventId: undefined, buyerId, after, limit: limit + 1 }));
      const cursorOf = ({ position }: (typeof found)[number]) => encodeCursor(position);
      const page = cutPage(reply, found, { path: '/query/api/v1/me/tickets', limit, cursorOf });
      return reply.header('cache-control', ticketCacheControl).send(page.map(({ ticket }) => ticket));
    },
  );
}
