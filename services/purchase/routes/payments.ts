import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { UnavailableError } from '../../shared/http/problems.ts';
import { EventId, HoldId, Uuid } from '../../shared/terms/identifiers.ts';
import type { RouteDependencies } from './dependencies.ts';
import { eventOf } from './holds.ts';
import { commandOf } from './idempotency.ts';
import { presentOrder } from './present.ts';

const hidden = { hide: true } as const;
const config = { operation: 'holds:pay' } as const;
const ofHold = Type.Object({ holdId: HoldId });

/** Longer than any checkout waits for its buyer and its provider. */
const maxLeaseSeconds = 3_600;

/** The number that checkout gives its attempts to pay a hold: an older one than the newest can change nothing any more. */
const attempt = Type.Integer({ minimum: 1, maximum: 1_000_000 });

const Beginning = Type.Object(
  { attempt, leaseSeconds: Type.Integer({ minimum: 1, maximum: maxLeaseSeconds }) },
  { additionalProperties: false },
);
const Confirming = Type.Object({ attempt, orderId: Uuid }, { additionalProperties: false });
/** Checkout does not know the order's id if the reply to its beginning was lost. */
const Ending = Type.Object({ attempt, orderId: Type.Optional(Uuid) }, { additionalProperties: false });

/** Registers /purchase/internal/v1/…, with which checkout pays holds. Every request can be repeated. */
export function registerPaymentRoutes(
  app: HttpServer,
  { seats, orderTokens, wakeRelay, counters, sendRefusal }: RouteDependencies,
): void {
  app.post(
    '/purchase/internal/v1/holds/:holdId/payment',
    { config, schema: { ...hidden, params: ofHold, body: Beginning } },
    async (request, reply) => {
      const { holdId } = request.params;
      const { attempt, leaseSeconds } = request.body;
      const eventId = eventOf(holdId);
      const command = { ...commandOf(request, eventId, ['beginPayment', holdId, attempt, leaseSeconds]), holdId, attempt };
      const outcome = await seats.beginPayment({ ...command, leaseMs: leaseSeconds * 1_000 });
      if (outcome.kind === 'refused') return sendRefusal(reply, outcome);
      const organiserId = await seats.organiserOf(eventId);
      if (organiserId === undefined) throw new UnavailableError('INVENTORY_UNAVAILABLE', `the inventory of ${eventId} has gone`);
      return { attempt, leaseUntil: new Date(outcome.heldUntilMs).toISOString(), organiserId, order: outcome.order };
    },
  );

  app.post(
    '/purchase/internal/v1/holds/:holdId/payment/confirm',
    { config, schema: { ...hidden, params: ofHold, body: Confirming } },
    async (request, reply) => {
      const { holdId } = request.params;
      const eventId = eventOf(holdId);
      const meaning = ['confirmPaid', holdId, request.body];
      const outcome = await seats.confirmPaid({ ...commandOf(request, eventId, meaning), holdId, ...request.body });
      counters.count(eventId, outcome);
      if (outcome.kind === 'refused') return sendRefusal(reply, outcome);
      const { orderId } = outcome.order;
      wakeRelay(eventId);
      request.log.debug({ orderId, eventId }, 'paid hold confirmed');
      return { order: presentOrder(outcome), orderToken: orderTokens.tokenOf(orderId) };
    },
  );

  app.post(
    '/purchase/internal/v1/holds/:holdId/payment/end',
    { config, schema: { ...hidden, params: ofHold, body: Ending } },
    async (request, reply) => {
      const { holdId } = request.params;
      const eventId = eventOf(holdId);
      const meaning = ['endPayment', holdId, request.body];
      const outcome = await seats.endPayment({ ...commandOf(request, eventId, meaning), holdId, ...request.body });
      if (outcome.kind === 'paymentEnded') return { status: 'ended' };
      return outcome.code === 'HOLD_CONFIRMED' ? { status: 'sold' } : sendRefusal(reply, outcome);
    },
  );

  app.get(
    '/purchase/internal/v1/events/:eventId/orders/:orderId',
    { config, schema: { ...hidden, params: Type.Object({ eventId: EventId, orderId: Uuid }) } },
    async (request, reply) => {
      const outcome = await seats.readOrder(request.params);
      return outcome.kind === 'refused' ? sendRefusal(reply, outcome) : { order: outcome.order };
    },
  );
}
