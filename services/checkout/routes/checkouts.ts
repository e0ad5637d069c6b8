import type { FastifyReply } from 'fastify';
import { type TObject, Type } from 'typebox';
import { patterned } from '../../shared/basics/patterned.ts';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { type ProblemError, problemResponses, sendProblem } from '../../shared/http/problems.ts';
import type { ProviderName } from '../../shared/stores/schema.ts';
import { isTraceparent } from '../../shared/telemetry/traceparent.ts';
import { EmailAddress, emailOf } from '../../shared/terms/email-address.ts';
import { HoldId, Uuid } from '../../shared/terms/identifiers.ts';
import { isFinal } from '../saga/states.ts';
import type { CheckoutView } from '../saga/types.ts';
import { checkoutFor, checkoutTokenHeader } from './access.ts';
import type { RouteDependencies } from './dependencies.ts';
import { Checkout, isPending, NewCheckout, ProviderId, presentCheckout } from './present.ts';

const params = Type.Object({ checkoutId: Uuid });
const tags = ['checkouts'];
const path = '/checkout/api/v1/checkouts';
/** How soon a client should look again at what is pending. */
const lookAgainSeconds = 2;

const OfferedProvider = Type.Optional({
  ...ProviderId,
  description: 'With which provider; without it, the usual one, or that of the last attempt',
});
const NewCheckoutBody = Type.Object(
  {
    holdId: HoldId,
    email: EmailAddress,
    provider: OfferedProvider,
    takesEqual: Type.Optional(
      Type.Boolean({
        description:
          'Whether equal seats will do, of the same category and side by side as before, if these are lost before the payment is in. ' +
          'Without it, the payment is then given back',
      }),
    ),
    returnUrl: Type.Optional(
      patterned('^https?://[^\\s\\p{Cc}]{1,1990}$', 'must be a URL of at most 2,000 characters', {
        description: 'Where the browser goes after the payment: a page of this system, or of an origin in CORS_ORIGINS',
        examples: ['https://shop.example/thanks'],
      }),
    ),
  },
  { additionalProperties: false },
);

const retryAfter = { 'Retry-After': Type.Integer({ description: 'Seconds after which to look again' }) };
const locationHeader = Type.String({ description: 'The checkout' });
const json = (description: string, schema: TObject, headers = {}) => ({
  description,
  headers,
  content: { 'application/json': { schema } },
});

const readProblems = ['INVALID_REQUEST', 'NOT_SIGNED_IN', 'CHECKOUT_TOKEN_REQUIRED', 'CHECKOUT_NOT_FOUND'] as const;
const bodyProblems = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;

