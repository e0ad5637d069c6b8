import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { mayUseOrder, orderTokenHeader, orderTokenMissing } from '../../shared/identity/order-access.ts';
import type { OrderTokens } from '../../shared/identity/order-token.ts';
import type { Database } from '../../shared/stores/database.ts';
import { Uuid } from '../../shared/terms/identifiers.ts';
import { Order } from '../../shared/terms/ticket.ts';
import { findOrder } from '../queries/orders.ts';
import { json } from './json.ts';

/** Tickets can be cancelled, so clients may keep an order but must revalidate it (by ETag) before showing it. */
const cacheControl = 'private, no-cache';

/** GET /query/api/v1/orders/{orderId}: an order, from the reader, for callers with its token. */
export function registerOrderRoutes(app: HttpServer, { db, orderTokens }: { db: Database; orderTokens: OrderTokens }): void {
  app.get(
    '/query/api/v1/orders/:orderId',
    {
      schema: {
        operationId: 'getOrder',
        summary: 'One order, with its tickets',
        description: "Requires the order's token. An order appears here moments after the reply to its purchase.",
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
      if (!mayUseOrder(orderTokens, request, orderId)) return sendProblem(reply, 'ORDER_TOKEN_REQUIRED', orderTokenMissing);
      const order = await findOrder(db, orderId);
      if (!order) return sendProblem(reply, 'ORDER_NOT_FOUND');
      return reply.header('cache-control', cacheControl).send(order);
    },
  );
}
