import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { HttpServer } from '../http-server.ts';
import { sendProblem } from '../problems.ts';

/** Who sends a request. As long as there are no accounts, that is the operator, who has the operator's token, or a stranger. */
export type Principal = 'stranger' | 'operator';

declare module 'fastify' {
  interface FastifyRequest {
    /** Known before anything else is done for a request to the API (identifyPrincipals). */
    principal: Principal;
  }
}

/** Whether a text is the operator's token. If there is no such token (''), no text is. */
export function createTokenCheck(token: string): (given: string) => boolean {
  const expected = digestOf(token);
  return (given) => token !== '' && timingSafeEqual(digestOf(given), expected);
}

/** All digests have one length, and texts of one length can be compared in constant time. */
const digestOf = (text: string) => createHash('sha256').update(text).digest();

/** The token of `Authorization: Bearer` (RFC 6750); undefined if there is none. */
export const bearerOf = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];

/**
 * Finds out the principal of each request to the API's routes that are registered from now on, by its bearer token. A request without
 * Authorization is a stranger's; one with a token that is nobody's, or anything else, is refused with 401.
 */
export function identifyPrincipals(app: HttpServer, opsToken: string): void {
  const isOpsToken = createTokenCheck(opsToken);
  const identify: onRequestHookHandler = (request, reply, done) => {
    if (request.headers.authorization === undefined) return done();
    if (!isOpsToken(bearerOf(request) ?? '')) {
      void sendNotSignedIn(reply);
      return;
    }
    request.principal = 'operator';
    done();
  };
  app.decorateRequest('principal', 'stranger');
  app.addHook('onRoute', (route) => {
    if (route.url.includes('/api/')) route.onRequest = [identify, ...[route.onRequest ?? []].flat()];
  });
}

/** Answers a request without credentials that it needs, or with wrong ones. */
export const sendNotSignedIn = (reply: FastifyReply) => sendProblem(reply.header('www-authenticate', 'Bearer'), 'NOT_SIGNED_IN');