/** /checkout/api/v1/checkouts: a hold is paid, and becomes an order. */
export function registerCheckoutRoutes(app: HttpServer, dependencies: RouteDependencies): void {
  const { checkouts, providers, checkoutTokens, publicOrigin, shopOrigins } = dependencies;
  const present = (view: CheckoutView, isBuyer = true) => presentCheckout(view, { ...dependencies, isBuyer });

  app.post(
    path,
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'beginCheckout',
        summary: 'Begin to pay a hold',
        description:
          'Nobody else can have the seats while this lasts, and the hold cannot be changed. Send the buyer to `payment.payUrl`; when ' +
          'they have paid, the hold becomes an order by itself. A free order is confirmed immediately. There is one checkout for each ' +
          'hold: repeating the request returns it. No card data is accepted anywhere: it goes from the browser to the provider.',
        tags,
        body: NewCheckoutBody,
        response: {
          201: json('Begun', NewCheckout, { Location: locationHeader }),
          200: json('It was begun before; the checkout, as it is now', NewCheckout, { Location: locationHeader }),
          202: json('Begun, but purchase or the provider has not answered yet: look again', NewCheckout, {
            Location: locationHeader,
            ...retryAfter,
          }),
          ...problemResponses(
            ...(['INVALID_REQUEST', 'NOT_SIGNED_IN', 'EVENT_NOT_FOUND', 'HOLD_NOT_FOUND', 'HOLD_EXPIRED'] as const),
            ...(['HOLD_CONFIRMED', 'HOLD_BEING_PAID', 'SALE_PAUSED', 'SALE_CLOSED', 'SERVICE_UNAVAILABLE'] as const),
            ...bodyProblems,
          ),
        },
      },
    },
    async (request, reply) => {
      const { holdId, email, provider = usualProvider(), takesEqual = false, returnUrl } = request.body;
      const fault = faultOfReturn(returnUrl);
      if (fault) return sendProblem(reply, 'INVALID_REQUEST', { errors: [fault] });
      const { traceparent } = request.headers;
      const opened = await checkouts.open({
        ...{ holdId, provider, takesEqual, principal: request.principal },
        email: emailOf(email).email,
        ...(returnUrl !== undefined && { returnUrl }),
        ...(isTraceparent(traceparent) && { traceparent }),
      });
      if ('refused' in opened) {
        if (opened.refused === 'PROVIDER_NOT_OFFERED') return sendNotOffered(reply);
        return sendProblem(reply, opened.refused);
      }
      const { checkout, isNew } = opened;
      const { checkoutId, eventId, orderId } = checkout;
      request.log.info({ checkoutId, eventId, orderId, state: checkout.state, isNew }, 'checkout begun');
      reply.header('location', `${path}/${checkoutId}`);
      const body = { ...present(checkout), checkoutToken: checkoutTokens.tokenOf(checkoutId) };
      if (isPending(checkout)) return reply.code(202).header('retry-after', lookAgainSeconds).send(body);
      return reply.code(isNew ? 201 : 200).send(body);
    },
  );

  app.get(
    `${path}/:checkoutId`,
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'readCheckout',
        summary: 'A checkout, as it is now',
        tags,
        params,
        headers: checkoutTokenHeader,
        querystring: Type.Object(
          {
            settle: Type.Optional(
              Type.Boolean({
                description:
                  'Ask the provider first, so that the answer is up to date and has the `clientSecret`. Otherwise its webhooks tell, moments later',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: json('The checkout', Checkout), ...problemResponses(...readProblems) },
      },
    },
    async (request, reply) => {
      const accessed = await checkoutFor(request, reply, dependencies, { toRead: true });
      if (!accessed) return reply;
      const { view, isBuyer } = accessed;
      const { settle = false } = request.query;
      const shown = settle && isBuyer && !isFinal(view.state) ? ((await checkouts.settle(view.checkoutId)) ?? view) : view;
      return present(shown, isBuyer);
    },
  );

  app.post(
    `${path}/:checkoutId/payments`,
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'payAgain',
        summary: 'Begin another attempt to pay',
        description:
          'After one that failed, or with another provider. The last attempt is cancelled at its provider first: nobody pays twice. While it may ' +
          'still succeed, this is refused with `PAYMENT_PENDING`.',
        tags,
        params,
        headers: checkoutTokenHeader,
        body: Type.Object({ provider: OfferedProvider }, { additionalProperties: false }),
        response: {
          201: json('Begun', Checkout),
          202: json('Begun, but the provider has not answered yet: look again', Checkout, retryAfter),
          ...problemResponses(...readProblems, ...bodyProblems, 'PAYMENT_PENDING', 'CHECKOUT_ENDED'),
        },
      },
    },
    async (request, reply) => {
      const accessed = await checkoutFor(request, reply, dependencies);
      if (!accessed) return reply;
      const { provider } = request.body;
      const { checkoutId } = accessed.view;
      const paid = await checkouts.pay(checkoutId, { ...(provider && { provider }) });
      if (!paid) return sendProblem(reply, 'CHECKOUT_NOT_FOUND');
      if ('refused' in paid) {
        if (paid.refused === 'PROVIDER_NOT_OFFERED') return sendNotOffered(reply);
        return sendProblem(reply, paid.refused);
      }
      const { attempt } = paid.checkout;
      request.log.info({ checkoutId, provider: attempt?.provider, attempt: attempt?.number }, 'another attempt to pay');
      if (isPending(paid.checkout)) return reply.code(202).header('retry-after', lookAgainSeconds).send(present(paid.checkout));
      return reply.code(201).send(present(paid.checkout));
    },
  );

  app.post(
    `${path}/:checkoutId/cancel`,
    {
      config: { operation: 'own' },
      schema: {
        operationId: 'cancelCheckout',
        summary: 'Give up a checkout',
        description:
          'The payment is cancelled at the provider, and then the seats are free. Money that was taken meanwhile goes back by itself. Repeating it ' +
          'changes nothing. An order that is paid already can only be refunded.',
        tags,
        params,
        headers: checkoutTokenHeader,
        response: {
          200: json('Cancelled', Checkout),
          202: json('It will be cancelled, as soon as the provider has answered', Checkout, retryAfter),
          ...problemResponses(...readProblems, ...bodyProblems, 'CHECKOUT_ENDED'),
        },
      },
    },
    async (request, reply) => {
      const accessed = await checkoutFor(request, reply, dependencies);
      if (!accessed) return reply;
      const { checkoutId } = accessed.view;
      const cancelled = await checkouts.cancel(checkoutId);
      if (!cancelled) return sendProblem(reply, 'CHECKOUT_NOT_FOUND');
      if ('refused' in cancelled) return sendProblem(reply, cancelled.refused);
      request.log.info({ checkoutId, state: cancelled.checkout.state }, 'checkout cancelled by its buyer');
      if (!isFinal(cancelled.checkout.state)) reply.code(202).header('retry-after', lookAgainSeconds);
      return reply.send(present(cancelled.checkout));
    },
  );

  function usualProvider(): ProviderName {
    const [usual = 'stripe'] = providers.keys();
    return usual;
  }

  function sendNotOffered(reply: FastifyReply) {
    const offered = [...providers.keys()];
    if (offered.length === 0) return sendProblem(reply, 'SERVICE_UNAVAILABLE', { detail: 'No payment provider is set up' });
    const errors = [{ pointer: '#/provider', detail: `must be one that is offered: ${offered.join(', ')}` }];
    return sendProblem(reply, 'INVALID_REQUEST', { errors });
  }

  /** Links of ours must not lead just anywhere. */
  function faultOfReturn(returnUrl: string | undefined): ProblemError | undefined {
    if (returnUrl === undefined) return undefined;
    const { origin } = URL.parse(returnUrl) ?? {};
    if (origin !== undefined && (origin === publicOrigin || shopOrigins.has(origin))) return undefined;
    return { pointer: '#/returnUrl', detail: `must be a page of ${[publicOrigin, ...shopOrigins].join(', ')}` };
  }
}
