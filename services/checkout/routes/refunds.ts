import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { idempotencyKey, idempotencyKeyOf } from '../../shared/http/idempotency-key.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { may, type Operation } from '../../shared/identity/permissions.ts';
import { principalName } from '../../shared/identity/principal.ts';
import { Name } from '../../shared/inventory/plan/reading.ts';
import type { Database } from '../../shared/stores/database.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { Money, Uuid } from '../../shared/terms/identifiers.ts';
import { formatMoney, parseMoney } from '../../shared/terms/money.ts';
import type { RouteDependencies } from './dependencies.ts';
import { presentRefund, Refund } from './present.ts';

const params = Type.Object({ orderId: Uuid });
const tags = ['refunds'];
const path = '/checkout/api/v1/orders/:orderId/refunds';
const maxTickets = 1_000;
const maxReasonCharacters = 200;

const Body = Type.Object(
  {
    ticketIds: Type.Optional(
      Type.Array(Uuid, {
        ...{ minItems: 1, maxItems: maxTickets, uniqueItems: true },
        description: 'These tickets: they are cancelled, and what they cost goes back',
      }),
    ),
    amount: Type.Optional(
      Type.String({ ...Money, maxLength: 20, description: 'This amount, and no ticket is cancelled', examples: ['10.00'] }),
    ),
    seats: Type.Optional(
      Type.Enum(['free', 'blocked'], {
        description: "What becomes of the cancelled tickets' seats; by default they are free for others",
        default: 'free',
      }),
    ),
    reason: Type.String({
      ...{ ...Name, minLength: 1, maxLength: maxReasonCharacters },
      description: 'Why; the buyer may see it',
      examples: ['The buyer fell ill'],
    }),
  },
  { additionalProperties: false },
);

const problems = ['INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'ORDER_NOT_FOUND'] as const;

/** GET and POST /checkout/api/v1/orders/{orderId}/refunds: money goes back. */
export function registerRefundRoutes(app: HttpServer, { db, refunds }: RouteDependencies): void {
  app.post(
    path,
    {
      config: { operation: 'payments:refund' },
      schema: {
        operationId: 'refundOrder',
        summary: 'Refund an order, some of its tickets, or an amount',
        description:
          'Only of orders that were paid through checkout. With neither `ticketIds` nor `amount`, the whole order: what is left of it is cancelled, ' +
          'and what is left of the money goes back. First the tickets are cancelled, then the provider is asked: once answered with a 2xx, both ' +
          'will be done, whatever fails meanwhile.',
        tags,
        params,
        headers: Type.Object({
          'idempotency-key': idempotencyKey(
            1,
            'Up to 255 printable characters, quoted or not; preferably a UUID. The same request with the same key is done once; another ' +
              'request for the order with that key gets a 422',
          ),
        }),
        body: Body,
        response: {
          201: { description: 'The money is on its way back', content: { 'application/json': { schema: Refund } } },
          200: { description: 'It was asked for before', content: { 'application/json': { schema: Refund } } },
          202: { description: 'It will be done', content: { 'application/json': { schema: Refund } } },
          ...problemResponses(
            ...problems,
            ...(['TICKET_NOT_FOUND', 'PAYMENT_PENDING', 'TICKET_REFUNDED', 'REFUND_TOO_MUCH', 'NOTHING_TO_REFUND'] as const),
            ...(['IDEMPOTENCY_KEY_REUSED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'SERVICE_UNAVAILABLE'] as const),
          ),
        },
      },
    },
    async (request, reply) => {
      const order = await orderFor(db, request, reply, 'payments:refund');
      if (!order) return reply;
      const { orderId, currency } = order;
      const { ticketIds, amount, seats = 'free', reason } = request.body;
      if (ticketIds && amount !== undefined) {
        const errors = [{ pointer: '#/amount', detail: 'must be left out if there are ticketIds' }];
        return sendProblem(reply, 'INVALID_REQUEST', { errors });
      }
      const amountMinor = amount === undefined ? undefined : minorOf(amount, currency);
      if (amountMinor === 0) {
        const errors = [{ pointer: '#/amount', detail: `must be an amount of ${currency} above zero, no finer than its coins` }];
        return sendProblem(reply, 'INVALID_REQUEST', { errors });
      }
      const principal = principalName(request.principal);
      const asked = await refunds.request({
        ...{ orderId, seats, reason, principal },
        ...(ticketIds && { ticketIds }),
        ...(amountMinor !== undefined && { amountMinor }),
        requestKey: requestKeyOf(principal, idempotencyKeyOf(request) ?? ''),
      });
      if ('leftMinor' in asked) {
        const left = formatMoney(asked.leftMinor, asked.currency);
        return sendProblem(reply, asked.refused, { detail: `${left} ${asked.currency} can still be refunded` });
      }
      if ('refused' in asked) return sendProblem(reply, asked.refused);
      const { refund, isNew } = asked;
      if (isNew) request.log.info({ orderId, refundId: refund.refundId, principal, state: refund.state }, 'refund asked for');
      const status = refund.state === 'created' ? 202 : isNew ? 201 : 200;
      return reply.code(status).send(presentRefund(refund, orderId));
    },
  );

  app.get(
    path,
    {
      config: { operation: 'payments:read' },
      schema: {
        operationId: 'listRefunds',
        summary: "An order's refunds, oldest first",
        description: 'Also those that were made at the provider.',
        tags,
        params,
        response: {
          200: { description: 'The refunds', content: { 'application/json': { schema: Type.Array(Refund) } } },
          ...problemResponses(...problems, 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const order = await orderFor(db, request, reply, 'payments:read');
      if (!order) return reply;
      const list = await refunds.listOfOrder(order.orderId);
      return reply.header('cache-control', 'private, no-cache').send(list.map((refund) => presentRefund(refund, order.orderId)));
    },
  );
}

/** Keys of different principals are different. */
const requestKeyOf = (principal: string, key: string) => createHash('sha256').update(`${principal} ${key}`).digest('base64url');

/** Zero if it is none, or finer than the currency's minor unit. */
function minorOf(amount: string, currency: string): number {
  try {
    const minor = Number(parseMoney(amount, currency));
    return Number.isSafeInteger(minor) ? minor : 0;
  } catch {
    return 0;
  }
}

/**
 * The paid order of a request, if its principal may do the operation for the organiser. Otherwise replies and returns undefined: 403 to those
 * who may see the organiser's payments, and to all others the 404 of an order that was not paid through checkout.
 */
async function orderFor(
  db: Database,
  { params: given, principal }: FastifyRequest,
  reply: FastifyReply,
  operation: Operation,
): Promise<{ orderId: string; currency: string } | undefined> {
  const { orderId } = given as { orderId: string };
  const row = await db
    .selectFrom('checkouts')
    .select(['organiser_id', 'currency'])
    .where('order_id', '=', uuidBytes(orderId))
    .executeTakeFirst();
  if (!row?.currency) return void sendProblem(reply, 'ORDER_NOT_FOUND');
  if (may(principal, operation, row.organiser_id)) return { orderId, currency: row.currency };
  return void sendProblem(reply, may(principal, 'payments:read', row.organiser_id) ? 'FORBIDDEN' : 'ORDER_NOT_FOUND');
}
