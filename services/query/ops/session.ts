import type {} from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { accessToken } from '../../shared/identity/access-tokens.ts';
import { bearerOf, type TokenCheck, type WrongToken } from '../../shared/identity/identify-principals.ts';
import { operator, type Principal, stranger } from '../../shared/identity/principal.ts';

export type Sessions = ReturnType<typeof createSessions>;

const operatorCookie = 'onsale_ops';
const memberCookie = 'onsale_ops_member';
const path = '/query/ops';
const sessionMs = 12 * 3_600_000;

/**
 * Viewers send a token with each request as a bearer token, or sign in with a cookie. The operator's lasts for half a day, and is signed
 * by @fastify/cookie. A member's is the access token itself, and ends when that expires; the page renews it.
 */
export function createSessions(checkToken: TokenCheck) {
  return {
    checkToken,

    /** Throws an UnavailableError while a member's token cannot be checked. */
    async identify(request: FastifyRequest): Promise<Principal | WrongToken> {
      const bearer = bearerOf(request);
      if (bearer !== undefined) return await checkToken(request, bearer);
      const { valid, value } = request.unsignCookie(request.cookies[operatorCookie] ?? '');
      if (valid && Number(value) > Date.now()) return operator;
      const { [memberCookie]: token } = request.cookies;
      return token === undefined ? stranger : await checkToken(request, token);
    },

    /** Signs in the bearer of a token. */
    begin(request: FastifyRequest, reply: FastifyReply, { principal, token }: { principal: Principal; token: string }): void {
      const isOperator = principal.kind === 'operator';
      const options = {
        path,
        httpOnly: true,
        sameSite: 'strict',
        // TLS ends at the load balancer.
        secure: request.headers['x-forwarded-proto'] === 'https',
      } as const;
      if (isOperator) {
        const expiresAt = String(Date.now() + sessionMs);
        reply.setCookie(operatorCookie, expiresAt, { ...options, signed: true, maxAge: sessionMs / 1_000 });
      } else {
        reply.setCookie(memberCookie, token, { ...options, maxAge: accessToken.seconds });
        // Who signs in as a member must not stay the operator.
        reply.clearCookie(operatorCookie, options);
      }
    },

    /** Signs out. A copy of the cookies would stay valid until it expires: the operator's for half a day, a member's for ten minutes. */
    end(reply: FastifyReply): void {
      for (const name of [operatorCookie, memberCookie]) reply.clearCookie(name, { path });
    },
  };
}
