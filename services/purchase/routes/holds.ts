import { type TObject, Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { may } from '../../shared/identity/permissions.ts';
import { HoldId, Uuid } from '../../shared/terms/identifiers.ts';
import type { RouteDependencies } from './dependencies.ts';
import { commandHeaders, commandOf } from './idempotency.ts';
import {
  ConfirmedOrder,
  Hold,
  locationHeader,
  NewHold,
  orderLocation,
  presentHold,
  presentNewHold,
  presentOrder,
} from './present.ts';
import { buyerIn, meaningOf, namesIn, paid, readSeatRequest, SeatRequestBody, takeProblems } from './seat-request.ts';

const params = Type.Object({ holdId: HoldId });

const Confirmation = Type.Object(paid, { additionalProperties: false });

/** These routes need no body, but a client may send a wrong one. */
const bodyProblems = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;

/** A hold's id begins with its event's. */
export const eventOf = (holdId: string) => holdId.slice(0, holdId.indexOf('~'));

const json = (description: string, schema: TObject) => ({ description, content: { 'application/json': { schema } } });

/** Registers /purchase/api/v1/holds…, which set seats aside for a buyer who decides later. */
export function registerHoldRoutes(
  app: HttpServer,
  { seats, orderTokens, wakeRelay, counters, sendRefusal, holdingClientOf }: RouteDependencies,
): void {
  app.post(
    '/purchase/api/v1/holds',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'holdTickets',
        summary: 'Hold tickets, all or none',
        description:
          'Takes the same body as an order, but sells nothing yet: nobody else can have the seats until `expiresOn`, ten minutes ' +
          'from now unless the event sets another time. Anyone who knows the `holdId` can confirm, extend or release the hold: ' +
          'keep it secret.',
        tags: ['holds'],
        headers: commandHeaders({}),
        body: SeatRequestBody,
        response: { 201: json('Held', NewHold), ...problemResponses(...takeProblems, 'HOLD_LIMIT_REACHED') },
      },
    },
    async (request, reply) => {
      const { eventId } = request.body;
      const read = readSeatRequest({ ...request.body, buyerId: buyerIn(request) });
      if ('errors' in read) return sendProblem(reply, 'INVALID_REQUEST', read);
      const command = commandOf(request, eventId, ['holdTickets', meaningOf(read)]);
      const client = holdingClientOf(request);
      const outcome = await seats.hold({ ...command, ...read, client, principal: request.principal });
      counters.count(eventId, outcome);
      if (outcome.kind === 'refused') return sendRefusal(reply, outcome, namesIn(read.request));
      request.log.debug({ eventId, tickets: outcome.order.tickets.length }, 'held');
      return reply.code(201).send(presentNewHold(outcome, read.request));
    },
  );

  app.post(
    '/purchase/api/v1/holds/:holdId/confirm',
    {
      config: { operation: 'own' },
      // The body may be left out.
      preValidation: (request, _reply, done) => {
        request.body ??= {};
        done();
      },
      schema: {
        operationId: 'confirmHold',
        summary: 'Buy the held tickets',
        description:
          'The price is the one at the time of the hold. For an hour, an expired hold can be confirmed too, if all of its seats ' +
          'are still free. Confirming again within an hour returns 200 with the same order. Strangers and buyers pay a hold of an event ' +
          'that must be paid through checkout, which confirms it.',
        tags: ['holds'],
        params,
        headers: commandHeaders({}),
        body: Confirmation,
        response: {
          201: { ...json('Sold', ConfirmedOrder), headers: { Location: locationHeader('The order') } },
          200: {
            ...json('It was already confirmed; the order, as it is now', ConfirmedOrder),
            headers: { Location: locationHeader('The order') },
          },
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'PAYMENT_REQUIRED',
            'EVENT_NOT_FOUND',
            'HOLD_NOT_FOUND',
            'HOLD_EXPIRED',
            'HOLD_BEING_PAID',
            'BUYER_LIMIT_REACHED',
            'TICKET_TYPE_SOLD_OUT',
            'PROMOTION_USED_UP',
            'SALE_PAUSED',
            'SALE_CLOSED',
            ...bodyProblems,
            'IDEMPOTENCY_KEY_REUSED',
            'KEPT_REPLIES_LIMIT_REACHED',
            'INVENTORY_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { holdId } = request.params;
      const { paidBy } = request.body;
      const { principal } = request;
      const eventId = eventOf(holdId);
      // Most buyers are strangers, and need no look at the event.
      const organiserId = principal.kind === 'stranger' && paidBy === undefined ? undefined : await seats.organiserOf(eventId);
      const isSeller = organiserId !== undefined && may(principal, 'sell', organiserId);
      if (paidBy !== undefined && organiserId !== undefined && !isSeller)
        return sendRefusal(reply, { kind: 'refused', code: 'PAID_BY_NOT_YOURS', isReplay: false });
      const command = commandOf(request, eventId, ['confirmHold', holdId, ...(paidBy === undefined ? [] : [paidBy])]);
      const outcome = await seats.confirmHold({ ...command, holdId, paidBy, isSeller });
      counters.count(eventId, outcome);
      if (outcome.kind === 'refused') return sendRefusal(reply, outcome);
      const { orderId, sequence, tickets } = outcome.order;
      reply.header('location', orderLocation(orderId));
      const order = { ...presentOrder(outcome), orderToken: orderTokens.tokenOf(orderId) };
      if (outcome.wasConfirmed) return order;
      wakeRelay(eventId);
      request.log.debug({ orderId, eventId, sequence, tickets: tickets.length }, 'hold confirmed');
      return reply.code(201).send(order);
    },
  );

  app.post(
    '/purchase/api/v1/holds/:holdId/extend',
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'extendHold',
        summary: 'Extend a hold, once',
        description: 'Call it when payment starts: the hold then lasts as long as a new one.',
        tags: ['holds'],
        params,
        headers: commandHeaders({}),
        response: {
          200: json('The hold, as it is now', Hold),
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'EVENT_NOT_FOUND',
            'HOLD_NOT_FOUND',
            'HOLD_EXPIRED',
            'HOLD_EXTENDED',
            'HOLD_CONFIRMED',
            'HOLD_BEING_PAID',
            ...bodyProblems,
            'IDEMPOTENCY_KEY_REUSED',
            'KEPT_REPLIES_LIMIT_REACHED',
            'INVENTORY_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { holdId } = request.params;
      const eventId = eventOf(holdId);
      const outcome = await seats.extendHold({ ...commandOf(request, eventId, ['extendHold', holdId]), holdId });
      if (outcome.kind !== 'refused') return presentHold(outcome);
      counters.count(eventId, outcome);
      return sendRefusal(reply, outcome);
    },
  );

  app.delete(
    '/purchase/api/v1/holds/:holdId',
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'releaseHold',
        summary: 'Give up a hold',
        description: 'Its seats are free immediately.',
        tags: ['holds'],
        params,
        response: {
          204: Type.Unsafe<undefined>({ type: 'null', description: 'Released' }),
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'EVENT_NOT_FOUND',
            'HOLD_NOT_FOUND',
            'HOLD_CONFIRMED',
            'HOLD_BEING_PAID',
            ...bodyProblems,
            'INVENTORY_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { holdId } = request.params;
      const eventId = eventOf(holdId);
      const outcome = await seats.releaseHold({ eventId, holdId });
      if (outcome.kind !== 'refused') return reply.code(204).send(undefined);
      counters.count(eventId, outcome);
      return sendRefusal(reply, outcome);
    },
  );

  app.delete(
    '/purchase/api/v1/holds/:holdId/tickets/:ticketId',
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'giveUpTicket',
        summary: 'Give up a part of a hold',
        description:
          'Its place is free immediately, and the hold keeps the others until it expires. With the last one, it is released.',
        tags: ['holds'],
        params: Type.Object({ holdId: HoldId, ticketId: Uuid }),
        response: {
          200: json('The hold, as it is now', Hold),
          204: Type.Unsafe<undefined>({ type: 'null', description: 'It was the last ticket: the hold is released' }),
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'EVENT_NOT_FOUND',
            'HOLD_NOT_FOUND',
            'TICKET_NOT_FOUND',
            'HOLD_EXPIRED',
            'HOLD_CONFIRMED',
            'HOLD_BEING_PAID',
            ...bodyProblems,
            'INVENTORY_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { holdId, ticketId } = request.params;
      const eventId = eventOf(holdId);
      const outcome = await seats.giveUpTicket({ eventId, holdId, ticketId });
      if (outcome.kind === 'held') return presentHold(outcome);
      if (outcome.kind === 'released') return reply.code(204).send(undefined);
      counters.count(eventId, outcome);
      return sendRefusal(reply, outcome);
    },
  );
}
