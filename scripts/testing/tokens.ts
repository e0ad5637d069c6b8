import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { v7 as uuid } from 'uuid';
import type { ServiceName } from '../../services/shared/http/path-table.ts';
import { accessToken, issuerOf, parseSigningKeys } from '../../services/shared/identity/access-tokens.ts';
import { digestOfSecret, parseKeyDirectory } from '../../services/shared/identity/api-keys.ts';
import type { Polled } from '../../services/shared/identity/poll.ts';
import type { PlanName, Role, Scope } from '../../services/shared/identity/principal.ts';
import { createServiceTokens } from '../../services/shared/identity/service-tokens.ts';
import { createVerifierWith } from '../../services/shared/identity/verifier.ts';

/** The secret with which the tests' services call each other. */
export const serviceSecret = 'the services of the tests, 32 chars';

const issuer = issuerOf('http://localhost:8000');
const kid = 'the-key-of-the-tests';
export const signingKey = await generateKeyPair(accessToken.alg, { extractable: true });
export const publicJwk = { ...(await exportJWK(signingKey.publicKey)), kid, alg: accessToken.alg, use: 'sig' };

/** A document that a test changes by itself. */
export function fixed<T>(document: T | undefined): Polled<T> & { set(document: T | undefined): void } {
  let current = document;
  return {
    current: () => current,
    refresh: async () => {},
    stop() {},
    set(changed) {
      current = changed;
    },
  };
}

/** An account with a fresh id; `roles` by organiser. */
export const accountWith = (roles: Record<string, Role[]> = {}, accountId: string = uuid()) => ({ accountId, roles });

/** An access token for an account, valid unless `changes` change its claims or its header. */
export async function accessTokenFor(
  { accountId, roles }: ReturnType<typeof accountWith>,
  changes: { claims?: object; header?: object; key?: Parameters<SignJWT['sign']>[0] } = {},
): Promise<string> {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { iss: issuer, aud: accessToken.audience, sub: accountId, iat, exp: iat + accessToken.seconds };
  const header = { alg: accessToken.alg, typ: accessToken.typ, kid, ...changes.header };
  return await new SignJWT({ ...claims, jti: uuid(), sid: uuid(), roles, ...changes.claims })
    .setProtectedHeader(header)
    .sign(changes.key ?? signingKey.privateKey);
}

/** The headers of a signed-in account. */
export const asAccount = async (account = accountWith()) => ({ authorization: `Bearer ${await accessTokenFor(account)}` });

type DirectoryEntry = { keyId: string; digest: string; organiserId: string; scopes: Scope[]; plan: PlanName; expiresOn?: string };
const entries: DirectoryEntry[] = [];
const directory = fixed(parseKeyDirectory({ keys: entries }));

/** A new API key: its text, and what the directory says of it. */
export function newApiKey(organiserId: string, scopes: Scope[]) {
  const keyId = randomBytes(12).toString('base64url');
  const secret = randomBytes(32).toString('base64url');
  const entry: DirectoryEntry = { keyId, digest: digestOfSecret(secret), organiserId, scopes, plan: 'standard' };
  return { text: `onsale_${keyId}.${secret}`, entry };
}

/** The headers of a new API key of an organiser, which all of the tests' services know. */
export function asKey(organiserId: string, scopes: Scope[]) {
  const { text, entry } = newApiKey(organiserId, scopes);
  entries.push(entry);
  directory.set(parseKeyDirectory({ keys: entries }));
  return { authorization: `Bearer ${text}` };
}

/** The headers of a service that calls another one. */
export const asService = async (name: ServiceName, target: ServiceName) => ({
  authorization: `Bearer ${await createServiceTokens(serviceSecret, name).for(target)}`,
});

/** A service's verifier, which trusts the tests' signing key, API keys and services. */
export const testVerifier = (service: ServiceName, changes: Partial<Parameters<typeof createVerifierWith>[0]> = {}) =>
  createVerifierWith({
    issuer,
    service,
    serviceSecret,
    keys: fixed(parseSigningKeys({ keys: [publicJwk] })),
    directory,
    ...changes,
  });
