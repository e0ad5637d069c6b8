import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses } from '../../shared/http/problems.ts';
import { VenueId } from '../../shared/terms/identifiers.ts';
import type { RouteDependencies } from './dependencies.ts';
import { commandHeaders, commandOf } from './idempotency.ts';
import { locationHeader, NewTicket, presentTickets } from './present.ts';
import { buyerIn, common, meaningOf, paid, seatFields, seatOf, seatProblems, typeOfSeat } from './seat-request.ts';

const TicketRequest = Type.Object(
  { ...common, ...paid, venueId: VenueId, ...seatFields, ...typeOfSeat },
  { additionalProperties: false },
);

/** Registers POST /purchase/api/v1/tickets, which buys one seat. */
export function registerTicketRoutes(
  app: HttpServer,
  { seats, orderTokens, wakeRelay, counters, sendRefusal }: RouteDependencies,
): void {
  app.post(
    '/purchase/api/v1/tickets',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'buySeat',
        summary: 'Buy one seat',
        description: 'A 201 is a promise: the seat is yours, and `Location` shows the ticket within moments.',
        tags: ['tickets'],
        headers: commandHeaders({}),
        body: TicketRequest,
        response: {
          201: {
            description: 'Sold',
            headers: { Location: locationHeader('The ticket') },
            content: { 'application/json': { schema: NewTicket } },
          },
          ...problemResponses(...seatProblems, 'PAYMENT_REQUIRED'),
        },
      },
    },
    async (request, reply) => {
      const { venueId, eventId, promotion, paidBy } = request.body;
      const wanted = { venueId, buyerId: buyerIn(request), promotion, paidBy, request: { seats: [seatOf(request.body)] } };
      const command = commandOf(request, eventId, ['buySeat', meaningOf(wanted)]);
      const outcome = await seats.sell({ ...command, ...wanted, principal: request.principal });
      counters.count(eventId, outcome);
      if (outcome.kind === 'refused') return sendRefusal(reply, outcome);
      wakeRelay(eventId);
      const { orderId, sequence } = outcome.order;
      request.log.debug({ orderId, eventId, sequence }, 'sold');
      const [ticket] = presentTickets(outcome);
      if (!ticket) throw new Error(`order ${orderId} has no ticket`);
      return reply
        .code(201)
        .header('location', `/query/api/v1/tickets/${ticket.ticketId}`)
        .send({ ...ticket, orderToken: orderTokens.tokenOf(orderId) });
    },
  );
}
