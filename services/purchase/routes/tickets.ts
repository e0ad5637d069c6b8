import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses } from '../../shared/http/problems.ts';
import { BuyerId, EventId, VenueId } from '../../shared/terms/identifiers.ts';
import type { RouteDependencies } from './dependencies.ts';
import { commandHeaders, commandOf } from './idempotency.ts';
import { locationHeader, NewTicket, presentTickets } from './present.ts';
import { meaningOf, seatFields, seatOf, seatProblems } from './seat-request.ts';

const TicketRequest = Type.Object(
  { venueId: VenueId, eventId: EventId, ...seatFields, buyerId: Type.Optional(BuyerId) },
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
          ...problemResponses(...seatProblems),
        },
      },
    },
    async (request, reply) => {
      const { venueId, eventId, buyerId } = request.body;
      const wanted = { venueId, buyerId, request: { seats: [seatOf(request.body)] } };
      const outcome = await seats.sell({ ...commandOf(request, eventId, ['buySeat', meaningOf(wanted)]), ...wanted });
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
