import { createHmac, timingSafeEqual } from 'node:crypto';

export type OrderTokens = ReturnType<typeof createOrderTokens>;

/** 128 bits: nobody guesses them, and a link with them stays short. */
const tokenBytes = 16;

/**
 * Order tokens: whoever has an order's token may read the order and cancel it. A token is an HMAC-SHA256 (RFC 2104) of the order's
 * id, cut to 16 bytes, as 22 characters of base64url. Nothing is stored, so another `secret` voids every token that was given out.
 */
export function createOrderTokens(secret: string) {
  const macOf = (orderId: string) => createHmac('sha256', secret).update(`order ${orderId}`).digest().subarray(0, tokenBytes);
  return {
    tokenOf: (orderId: string): string => macOf(orderId).toString('base64url'),

    /** True if `given`, of any length and from anybody, is the order's token. */
    isTokenOf(orderId: string, given: string): boolean {
      const bytes = Buffer.from(given, 'base64url');
      return bytes.length === tokenBytes && timingSafeEqual(bytes, macOf(orderId));
    },
  };
}
