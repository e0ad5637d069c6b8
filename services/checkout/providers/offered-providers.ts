import { untilDone } from '../../shared/basics/retry.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { ProviderName } from '../../shared/stores/schema.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { type BreakerState, guardProvider } from './breaker.ts';
import { measureProvider, type ProviderCall } from './measure-provider.ts';
import { createPaypal } from './paypal.ts';
import type { Provider } from './provider.ts';
import { createStripe } from './stripe.ts';

/** The settings (config.ts) of the providers. */
export type ProviderSettings = Record<
  | ('STRIPE_SECRET_KEY' | 'STRIPE_WEBHOOK_SECRET' | 'STRIPE_URL')
  | ('PAYPAL_CLIENT_ID' | 'PAYPAL_CLIENT_SECRET' | 'PAYPAL_WEBHOOK_ID' | 'PAYPAL_URL'),
  string
>;

/**
 * The providers that have keys, each behind a circuit breaker, the usual one first. `onCall` gets each call that is really made, and
 * `onBreaker` each change of a breaker.
 */
export function offeredProviders(
  settings: ProviderSettings,
  on: { onCall: (call: ProviderCall) => void; onBreaker: (provider: ProviderName, state: BreakerState) => void },
): ReadonlyMap<ProviderName, Provider> {
  const { STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, STRIPE_URL } = settings;
  const { PAYPAL_CLIENT_ID, PAYPAL_CLIENT_SECRET, PAYPAL_WEBHOOK_ID, PAYPAL_URL } = settings;
  const all: Provider[] = [];
  if (STRIPE_SECRET_KEY !== '')
    all.push(createStripe({ secretKey: STRIPE_SECRET_KEY, webhookSecret: STRIPE_WEBHOOK_SECRET, url: STRIPE_URL }));
  if (PAYPAL_CLIENT_ID !== '') {
    const [clientId, clientSecret, webhookId] = [PAYPAL_CLIENT_ID, PAYPAL_CLIENT_SECRET, PAYPAL_WEBHOOK_ID];
    all.push(createPaypal({ clientId, clientSecret, webhookId, url: PAYPAL_URL }));
  }
  return new Map(
    all.map((provider) => {
      const { name } = provider;
      const measured = measureProvider(provider, on.onCall);
      return [name, guardProvider(measured, { onChange: (state) => on.onBreaker(name, state) })];
    }),
  );
}

/**
 * Returns the function that writes what a breaker is now into MySQL, for everybody to see: the last process to change has the last word. Each
 * process has a breaker of its own.
 */
export function createBreakerNotes({ db, clock, logger }: { db: Database; clock: () => number; logger: Logger }) {
  let isStopping = false;
  return {
    note(provider: ProviderName, breaker: BreakerState): void {
      logger.warn({ provider, breaker }, 'the circuit breaker of a payment provider has changed');
      const row = { provider, breaker, changed_on: new Date(clock()) };
      const write = () => db.insertInto('payment_providers').values(row).onDuplicateKeyUpdate(row).execute();
      const onFailure = ({ error }: { error: Error }) => logger.warn({ err: error }, 'a circuit breaker could not be noted');
      void untilDone(write, { isStopping: () => isStopping, onFailure }).catch(() => {});
    },
    stop() {
      isStopping = true;
    },
  };
}
