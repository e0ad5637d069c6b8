import { type Static, Type } from 'typebox';
import { v7 as uuidv7 } from 'uuid';
import type { HttpServer } from '../../shared/http-server.ts';
import { EventId, maxColumns, Row, VenueId, ZoneId } from '../../shared/identifiers.ts';
import { formatMoney } from '../../shared/money.ts';
import { problemResponses, sendProblem } from '../../shared/problems.ts';
import { Ticket } from '../../shared/ticket.ts';
import type { SaleOutcome, SeatOrder } from '../seats/sell-seat.ts';

/** Without leading zeros: "01" and "1" must not be two names of a seat. */
const columnPattern = '^[1-9][0-9]{0,3}$';

const TicketRequest = Type.Object(
  {
    venueId: VenueId,
    eventId: EventId,
    zoneId: ZoneId,
    row: Row,
    column: Type.Union([Type.String({ pattern: columnPattern }), Type.Integer({ minimum: 1, maximum: maxColumns })], {
      description: 'From 1, as a string or an integer',
      examples: ['1'],
    }),
  },
  { additionalProperties: false },
);

/** W3C Trace Context, version 00. */
const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

export type TicketRoutes = {
  sellSeat(order: SeatOrder): Promise<SaleOutcome>;
  /** Called after each sale: the event's outbox has something new. */
  onSold(eventId: string): void;
};

/** POST /purchase/api/v1/tickets: buys one seat. */
export function registerTicketRoutes(app: HttpServer, { sellSeat, onSold }: TicketRoutes): void {
  app.post(
    '/purchase/api/v1/tickets',
    {
      schema: {
        operationId: 'buySeat',
        summary: 'Buy one seat',
        description: 'A 201 is a promise: the seat is yours, and `Location` shows the ticket within moments.',
        tags: ['tickets'],
        body: TicketRequest,
        response: {
          201: {
            description: 'Sold',
            headers: { Location: Type.String({ description: 'The ticket, at the query service' }) },
            content: { 'application/json': { schema: Ticket } },
          },
          ...problemResponses(
            'INVALID_REQUEST',
            'EVENT_NOT_FOUND',
            'ZONE_NOT_FOUND',
            'SEAT_NOT_FOUND',
            'SEAT_TAKEN',
            'NOT_ON_SALE',
            'PAYLOAD_TOO_LARGE',
            'UNSUPPORTED_MEDIA_TYPE',
            'INVENTORY_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const order = orderOf(request.body, request.headers.traceparent);
      const { orderId, ticketId, venueId, eventId, zoneId, column } = order;
      const outcome = await sellSeat(order);
      switch (outcome.kind) {
        case 'sold': {
          onSold(eventId);
          const { row, priceMinor, currency, soldAtMs, sequence } = outcome;
          request.log.info({ orderId, eventId, zoneId, row, column, sequence }, 'sold');
          return reply
            .code(201)
            .header('location', `/query/api/v1/tickets/${ticketId}`)
            .send({
              ticketId,
              orderId,
              venueId,
              eventId,
              zoneId,
              row,
              column: String(column),
              status: 'PAID',
              price: formatMoney(priceMinor, currency),
              currency,
              createdOn: new Date(soldAtMs).toISOString(),
            });
        }
        case 'not-on-sale':
          return sendProblem(reply, 'NOT_ON_SALE', { detail: `On sale from ${new Date(outcome.onSaleAtMs).toISOString()}` });
        case 'refused':
          request.log.debug({ code: outcome.code, eventId, zoneId, row: order.row, column }, 'refused');
          return sendProblem(reply, outcome.code);
        default:
          throw outcome satisfies never;
      }
    },
  );
}

function orderOf({ venueId, eventId, zoneId, row, column }: Static<typeof TicketRequest>, traceparent: unknown): SeatOrder {
  const trace = typeof traceparent === 'string' && traceparentPattern.test(traceparent) ? { traceparent } : {};
  return { orderId: uuidv7(), ticketId: uuidv7(), venueId, eventId, zoneId, row, column: Number(column), ...trace };
}
