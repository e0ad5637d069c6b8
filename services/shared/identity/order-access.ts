import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { OrderToken } from '../terms/identifiers.ts';
import type { OrderTokens } from './order-token.ts';
import type { Account } from './principal.ts';

/** The header schema for routes on one order. */
export const orderTokenHeader = Type.Object({
  'order-token': Type.Optional(
    Type.String({
      ...OrderToken,
      description:
        "The order's token, from the response to its purchase; not needed by its signed-in buyer, nor by a member or key that may",
    }),
  ),
});

/** The fault of a request that may not access its order. It is the same whether or not the order exists. */
export const orderTokenMissing = {
  errors: [{ header: 'Order-Token', detail: "must be the order's token, from the response to its purchase" }],
};

/** Whether a request carries an order's token. */
export function hasOrderToken(tokens: OrderTokens, { headers }: FastifyRequest, orderId: string): boolean {
  const { 'order-token': token } = headers;
  return typeof token === 'string' && tokens.isTokenOf(orderId, token);
}

/** The prefix of the buyerIds of signed-in buyers. Only they, and who may sell, may send it. */
export const accountPrefix = 'account:';

/** The buyerId of a signed-in buyer: who buys, unless the request names another. */
export const buyerIdOf = ({ accountId }: Pick<Account, 'accountId'>): string => `${accountPrefix}${accountId}`;
