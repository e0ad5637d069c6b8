import type { Logger } from '../../shared/telemetry/logger.ts';
import { createProviderClient, type ProviderClient } from './provider-client.ts';
import type { Provider } from './providers.ts';
import { createSignInCookie } from './sign-in-cookie.ts';

/** What the routes need to sign people in with providers. */
export type Oidc = {
  /** By id, in the order of the setting. */
  clients: Map<string, ProviderClient>;
  cookie: ReturnType<typeof createSignInCookie>;
  origin: string;
};

/** Signing in with `providers`. `origin`: where people reach us. `secret` encrypts pending sign-ins. Reads the providers without waiting. */
export function createOidc(options: {
  providers: Provider[];
  origin: string;
  secret: string;
  logger: Logger;
  clock?: () => number;
}): Oidc {
  const { providers, origin, secret, logger, clock = Date.now } = options;
  const clients = new Map(providers.map((provider) => [provider.id, createProviderClient(provider, { logger, clock })]));
  for (const { configuration } of clients.values()) configuration().catch(() => {});
  return { clients, cookie: createSignInCookie(secret, clock), origin };
}
