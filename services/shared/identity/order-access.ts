import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { OrderToken } from '../terms/identifiers.ts';
import type { OrderTokens } from './order-token.ts';

/** The header schema for routes on one order. */
export const orderTokenHeader = Type.Object({
  'order-token': Type.Optional(
    Type.String({ ...OrderToken, description: "The order's token, from the response to its purchase; the operator needs none" }),
  ),
});

/** The fault of a request that may not access its order. It is the same whether or not the order exists. */
export const orderTokenMissing = {
  errors: [{ header: 'Order-Token', detail: "must be the order's token, from the response to its purchase" }],
};

/** Whether a request may read and cancel an order: with the order's token, or as the operator. */
export function mayUseOrder(tokens: OrderTokens, { headers, principal }: FastifyRequest, orderId: string): boolean {
  const { 'order-token': token } = headers;
  return principal === 'operator' || (typeof token === 'string' && tokens.isTokenOf(orderId, token));
}
