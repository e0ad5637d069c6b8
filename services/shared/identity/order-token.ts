import { hash, timingSafeEqual } from 'node:crypto';

export type OrderTokens = ReturnType<typeof createOrderTokens>;

/** 132 bits cannot be guessed, and keep links short. */
const tokenCharacters = 22;

/** Order tokens: anyone with an order's token may read and cancel the order. */
export const createOrderTokens = (secret: string) => createTokens(secret, 'order');

/** Checkout tokens: anyone with a checkout's token may read, pay and cancel the checkout. No order's token is also a checkout's. */
export const createCheckoutTokens = (secret: string) => createTokens(secret, 'checkout');

/**
 * A token is the first 22 characters of an HMAC-SHA256 (RFC 2104) of its purpose and an id in base64url. Nothing is stored, so changing
 * `secret` invalidates every token.
 */
function createTokens(secret: string, purpose: 'order' | 'checkout') {
  const macOf = createHmacSha256(secret);
  const tokenOf = (id: string): string => macOf(`${purpose} ${id}`).slice(0, tokenCharacters);
  return {
    tokenOf,

    /** Whether `given`, which may be any text, is the token of this id. */
    isTokenOf(id: string, given: string): boolean {
      const [theirs, ours] = [Buffer.from(given), Buffer.from(tokenOf(id))];
      return theirs.length === ours.length && timingSafeEqual(theirs, ours);
    },
  };
}

/** SHA-256 works on blocks of 64 bytes. */
const blockBytes = 64;
const digestBytes = 32;
/** Longer than the text for any id. */
const maxTextBytes = 64;

/**
 * HMAC-SHA256 (RFC 2104) of short ASCII texts with one key, as base64url. Each sale makes a token, and node:crypto's Hmac, which
 * creates an object with a native handle for each text, costs four times as much as these two hashes.
 */
export function createHmacSha256(key: string): (text: string) => string {
  const short = Buffer.byteLength(key) > blockBytes ? hash('sha256', key, 'buffer') : Buffer.from(key);
  const inner = Buffer.alloc(blockBytes + maxTextBytes);
  const outer = Buffer.alloc(blockBytes + digestBytes);
  for (let at = 0; at < blockBytes; at++) {
    inner[at] = (short[at] ?? 0) ^ 0x36;
    outer[at] = (short[at] ?? 0) ^ 0x5c;
  }
  return (text) => {
    if (text.length > maxTextBytes) throw new RangeError(`A text of ${text.length} characters is too long`);
    const end = blockBytes + inner.write(text, blockBytes, 'latin1');
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), blockBytes, 'latin1');
    return hash('sha256', outer, 'base64url');
  };
}
