import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { sendProblem } from '../../shared/http/problems.ts';
import { buyerIdOf } from '../../shared/identity/order-access.ts';
import { may } from '../../shared/identity/permissions.ts';
import { OrderToken } from '../../shared/terms/identifiers.ts';
import type { CheckoutView } from '../saga/types.ts';
import type { RouteDependencies } from './dependencies.ts';

/** The header schema for routes on one checkout. */
export const checkoutTokenHeader = Type.Object({
  'checkout-token': Type.Optional(
    Type.String({
      ...OrderToken,
      description: "The checkout's token, from the response that began it; not needed by its signed-in buyer",
    }),
  ),
});

/** The fault of a request that may not access its checkout. It is the same whether or not the checkout exists. */
const tokenMissing = {
  errors: [{ header: 'Checkout-Token', detail: "must be the checkout's token, from the response that began it" }],
};

/** A checkout, and whether it was asked for by somebody who may pay it, rather than somebody who may see an organiser's payments. */
export type Accessed = { view: CheckoutView; isBuyer: boolean };

/**
 * The checkout of a request, if the request has its token, or is its signed-in buyer's; or, `toRead`, if its sender may see the organiser's payments.
 * Otherwise replies with a problem, and returns undefined.
 */
export async function checkoutFor(
  request: FastifyRequest,
  reply: FastifyReply,
  { checkouts, checkoutTokens }: Pick<RouteDependencies, 'checkouts' | 'checkoutTokens'>,
  { toRead = false } = {},
): Promise<Accessed | undefined> {
  const { checkoutId } = request.params as { checkoutId: string };
  const { principal, headers } = request;
  const { 'checkout-token': token } = headers;
  const hasToken = typeof token === 'string' && checkoutTokens.isTokenOf(checkoutId, token);
  // A stranger without it makes no work.
  const view = hasToken || principal.kind !== 'stranger' ? await checkouts.read(checkoutId) : undefined;
  if (!view && hasToken) return void sendProblem(reply, 'CHECKOUT_NOT_FOUND');
  const isOwn = view?.buyerId !== undefined && principal.kind === 'account' && view.buyerId === buyerIdOf(principal);
  const isBuyer = hasToken || isOwn;
  if (view && (isBuyer || (toRead && may(principal, 'payments:read', view.organiserId)))) return { view, isBuyer };
  return void sendProblem(reply, 'CHECKOUT_TOKEN_REQUIRED', tokenMissing);
}
