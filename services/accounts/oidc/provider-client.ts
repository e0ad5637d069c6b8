import * as client from 'openid-client';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Provider } from './providers.ts';

/** A provider, with what it says of itself once that could be read. */
export type ProviderClient = {
  provider: Provider;
  /** Rejects with ProviderAway while the provider cannot be read. */
  configuration(): Promise<client.Configuration>;
};

/** The provider cannot be reached, or is set up in a way that nobody can sign in. */
export class ProviderAway extends Error {
  constructor(provider: Provider, cause: unknown) {
    super(`The provider ${provider.id} cannot be used`, { cause });
    this.name = 'ProviderAway';
  }
}

/** For each request to a provider. */
const timeoutSeconds = 4;
const toleranceSeconds = 30;
/** Callers within this time of a failure get the same failure: a provider that is away must not hold up everybody. */
const pauseMs = 2_000;
const readAgainMs = 24 * 3_600_000;

/**
 * A client for one provider. It reads the provider's metadata (OpenID Connect Discovery) at the first use, and again once a day. A failure
 * is not kept: a provider that is away when the service starts works as soon as it is back.
 */
export function createProviderClient(
  provider: Provider,
  { logger, clock = Date.now }: { logger: Logger; clock?: () => number },
): ProviderClient {
  let known: { configuration: client.Configuration; readAtMs: number } | undefined;
  let reading: Promise<client.Configuration> | undefined;
  let failed: { error: ProviderAway; untilMs: number } | undefined;
  return {
    provider,
    async configuration() {
      if (!known) return await read();
      if (clock() - known.readAtMs > readAgainMs) read().catch(() => {});
      return known.configuration;
    },
  };

  function read(): Promise<client.Configuration> {
    if (failed && clock() < failed.untilMs) return Promise.reject(failed.error);
    reading ??= discover(provider)
      .then((configuration) => {
        known = { configuration, readAtMs: clock() };
        return configuration;
      })
      .catch((cause) => {
        failed = { error: new ProviderAway(provider, cause), untilMs: clock() + pauseMs };
        logger.warn({ provider: provider.id, err: cause }, 'a sign-in provider cannot be read; trying again when it is needed');
        throw failed.error;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }
}

async function discover({ issuer, clientId, clientSecret }: Provider): Promise<client.Configuration> {
  const isLocal = issuer.startsWith('http://');
  const execute = isLocal ? [client.allowInsecureRequests] : [];
  const found = await client.discovery(new URL(issuer), clientId, undefined, client.None(), { timeout: timeoutSeconds, execute });
  const metadata = found.serverMetadata();
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const authentication = clientSecret === undefined ? client.None() : secretBy(methods, clientSecret);
  const configuration = new client.Configuration(
    metadata,
    clientId,
    { [client.clockTolerance]: toleranceSeconds },
    authentication,
  );
  configuration.timeout = timeoutSeconds;
  // By default the library trusts the connection, and does not check the signature of an ID token.
  client.enableNonRepudiationChecks(configuration);
  for (const change of execute) change(configuration);
  return configuration;
}

const secretBy = (methods: string[], secret: string) =>
  methods.includes('client_secret_basic') ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
