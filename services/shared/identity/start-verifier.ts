import type { ServiceName } from '../http/path-table.ts';
import type { Logger } from '../telemetry/logger.ts';
import { issuerOf, parseSigningKeys } from './access-tokens.ts';
import { parseKeyDirectory } from './api-keys.ts';
import { startKeyUses } from './key-uses.ts';
import { documentReader, type Polled, poll } from './poll.ts';
import { createServiceTokens } from './service-tokens.ts';
import { createVerifierWith, type Verifier } from './verifier.ts';

/** Keys are published long before they sign, and revoked API keys must end within a minute. */
export const usualPaces = {
  signingKeys: { everyMs: 60_000, atMostEveryMs: 10_000 },
  apiKeys: { everyMs: 20_000, atMostEveryMs: 1_000 },
  keyUses: { everyMs: 60_000 },
};

/** The settings (process/config.ts) that a verifier needs. */
type VerifierSettings = { ACCOUNTS_URL: string; PUBLIC_ORIGIN: string; SERVICE_SECRET: string };

/**
 * Starts verifying the credentials of a service's callers with what the accounts service publishes, and goes on with the last answer
 * while that is down. Without an ACCOUNTS_URL there are no accounts. `resources` stops it. `paces`: how often it reads and tells what.
 */
export function startVerifier(
  settings: VerifierSettings,
  { service, logger, resources }: { service: ServiceName; logger: Logger; resources: AsyncDisposableStack },
  paces = usualPaces,
): Verifier {
  const { ACCOUNTS_URL: accountsUrl, PUBLIC_ORIGIN: publicOrigin, SERVICE_SECRET: serviceSecret } = settings;
  const issuer = issuerOf(publicOrigin);
  if (accountsUrl === '') {
    // Services still recognise each other.
    const [keys, directory] = [settled(parseSigningKeys({ keys: [] })), settled(parseKeyDirectory({ keys: [] }))];
    return createVerifierWith({ issuer, service, serviceSecret, keys, directory, hasAccounts: false });
  }
  const tokens = createServiceTokens(serviceSecret, service);
  const headers = async () => ({ authorization: `Bearer ${await tokens.for('accounts')}` });
  const readKeys = documentReader({ url: `${accountsUrl}/accounts/.well-known/jwks.json`, parse: parseSigningKeys });
  const keys = poll({ what: 'signing keys', ...paces.signingKeys, read: readKeys, logger });
  resources.defer(() => keys.stop());
  const readDirectory = documentReader({ url: `${accountsUrl}/accounts/internal/api-keys`, headers, parse: parseKeyDirectory });
  const directory = poll({ what: 'API keys', ...paces.apiKeys, read: readDirectory, logger });
  resources.defer(() => directory.stop());
  const uses = startKeyUses({ ...paces.keyUses, url: `${accountsUrl}/accounts/internal/api-key-uses`, headers, logger });
  resources.defer(() => uses.stop());
  return createVerifierWith({ issuer, service, serviceSecret, keys, directory, noteUse: uses.note });
}

/** What never changes. */
const settled = <T>(document: T): Polled<T> => ({ current: () => document, refresh: async () => {}, stop() {} });
