import type {} from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerOf, type TokenCheck, type Visitor } from '../../shared/identity/principal.ts';

export type Sessions = ReturnType<typeof createSessions>;

const cookie = 'onsale_ops';
const path = '/query/ops';
const sessionMs = 12 * 3_600_000;

/** Operators send the token with each request as a bearer token, or sign in for half a day with a cookie (signed by @fastify/cookie). */
export function createSessions(checkToken: TokenCheck) {
  return {
    checkToken,

    identify(request: FastifyRequest): Visitor {
      const bearer = bearerOf(request);
      if (bearer !== undefined) return checkToken(request, bearer);
      const { valid, value } = request.unsignCookie(request.cookies[cookie] ?? '');
      return valid && Number(value) > Date.now() ? 'operator' : { retryAfterSeconds: 0 };
    },

    begin(request: FastifyRequest, reply: FastifyReply): void {
      reply.setCookie(cookie, String(Date.now() + sessionMs), {
        path,
        signed: true,
        httpOnly: true,
        sameSite: 'strict',
        // TLS ends at the load balancer.
        secure: request.headers['x-forwarded-proto'] === 'https',
        maxAge: sessionMs / 1_000,
      });
    },
  };
}
