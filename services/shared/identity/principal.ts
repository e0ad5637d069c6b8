import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { HttpServer } from '../http/http-server.ts';
import { sendProblem } from '../http/problems.ts';
import { createSampledLog } from '../telemetry/sampled-log.ts';
import { createWrongTokens } from './wrong-tokens.ts';

/** Who sent a request. There are no accounts yet, so it is the operator, who has the operator's token, or a stranger. */
export type Principal = 'stranger' | 'operator';

/** The length of an IPv6 address that ends with an IPv4 one. */
const maxAddressCharacters = 45;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before anything else happens in a request to the API (identifyPrincipals). */
    principal: Principal;
  }
}

/** A stranger sent a wrong token, and after too many of them must wait `retryAfterSeconds`; 0 if still within the limits. */
export type Visitor = 'operator' | { retryAfterSeconds: number };

/** Identifies who sent a token with a request. */
export type TokenCheck = (request: FastifyRequest, given: string) => Visitor;

/** Recognises the operator's token (none if ''); counts and logs all others. */
function createTokenCheck(token: string): TokenCheck {
  const expected = digestOf(token);
  const wrongTokens = createWrongTokens();
  const warn = createSampledLog('warn', 'a wrong token');
  return (request, given) => {
    if (token !== '' && timingSafeEqual(digestOf(given), expected)) return 'operator';
    const address = addressOf(request);
    warn(request.log, { address });
    return { retryAfterSeconds: wrongTokens.add(address) };
  };
}

/** The load balancer appends its client's address to the header. Without one, it is the connection's address. */
function addressOf({ headers, ip }: FastifyRequest): string {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  return (forwarded.split(',').at(-1)?.trim() || ip).slice(0, maxAddressCharacters);
}

/** All digests have the same length, so they can be compared in constant time. */
const digestOf = (text: string) => createHash('sha256').update(text).digest();

/** The token of `Authorization: Bearer` (RFC 6750); undefined if there is none. */
export const bearerOf = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];

/**
 * Identifies the principal of each request, by its bearer token, on all API routes registered after this call. A request without an
 * Authorization header comes from a stranger. One with anything but the operator's token is rejected with 401, or with 429 after too
 * many of them. Returns the token check for tokens sent in other ways, so that wrong ones count together.
 */
export function identifyPrincipals(app: HttpServer, opsToken: string): TokenCheck {
  const checkToken = createTokenCheck(opsToken);
  const identify: onRequestHookHandler = (request, reply, done) => {
    if (request.headers.authorization === undefined) return done();
    const visitor = checkToken(request, bearerOf(request) ?? '');
    if (visitor !== 'operator') {
      void sendNotSignedIn(reply, visitor);
      return;
    }
    request.principal = 'operator';
    done();
  };
  app.decorateRequest('principal', 'stranger');
  app.addHook('onRoute', (route) => {
    if (route.url.includes('/api/')) route.onRequest = [identify, ...[route.onRequest ?? []].flat()];
  });
  return checkToken;
}

/** Replies to a request with missing or wrong credentials: 401, or 429 if `retryAfterSeconds` is above 0. */
export function sendNotSignedIn(reply: FastifyReply, { retryAfterSeconds } = { retryAfterSeconds: 0 }) {
  if (retryAfterSeconds > 0) return sendProblem(reply.header('retry-after', retryAfterSeconds), 'TOO_MANY_WRONG_TOKENS');
  return sendProblem(reply.header('www-authenticate', 'Bearer'), 'NOT_SIGNED_IN');
}
