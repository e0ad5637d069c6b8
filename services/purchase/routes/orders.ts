import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { sendForbidden } from '../../shared/identity/identify-principals.ts';
import { orderTokenHeader, orderTokenMissing } from '../../shared/identity/order-access.ts';
import { mayAnywhere } from '../../shared/identity/permissions.ts';
import { EventId, Uuid } from '../../shared/terms/identifiers.ts';
import { Order } from '../../shared/terms/ticket.ts';
import type { RouteDependencies } from './dependencies.ts';
import { commandHeaders, commandOf } from './idempotency.ts';
import { mayBlock, mayCancel } from './may-cancel.ts';
import { locationHeader, NewOrder, orderLocation, presentNewOrder, presentOrder } from './present.ts';
import { buyerIn, maxTickets, meaningOf, namesIn, OrderRequestBody, readSeatRequest, takeProblems } from './seat-request.ts';

const Cancellation = Type.Object(
  {
    eventId: EventId,
    ticketIds: Type.Optional(
      Type.Array(Uuid, {
        minItems: 1,
        maxItems: maxTickets,
        uniqueItems: true,
        description: 'The tickets of the order to cancel; without it, all of them',
      }),
    ),
    seats: Type.Optional(
      Type.Enum(['free', 'blocked'], {
        default: 'free',
        description: 'What becomes of the seats. Only those who may withdraw seats from sale can block them',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Registers POST /purchase/api/v1/orders…, which buys tickets and cancels them. */
export function registerOrderRoutes(
  app: HttpServer,
  { seats, orderTokens, wakeRelay, counters, sendRefusal }: RouteDependencies,
): void {
  app.post(
    '/purchase/api/v1/orders',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'buyTickets',
        summary: 'Buy tickets, all or none',
        description:
          'Send either chosen `seats`, from any zones; or a `zoneId` and a `quantity` for the best seats in that zone, side by ' +
          'side, or for places in general admission; or `items`, a mixture of these. An order has up to ten tickets, unless the ' +
          'event sets another limit, 50 at most. A 201 is a promise: the tickets are yours, and `Location` shows the order ' +
          'within moments. A refusal changes nothing, and names each seat that was taken.',
        tags: ['orders'],
        headers: commandHeaders({}),
        body: OrderRequestBody,
        response: {
          201: {
            description: 'Sold',
            headers: { Location: locationHeader('The order') },
            content: { 'application/json': { schema: NewOrder } },
          },
          ...problemResponses(...takeProblems, 'PAYMENT_REQUIRED'),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.body;
      const read = readSeatRequest({ ...request.body, buyerId: buyerIn(request) });
      if ('errors' in read) return sendProblem(reply, 'INVALID_REQUEST', read);
      const command = commandOf(request, eventId, ['buyTickets', meaningOf(read)]);
      const outcome = await seats.sell({ ...command, ...read, principal: request.principal });
      counters.count(eventId, outcome);
      if (outcome.kind === 'refused') return sendRefusal(reply, outcome, namesIn(read.request));
      wakeRelay(eventId);
      const { orderId, sequence, tickets } = outcome.order;
      request.log.debug({ orderId, eventId, sequence, tickets: tickets.length }, 'sold');
      return reply
        .code(201)
        .header('location', orderLocation(orderId))
        .send(presentNewOrder(outcome, read.request, orderTokens.tokenOf(orderId)));
    },
  );

  app.post(
    '/purchase/api/v1/orders/:orderId/cancel',
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'cancelOrder',
        summary: 'Cancel an order, or some of its tickets',
        description:
          "Needs the order's token, unless the signed-in buyer or a member of the organiser who may cancels it. The seats are free immediately; counts and revenue follow within moments. A cancelled ticket " +
          'stays cancelled: repeating the request changes nothing. An order that was paid through checkout must be refunded instead.',
        tags: ['orders'],
        params: Type.Object({ orderId: Uuid }),
        headers: commandHeaders(orderTokenHeader.properties),
        body: Cancellation,
        response: {
          200: { description: 'The order, as it is now', content: { 'application/json': { schema: Order } } },
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'ORDER_TOKEN_REQUIRED',
            'FORBIDDEN',
            'EVENT_NOT_FOUND',
            'ORDER_NOT_FOUND',
            'TICKET_NOT_FOUND',
            'PAID_THROUGH_CHECKOUT',
            'PAYLOAD_TOO_LARGE',
            'UNSUPPORTED_MEDIA_TYPE',
            'IDEMPOTENCY_KEY_REUSED',
            'KEPT_REPLIES_LIMIT_REACHED',
            'INVENTORY_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      const { principal } = request;
      const { eventId, ticketIds = [], seats: afterwards } = request.body;
      if (!(await mayCancel(request, { seats, orderTokens, eventId, orderId })))
        return sendProblem(reply, 'ORDER_TOKEN_REQUIRED', orderTokenMissing);
      const isBlocking = afterwards === 'blocked';
      if (isBlocking && !(await mayBlock(principal, { seats, eventId }))) return sendForbidden(reply, principal);
      const wanted = { orderId, ticketIds, ...(isBlocking && { isBlocking }) };
      const command = { ...commandOf(request, eventId, ['cancelOrder', wanted]), ...wanted };
      const outcome = await seats.cancelOrder({ ...command, isCheckout: mayAnywhere(principal, 'holds:pay') });
      if (outcome.kind === 'refused') {
        const nameOf = (position: number) => ({ pointer: `#/ticketIds/${position}`, name: 'in this order' });
        counters.count(eventId, outcome);
        return sendRefusal(reply, outcome, { nameOf });
      }
      counters.count(eventId, outcome);
      wakeRelay(eventId);
      request.log.debug({ orderId, eventId, tickets: outcome.count }, 'cancelled');
      return presentOrder(outcome);
    },
  );
}
