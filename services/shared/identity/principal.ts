import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { HttpServer } from '../http-server.ts';
import { sendProblem } from '../problems.ts';
import { createSampledLog } from '../sampled-log.ts';
import { createWrongTokens } from './wrong-tokens.ts';

/** Who sends a request. As long as there are no accounts, that is the operator, who has the operator's token, or a stranger. */
export type Principal = 'stranger' | 'operator';

/** An IPv6 address that ends with an IPv4 one. */
const maxAddressCharacters = 45;

declare module 'fastify' {
  interface FastifyRequest {
    /** Known before anything else is done for a request to the API (identifyPrincipals). */
    principal: Principal;
  }
}

/** A stranger may have sent a wrong token, and after too many of them should stay away for so many seconds. */
export type Visitor = 'operator' | { retryAfterSeconds: number };

/** Whose a token is that came with a request. */
export type TokenCheck = (request: FastifyRequest, given: string) => Visitor;

/** Tells the operator's token, if there is one (not ''), from wrong ones, which are counted and logged. */
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

/** A load balancer adds its client to whatever the header said before; without one, it is whoever connected. */
function addressOf({ headers, ip }: FastifyRequest): string {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  return (forwarded.split(',').at(-1)?.trim() || ip).slice(0, maxAddressCharacters);
}

/** All digests have one length, and texts of one length can be compared in constant time. */
const digestOf = (text: string) => createHash('sha256').update(text).digest();

/** The token of `Authorization: Bearer` (RFC 6750); undefined if there is none. */
export const bearerOf = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];

/**
 * Finds out the principal of each request to the API's routes that are registered from now on, by its bearer token. A request without
 * Authorization is a stranger's; one with a token that is nobody's, or anything else, is refused with 401, or 429 after too many of them.
 * Returns the check, for tokens that come otherwise: wrong ones count together.
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

/** Answers a request without credentials that it needs, or with wrong ones, the last of too many perhaps. */
export function sendNotSignedIn(reply: FastifyReply, { retryAfterSeconds } = { retryAfterSeconds: 0 }) {
  if (retryAfterSeconds > 0) return sendProblem(reply.header('retry-after', retryAfterSeconds), 'TOO_MANY_WRONG_TOKENS');
  return sendProblem(reply.header('www-authenticate', 'Bearer'), 'NOT_SIGNED_IN');
}
