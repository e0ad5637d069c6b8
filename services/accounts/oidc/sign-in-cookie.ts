import type {} from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createSeal } from '../tokens/seal.ts';

/** A sign-in that has begun: what the callback must match, and where it leads. */
export type PendingSignIn = {
  provider: string;
  state: string;
  nonce: string;
  codeVerifier: string;
  returnTo: string;
  /** The session that asked to link an identity to its account; absent for a sign-in. */
  link?: { accountId: string; sessionId: string };
};

/** `expiresMs`: until when the cookie is accepted. */
export type Taken = PendingSignIn & { expiresMs: number };

/** As for the session's cookie; Lax, because the provider's page leads back here. */
const name = '__Host-onsale-oidc';
const attributes = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const;
/** Long enough to find a phone for the second factor. */
const lifeSeconds = 900;

/**
 * Keeps a pending sign-in in the browser that began it, encrypted, for a quarter of an hour; nothing is stored here. A browser has one at a
 * time: a second sign-in replaces the first. That each comes back only once is up to used-states.ts: somebody may keep a copy of the cookie.
 */
export function createSignInCookie(secret: string, clock: () => number) {
  const { seal, open } = createSeal(secret, 'sign-ins with providers');
  return {
    set(reply: FastifyReply, pending: PendingSignIn): void {
      const content = JSON.stringify({ ...pending, expiresMs: clock() + lifeSeconds * 1_000 });
      reply.setCookie(name, seal(Buffer.from(content), name).toString('base64url'), { ...attributes, maxAge: lifeSeconds });
    },

    /** The pending sign-in of a browser, which it forgets. Undefined if there is none, or it is too old or forged. */
    take({ cookies }: FastifyRequest, reply: FastifyReply): Taken | undefined {
      const sealed = cookies[name];
      if (sealed === undefined) return undefined;
      reply.clearCookie(name, attributes);
      const content = open(Buffer.from(sealed, 'base64url'), name);
      if (!content) return undefined;
      const taken = JSON.parse(content.toString()) as Taken;
      return clock() < taken.expiresMs ? taken : undefined;
    },
  };
}
