import { randomBytes } from 'node:crypto';
import type {} from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../../shared/http/problems.ts';

/** The prefix makes browsers refuse the cookie unless it is Secure, for this host alone, and for every path (RFC 6265bis, 4.1.3.2). */
const sessionCookie = '__Host-onsale-session';
/** Lets a browser that signed in before try a password while others guess it. Gives access to nothing. */
const deviceCookie = '__Host-onsale-device';
const sessionSeconds = 180 * 86_400;
const deviceSeconds = 365 * 86_400;
const common = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const;

/** The refresh token that a browser keeps as a cookie. */
export const sessionTokenOf = ({ cookies }: FastifyRequest): string | undefined => cookies[sessionCookie];

export const deviceOf = ({ cookies }: FastifyRequest): string | undefined => {
  const device = cookies[deviceCookie];
  return device !== undefined && /^[A-Za-z0-9_-]{32}$/.test(device) ? device : undefined;
};

export const setSessionCookie = (reply: FastifyReply, token: string) =>
  reply.setCookie(sessionCookie, token, { ...common, maxAge: sessionSeconds });

export const clearSessionCookie = (reply: FastifyReply) => reply.clearCookie(sessionCookie, common);

/** A name for a browser that it keeps for a year. */
export const newDevice = () => randomBytes(24).toString('base64url');

export const setDeviceCookie = (reply: FastifyReply, device: string) =>
  reply.setCookie(deviceCookie, device, { ...common, maxAge: deviceSeconds });

/**
 * Whether a request that sets or uses the session cookie was sent by one of our own pages. Browsers state where a POST comes from in Origin
 * and Sec-Fetch-Site; one that states neither cannot be told from a forged one.
 */
export function isOwnPage({ headers }: FastifyRequest, trustedOrigins: ReadonlySet<string>): boolean {
  const { origin } = headers;
  if (origin !== undefined) return trustedOrigins.has(origin);
  return headers['sec-fetch-site'] === 'same-origin';
}

export const sendForeignPage = (reply: FastifyReply) =>
  sendProblem(reply, 'ORIGIN_NOT_ALLOWED', {
    errors: [{ header: 'Origin', detail: 'must be an origin that may use browser sessions' }],
  });
