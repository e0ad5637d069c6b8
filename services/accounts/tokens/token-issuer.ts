import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Database } from '../../shared/stores/database.ts';
import { createSigningKeys } from './signing-keys.ts';

export type TokenIssuer = ReturnType<typeof createTokenIssuer>;

/** What an access token says about its account. `roles`: by organiser. `email`: only if verified. */
export type TokenSubject = { accountId: string; sessionId: string; email?: string; roles: Record<string, string[]> };

/** Services verify tokens by themselves, so what a token says stays true for them this long, whatever changes meanwhile. */
const lifeSeconds = 600;
/** A token must fit into a header; 8 KiB is the limit for all of a request's. */
const maxOrganisers = 20;
export const audience = 'onsale';

/**
 * Issues access tokens (RFC 9068): JWTs that are signed with EdDSA, and valid for ten minutes. `issuer` is the public address of accounts,
 * such as https://tickets.example/accounts. `clock`: now in milliseconds.
 */
export function createTokenIssuer(options: { db: Database; keySecret: string; issuer: string; clock?: () => number }) {
  const { issuer, clock = Date.now } = options;
  const signingKeys = createSigningKeys(options);
  return {
    signingKeys,

    /** `roles` at more than 20 organisers are cut off. Rejects with MySQL's error if the key cannot be read. */
    async issue({ accountId, sessionId, email, roles }: TokenSubject): Promise<{ accessToken: string; expiresIn: number }> {
      const { kid, privateKey } = await signingKeys.signing();
      const issuedAt = Math.floor(clock() / 1_000);
      const claims = {
        iss: issuer,
        aud: audience,
        sub: accountId,
        iat: issuedAt,
        exp: issuedAt + lifeSeconds,
        jti: randomUUID(),
        sid: sessionId,
        ...(email !== undefined && { email }),
        roles: Object.fromEntries(Object.entries(roles).slice(0, maxOrganisers)),
      };
      const accessToken = await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' }).sign(privateKey);
      return { accessToken, expiresIn: lifeSeconds };
    },
  };
}
