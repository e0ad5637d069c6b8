import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { buyerIdOf, hasOrderToken, orderTokenHeader, orderTokenMissing } from '../../shared/identity/order-access.ts';
import type { OrderTokens } from '../../shared/identity/order-token.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';
import { Uuid } from '../../shared/terms/identifiers.ts';
import { Order } from '../../shared/terms/ticket.ts';
import { findOrder } from '../queries/orders.ts';
import { allowedOn } from '../queries/organisers.ts';
import { json } from './json.ts';

/** Tickets can be cancelled, so clients may keep an order but must revalidate it (by ETag) before showing it. */
const cacheControl = 'private, no-cache';

/** GET /query/api/v1/orders/{orderId}: an order, from the reader, for callers with its token. */
export function registerOrderRoutes(app: HttpServer, { db, orderTokens }: { db: Database; orderTokens: OrderTokens }): void {
  app.get(
    '/query/api/v1/orders/:orderId',
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'getOrder',
        summary: 'One order, with its tickets',
        description:
          "Requires the order's token, unless its signed-in buyer or a member or key that may read the event's orders asks. An order appears here moments after the reply to its purchase.",
        tags: ['orders'],
        params: Type.Object({ orderId: Uuid }),
        headers: orderTokenHeader,
        response: {
          200: json(Order, 'The order'),
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'ORDER_TOKEN_REQUIRED',
            'ORDER_NOT_FOUND',
            'SERVICE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      const { principal } = request;
      const mayKnow = principal.kind === 'operator' || hasOrderToken(orderTokens, request, orderId);
      if (!mayKnow && principal.kind === 'stranger') return sendProblem(reply, 'ORDER_TOKEN_REQUIRED', orderTokenMissing);
      const order = await findOrder(db, orderId);
      if (!mayKnow && !(order && (await mayRead(db, principal, order)))) {
        return sendProblem(reply, 'ORDER_TOKEN_REQUIRED', orderTokenMissing);
      }
      if (!order) return sendProblem(reply, 'ORDER_NOT_FOUND');
      return reply.header('cache-control', cacheControl).send(order);
    },
  );
}

/** Whether a principal may read an order without its token: its own, or one of an organiser whose orders it may read. */
async function mayRead(db: Database, principal: Principal, { buyerId, eventId }: Order): Promise<boolean> {
  if (principal.kind === 'account' && buyerIdOf(principal) === buyerId) return true;
  return (await allowedOn(db, { principal, operation: 'orders:read', eventIds: [eventId] }))(eventId);
}
