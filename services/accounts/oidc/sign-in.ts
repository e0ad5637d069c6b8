import * as client from 'openid-client';
import { Value } from 'typebox/value';
import { EmailAddress } from '../../shared/terms/email-address.ts';
import { PersonName } from '../routes/account-schemas.ts';
import { callbackUrl } from './callback-url.ts';
import { ProviderAway, type ProviderClient } from './provider-client.ts';
import type { Provider } from './providers.ts';
import type { PendingSignIn } from './sign-in-cookie.ts';

/** Who a provider says somebody is. `email`: only if the provider has verified it. */
export type Identity = { issuer: string; subject: string; email?: string; name?: string };

/** `refused`: by the provider, or by the person at its page. `invalid`: the response does not belong to what was begun. */
export type Finished =
  | { kind: 'identified'; identity: Identity }
  | { kind: 'refused'; error: string }
  | { kind: 'invalid'; cause: unknown };

const defaultScopes = ['openid', 'email', 'profile'];

/** Begins a sign-in: the provider's page to go to, and what to remember until the callback. Rejects with ProviderAway. */
export async function beginSignIn(
  { provider, configuration }: ProviderClient,
  { origin, ...rest }: { origin: string } & Pick<PendingSignIn, 'returnTo' | 'link'>,
): Promise<{ url: string; pending: PendingSignIn }> {
  const config = await configuration();
  const [state, nonce, codeVerifier] = [client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: callbackUrl(origin, provider),
    scope: [...new Set(['openid', ...(provider.scopes ?? defaultScopes)])].join(' '),
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  return { url: url.href, pending: { provider: provider.id, state, nonce, codeVerifier, ...rest } };
}

/**
 * Exchanges a callback's code for an identity, and checks everything: state, issuer, PKCE, and the ID token's signature, audience, times and
 * nonce. `query` is the callback's, with its question mark. Rejects with ProviderAway.
 */
export async function finishSignIn(
  { provider, configuration }: ProviderClient,
  { origin, query, pending }: { origin: string; query: string; pending: PendingSignIn },
): Promise<Finished> {
  const config = await configuration();
  // The token request repeats this URL, so it is the public one, whatever the load balancer makes of it.
  const url = new URL(callbackUrl(origin, provider) + query);
  try {
    const tokens = await client.authorizationCodeGrant(config, url, {
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      pkceCodeVerifier: pending.codeVerifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims || !isSubject(claims.sub)) return { kind: 'invalid', cause: new Error('The subject is not usable') };
    const isComplete = claims.email !== undefined || config.serverMetadata().userinfo_endpoint === undefined;
    const known = isComplete ? claims : { ...claims, ...(await client.fetchUserInfo(config, tokens.access_token, claims.sub)) };
    return { kind: 'identified', identity: identityOf(claims.iss, claims.sub, known) };
  } catch (error) {
    return outcomeOf(provider, error);
  }
}

function identityOf(issuer: string, subject: string, claims: Record<string, unknown>): Identity {
  const { email, email_verified: isVerified, name } = claims;
  return {
    issuer,
    subject,
    ...(isVerified === true && Value.Check(EmailAddress, email) && { email }),
    ...(Value.Check(PersonName, name) && { name }),
  };
}

/** At most 255 ASCII characters (OpenID Connect Core 1.0, 2), and no space at either end, which MySQL would ignore. */
const isSubject = (subject: string) => /^(?! )[\x20-\x7e]{1,255}(?<! )$/.test(subject);

function outcomeOf(provider: Provider, error: unknown): Finished {
  // The provider led the person back with an error, such as access_denied.
  if (error instanceof client.AuthorizationResponseError) return { kind: 'refused', error: error.error };
  // The token endpoint refuses a code that was used, is too old, or belongs to another sign-in.
  if (error instanceof client.ResponseBodyError && error.error === 'invalid_grant') return { kind: 'invalid', cause: error };
  if (error instanceof client.ClientError && !isTrouble(error)) return { kind: 'invalid', cause: error };
  throw new ProviderAway(provider, error);
}

/** Whether there was no response that a provider sends: it is overloaded or set up wrongly, or something in between answered. */
const isTrouble = ({ code = '' }: client.ClientError) => troubles.has(code);
const troubles = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
  'OAUTH_HTTP_REQUEST_FORBIDDEN',
  'OAUTH_REQUEST_PROTOCOL_FORBIDDEN',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_INVALID_SERVER_METADATA',
]);
