import { randomUUID } from 'node:crypto';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import closeWithGrace from 'close-with-grace';
import Fastify from 'fastify';
import { Type } from 'typebox';
import { seatFields } from '../../services/purchase/routes/seat-request.ts';
import { BuyerId, EventId, VenueId } from '../../services/shared/terms/identifiers.ts';
import { Ticket } from '../../services/shared/terms/ticket.ts';

const TicketRequest = Type.Object(
  { venueId: VenueId, eventId: EventId, ...seatFields, buyerId: Type.Optional(BuyerId) },
  { additionalProperties: false },
);

/**
 * The server that purchase is compared with: POST /tickets on a bare Fastify, with purchase's schema for the body and one for
 * fast serialisation of the response. It has no log, request ids, problem responses, prices, zones, limits or Idempotency-Keys.
 * `sell` gets the ticket as an object and as the JSON to store, and resolves to whether the seat was free.
 */
export async function runTicketServer(sell: (ticket: Ticket, json: string) => Promise<boolean>, close: () => void) {
  const app = Fastify({ logger: false }).withTypeProvider<TypeBoxTypeProvider>().setValidatorCompiler(TypeBoxValidatorCompiler);
  app.post('/tickets', { schema: { body: TicketRequest, response: { 201: Ticket } } }, async (request, reply) => {
    const { venueId, eventId, zoneId, row, column } = request.body;
    const ticket: Ticket = {
      ticketId: randomUUID(),
      orderId: randomUUID(),
      venueId,
      eventId,
      zoneId,
      row,
      column: String(column),
      status: 'PAID',
      price: '100.00',
      currency: 'USD',
      createdOn: new Date().toISOString(),
    };
    if (await sell(ticket, JSON.stringify(ticket))) return reply.code(201).send(ticket);
    return reply.code(409 as 201).send({ code: 'SEAT_TAKEN' } as never);
  });
  app.get('/live', async () => ({ status: 'ok' }));
  closeWithGrace({ logger: false }, async () => {
    await app.close();
    close();
  });
  await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
}

/** The keys of an event's taken seats and of its log of sales. */
export const seatsKey = (eventId: string) => `bench:{${eventId}}:seats`;
export const logKey = (eventId: string) => `bench:{${eventId}}:log`;
export const seatName = ({ zoneId, row, column }: Ticket) => `${zoneId}/${row}/${column}`;
