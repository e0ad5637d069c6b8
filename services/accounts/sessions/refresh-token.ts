import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { uuidText } from '../../shared/stores/uuid.ts';

export type RefreshTokens = ReturnType<typeof createRefreshTokens>;

/** A session, and which of its tokens this is: 1, 2, 3 … */
export type TokenParts = { sessionId: string; generation: number; mac: Buffer };

const sessionBytes = 16;
const form = /^([A-Za-z0-9_-]{22})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})$/;

/** The form of a refresh token, for schemas. */
export const refreshTokenPattern = form.source;

/**
 * Refresh tokens: `session.generation.mac`. The MAC is an HMAC-SHA256 (RFC 2104) of session and generation, with a key made from `secret` and
 * the session's salt. So every token that a session ever had can be recognised, although none is stored: the database alone yields no
 * token, and nobody without one can make a session look as if its token had been stolen.
 */
export function createRefreshTokens(secret: string) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'onsale refresh tokens', 32));
  const macOf = (sessionId: Buffer, generation: number, salt: Buffer) =>
    createHmac('sha256', key).update(sessionId).update(salt).update(String(generation)).digest();

  return {
    tokenOf: (sessionId: Buffer, generation: number, salt: Buffer): string =>
      `${sessionId.toString('base64url')}.${generation}.${macOf(sessionId, generation, salt).toString('base64url')}`,

    /** Whether a token is one that the session with this salt has or had. */
    isTokenOf: (sessionId: Buffer, { generation, mac }: TokenParts, salt: Buffer): boolean =>
      timingSafeEqual(mac, macOf(sessionId, generation, salt)),
  };
}

/** Takes a token apart; undefined for any other text. Whether it is genuine, isTokenOf tells. */
export function parseRefreshToken(text: string): TokenParts | undefined {
  const [, session = '', generation, mac = ''] = form.exec(text) ?? [];
  const id = Buffer.from(session, 'base64url');
  if (id.length !== sessionBytes) return undefined;
  try {
    return { sessionId: uuidText(id), generation: Number(generation), mac: Buffer.from(mac, 'base64url') };
  } catch {
    return undefined;
  }
}
