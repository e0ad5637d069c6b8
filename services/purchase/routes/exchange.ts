import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { sendForbidden } from '../../shared/identity/identify-principals.ts';
import { may } from '../../shared/identity/permissions.ts';
import { EventId, Uuid } from '../../shared/terms/identifiers.ts';
import { Order } from '../../shared/terms/ticket.ts';
import type { RouteDependencies } from './dependencies.ts';
import { commandHeaders, commandOf } from './idempotency.ts';
import { presentOrder } from './present.ts';
import { seatFields, seatOf } from './seat-request.ts';

const ExchangeRequest = Type.Object(
  {
    eventId: EventId,
    zoneId: { ...seatFields.zoneId, description: "The new place's zone" },
    row: Type.Optional(seatFields.row),
    column: Type.Optional(seatFields.column),
  },
  { additionalProperties: false },
);

/** Registers POST /purchase/api/v1/orders/{orderId}/tickets/{ticketId}/exchange, with which a box office moves a buyer. */
export function registerExchangeRoute(app: HttpServer, { seats, wakeRelay, counters, sendRefusal }: RouteDependencies): void {
  app.post(
    '/purchase/api/v1/orders/:orderId/tickets/:ticketId/exchange',
    {
      config: { operation: 'sell' },
      schema: {
        operationId: 'exchangeTicket',
        summary: 'Exchange a ticket for another place',
        description:
          'For a box office that moves a buyer. The new place must be free or blocked, and cost today ' +
          'what the old one costs today. The ticket is cancelled and a new one replaces it, at the price that was paid; the old place ' +
          'is free immediately. Name the `row` and `column` of a seat; leave both out for general admission.',
        tags: ['orders'],
        params: Type.Object({ orderId: Uuid, ticketId: Uuid }),
        headers: commandHeaders({}),
        body: ExchangeRequest,
        response: {
          200: { description: 'The order, as it is now', content: { 'application/json': { schema: Order } } },
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'FORBIDDEN',
            'EVENT_NOT_FOUND',
            'ZONE_NOT_FOUND',
            'SEAT_NOT_FOUND',
            'ORDER_NOT_FOUND',
            'TICKET_NOT_FOUND',
            'TICKET_TYPE_NOT_FOUND',
            'SEAT_TAKEN',
            'SOLD_OUT',
            'PRICE_DIFFERS',
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
      const { principal } = request;
      const { eventId, zoneId, row, column } = request.body;
      const organiserId = await seats.organiserOf(eventId);
      if (organiserId !== undefined && !may(principal, 'sell', organiserId)) return sendForbidden(reply, principal);
      if ((row === undefined) !== (column === undefined)) {
        const missing = row === undefined ? 'row' : 'column';
        return sendProblem(reply, 'INVALID_REQUEST', { errors: [{ pointer: `#/${missing}`, detail: 'is missing' }] });
      }
      const place = row === undefined || column === undefined ? { zoneId } : seatOf({ zoneId, row, column });
      const wanted = { ...request.params, place };
      const outcome = await seats.exchangeTicket({ ...commandOf(request, eventId, ['exchangeTicket', wanted]), ...wanted });
      if (outcome.kind === 'refused') {
        counters.count(eventId, outcome);
        return sendRefusal(reply, outcome);
      }
      wakeRelay(eventId);
      request.log.debug({ orderId: request.params.orderId, eventId }, 'exchanged');
      return presentOrder(outcome);
    },
  );
}
