import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { may } from '../../shared/identity/permissions.ts';
import { readBreakers, readPayments } from '../../shared/payments/read-payments.ts';
import { Currency, EventId, Money, Timestamp } from '../../shared/terms/identifiers.ts';
import type { RouteDependencies } from './dependencies.ts';
import { ProviderId } from './present.ts';

const money = (description: string) => Type.String({ ...Money, description });
const count = (description: string) => Type.Integer({ minimum: 0, description, examples: [0] });
const byState = (description: string, example: object) =>
  Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description, examples: [example] });

const Payments = Type.Object({
  eventId: EventId,
  currency: Currency,
  authorised: money('Set aside at a provider, and not taken yet'),
  captured: money('Taken, whatever went back since'),
  refunded: money('Given back'),
  refunding: money('Refunds on their way'),
  pending: money('What the buyers of unfinished checkouts want to pay'),
  unfinished: count('Checkouts that have not ended'),
  stuck: count('Checkouts and refunds that do not go on by themselves any more: somebody must look'),
  checkouts: byState('Checkouts by status', { paid: 120, awaiting_payment: 3 }),
  refunds: byState('Refunds by status', { done: 2 }),
  providers: Type.Array(
    Type.Object({
      provider: ProviderId,
      breaker: Type.Enum(['closed', 'open', 'half-open'], { description: '`open`: it is away, and not asked for a while' }),
      changedOn: Timestamp,
    }),
    { description: 'The circuit breakers in front of the providers, as they were last' },
  ),
});

/** GET /checkout/api/v1/events/{eventId}/payments: what an event's payments come to. */
export function registerEventPaymentRoutes(app: HttpServer, { db, clock }: RouteDependencies): void {
  app.get(
    '/checkout/api/v1/events/:eventId/payments',
    {
      config: { operation: 'payments:read' },
      schema: {
        operationId: 'addUpPayments',
        summary: "What an event's payments come to",
        tags: ['payments'],
        params: Type.Object({ eventId: EventId }),
        response: {
          200: { description: 'The payments, as MySQL has them now', content: { 'application/json': { schema: Payments } } },
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'EVENT_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const event = await db
        .selectFrom('events')
        .select(['organiser_id', 'currency'])
        .where('event_id', '=', eventId)
        .executeTakeFirst();
      // The event of another organiser is none.
      if (!event || !may(request.principal, 'payments:read', event.organiser_id)) return sendProblem(reply, 'EVENT_NOT_FOUND');
      const { currency } = event;
      const [payments, providers] = await Promise.all([readPayments(db, { eventId, currency }, clock()), readBreakers(db)]);
      return reply.header('cache-control', 'private, no-cache').send({ eventId, currency, ...payments, providers });
    },
  );
}
