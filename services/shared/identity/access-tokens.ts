import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { OrganiserId, Uuid } from '../terms/identifiers.ts';
import { createForgeryLimits, type Unverified } from './forgery-limits.ts';
import type { Polled } from './poll.ts';
import { type Account, roles } from './principal.ts';

/** What every access token has (RFC 9068): its header's `typ`, its algorithm, its audience, and how long it is valid. */
export const accessToken = { typ: 'at+jwt', alg: 'EdDSA', audience: 'onsale', seconds: 600 } as const;

/** The issuer of access tokens, in an installation with this origin. */
export const issuerOf = (publicOrigin: string) => `${publicOrigin}/accounts`;

/** A token lists its account's roles for at most this many organisers, so that it fits into a header. */
const maxOrganisers = 20;
/** Clocks of machines differ. */
const clockSeconds = 5;

/** The claims of an access token that say who its bearer is. `sid`: the session. */
const AccessClaims = Type.Object({
  sub: Uuid,
  sid: Type.String({ minLength: 1, maxLength: 64 }),
  email: Type.Optional(Type.String({ maxLength: 320 })),
  roles: Type.Optional(
    Type.Record(OrganiserId, Type.Array(Type.Enum([...roles]), { maxItems: roles.length }), { maxProperties: maxOrganisers }),
  ),
});
const claims = Compile(AccessClaims);

/** `untilMs`: when the token expires. */
export type VerifiedToken<P> = { principal: P; untilMs: number };

/** Signing keys as JWKS documents have them (RFC 7517). */
export type SigningKeys = { find: ReturnType<typeof createLocalJWKSet>; ids: ReadonlySet<string | undefined> };

export function parseSigningKeys(json: unknown): SigningKeys {
  const document = json as JSONWebKeySet;
  return { find: createLocalJWKSet(document), ids: new Set(document.keys.map(({ kid }) => kid)) };
}

/**
 * Verifies access tokens with the accounts service's public keys; of tokens that are likely forged, so many as forgery-limits.ts allows. A key
 * id that is not known yet makes the keys be read again, once. `unknown`: no keys were read yet.
 */
export function createAccessTokenCheck(options: { issuer: string; keys: Polled<SigningKeys>; now: () => number }) {
  const { issuer, keys, now } = options;
  const limits = createForgeryLimits();

  async function verifyWith({ find }: SigningKeys, token: string): Promise<VerifiedToken<Account>> {
    const { payload } = await jwtVerify(token, find, {
      algorithms: [accessToken.alg],
      typ: accessToken.typ,
      issuer,
      audience: accessToken.audience,
      requiredClaims: ['exp', 'iat', 'sub', 'sid'],
      // Also refuses tokens from the future, and those that claim to be valid for longer.
      maxTokenAge: accessToken.seconds + clockSeconds,
      clockTolerance: clockSeconds,
      currentDate: new Date(now()),
    });
    return { principal: accountOf(payload), untilMs: Number(payload.exp) * 1_000 };
  }

  /** Refuses what no signature could make right, before one is verified; returns what else the token claims. */
  function readClaims(token: string): { kid: string; sessionId: string } {
    const { alg, kid } = decodeProtectedHeader(token);
    if (alg !== accessToken.alg || kid === undefined) throw new errors.JWTInvalid('The header is malformed');
    const payload = decodeJwt(token);
    const { sessionId } = accountOf(payload);
    const { iss, aud, exp } = payload;
    if (iss !== issuer || aud !== accessToken.audience) throw new errors.JWTClaimValidationFailed('It is for others', payload);
    if (exp !== undefined && exp + clockSeconds <= now() / 1_000) throw new errors.JWTExpired('It has expired', payload);
    return { kid, sessionId };
  }

  return async (token: string, network: string): Promise<VerifiedToken<Account> | 'unknown' | Unverified> => {
    if (!keys.current()) await keys.refresh();
    const known = keys.current();
    if (!known) return 'unknown';
    const { kid, sessionId } = readClaims(token);
    if (!known.ids.has(kid)) await keys.refresh();
    const latest = keys.current() ?? known;
    if (!latest.ids.has(kid)) throw new errors.JWKSNoMatchingKey();
    return await limits.within(network, sessionId, () => verifyWith(latest, token));
  };
}

function accountOf(payload: JWTPayload): Account {
  if (!claims.Check(payload)) throw new errors.JWTClaimValidationFailed('The claims are malformed', payload);
  const { sub, sid, email, roles: given = {} } = payload as Static<typeof AccessClaims>;
  return { kind: 'account', accountId: sub, sessionId: sid, ...(email !== undefined && { email }), roles: given };
}
