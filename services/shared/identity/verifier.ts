import { decodeProtectedHeader, errors } from 'jose';
import { LRUCache } from 'lru-cache';
import type { ServiceName } from '../http/path-table.ts';
import { accessToken, createAccessTokenCheck, type SigningKeys, type VerifiedToken } from './access-tokens.ts';
import { apiKeyPrefix, createApiKeyCheck, isNewTo, type KeysById } from './api-keys.ts';
import type { Unverified } from './forgery-limits.ts';
import type { Polled } from './poll.ts';
import type { Principal } from './principal.ts';
import { createServiceTokenCheck } from './service-tokens.ts';

/** `expired`: it is no longer right, if it ever was. `unknown`: nothing to verify with could be read yet. */
type Verified = Principal | 'wrong' | 'expired' | 'unknown' | Unverified;

/** Verifies access tokens, API keys and the tokens of services. */
export type Verifier = {
  /** Whether people can sign in. */
  hasAccounts: boolean;
  /** The principal of a token that can be told at once: one that was verified before, or an API key. */
  recall(token: string): Principal | undefined;
  /** `network`: the token's sender's; forgeries from it make others from it wait (forgery-limits.ts). */
  verify(token: string, network: string): Promise<Verified>;
};

/** For an installation without accounts: every token is wrong. */
export const noAccounts: Verifier = { hasAccounts: false, recall: () => undefined, verify: async () => 'wrong' };

/** A kept token and its principal take about a kilobyte. */
const maxKept = 20_000;

/**
 * Returns a verifier with these keys. To verify a signature takes a hundred times as long as anything else about a request, so verified
 * tokens are kept until they expire.
 */
export function createVerifierWith(options: {
  issuer: string;
  service: ServiceName;
  serviceSecret: string;
  keys: Polled<SigningKeys>;
  directory: Polled<KeysById>;
  noteUse?: (keyId: string) => void;
  now?: () => number;
  hasAccounts?: boolean;
}): Verifier {
  const { issuer, service, serviceSecret, keys, directory, noteUse = () => {}, now = Date.now, hasAccounts = true } = options;
  const checkAccessToken = createAccessTokenCheck({ issuer, keys, now });
  const checkServiceToken = createServiceTokenCheck({ secret: serviceSecret, service, now });
  const checkApiKey = createApiKeyCheck({ directory, noteUse, now });
  const kept = new LRUCache<string, VerifiedToken<Principal>>({ max: maxKept });

  async function verifySigned(
    token: string,
    network: string,
  ): Promise<VerifiedToken<Principal> | 'wrong' | 'unknown' | Unverified> {
    const { typ } = decodeProtectedHeader(token);
    if (typ === accessToken.typ) return await checkAccessToken(token, network);
    return typ === 'service+jwt' ? await checkServiceToken(token) : 'wrong';
  }

  return {
    hasAccounts,

    recall(token) {
      if (token.startsWith(apiKeyPrefix)) {
        const key = checkApiKey(token);
        return typeof key === 'string' ? undefined : key;
      }
      const known = kept.get(token);
      return known && known.untilMs > now() ? known.principal : undefined;
    },

    async verify(token, network) {
      if (token.startsWith(apiKeyPrefix)) {
        const known = directory.current();
        if (!known || isNewTo(known, token)) await directory.refresh();
        return checkApiKey(token);
      }
      try {
        const verified = await verifySigned(token, network);
        if (typeof verified === 'string' || 'kind' in verified) return verified;
        kept.set(token, verified);
        return verified.principal;
      } catch (error) {
        if (error instanceof errors.JWTExpired) return 'expired';
        // jose throws a TypeError for what is no JWT at all.
        if (error instanceof errors.JOSEError || error instanceof TypeError) return 'wrong';
        throw error;
      }
    },
  };
}
