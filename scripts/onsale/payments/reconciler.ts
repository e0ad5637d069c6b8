import { Type } from 'typebox';
import { checkoutConfig } from '../../../services/checkout/config.ts';
import { offeredProviders } from '../../../services/checkout/providers/offered-providers.ts';
import { createPurchaseClient } from '../../../services/checkout/purchase-client.ts';
import type { ReconcilerDependencies } from '../../../services/checkout/reconcile/findings.ts';
import { createRefunds } from '../../../services/checkout/refunds/refunds.ts';
import { returnUrlOf } from '../../../services/checkout/routes/pages.ts';
import { createCheckouts } from '../../../services/checkout/saga/checkouts.ts';
import { createCheckoutTokens } from '../../../services/shared/identity/order-token.ts';
import { createServiceTokens } from '../../../services/shared/identity/service-tokens.ts';
import { type Environment, loadConfig } from '../../../services/shared/process/config.ts';
import type { Database } from '../../../services/shared/stores/database.ts';
import { createLogger } from '../../../services/shared/telemetry/logger.ts';

/** The settings of checkout that its saga needs; in the environment under the same names. */
const sagaSettings = Type.Pick(checkoutConfig, [
  'PUBLIC_ORIGIN',
  'PURCHASE_URL',
  'SERVICE_SECRET',
  'ORDER_TOKEN_SECRET',
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_URL',
  'PAYPAL_CLIENT_ID',
  'PAYPAL_CLIENT_SECRET',
  'PAYPAL_WEBHOOK_ID',
  'PAYPAL_URL',
]);

/** What reconciling needs: the saga in this process, which agrees with the services by the database. Throws if a setting is missing. */
export function connectReconciler(db: Database, environment: Environment): ReconcilerDependencies {
  const settings = loadConfig(sagaSettings, environment);
  const { PUBLIC_ORIGIN: publicOrigin, PURCHASE_URL: purchaseUrl, SERVICE_SECRET, ORDER_TOKEN_SECRET } = settings;
  const providers = offeredProviders(settings, { onCall: () => {}, onBreaker: () => {} });
  if (providers.size === 0) throw new Error('No payment provider has keys: set STRIPE_SECRET_KEY or PAYPAL_CLIENT_ID.');
  const saga = {
    db,
    purchase: createPurchaseClient({ purchaseUrl, tokens: createServiceTokens(SERVICE_SECRET, 'checkout') }),
    providers,
    returnUrlOf: returnUrlOf({ publicOrigin, checkoutTokens: createCheckoutTokens(ORDER_TOKEN_SECRET) }),
    clock: Date.now,
    // What it finds is printed; a step that fails is tried again by the service, which logs it.
    logger: createLogger('onsale', 'silent'),
  };
  return { db, providers, checkouts: createCheckouts(saga), refunds: createRefunds(saga), clock: Date.now };
}
