import type { AddressInfo } from 'node:net';
import type { Provider } from '../../services/checkout/providers/provider.ts';
import { createRefunds } from '../../services/checkout/refunds/refunds.ts';
import { createCheckouts } from '../../services/checkout/saga/checkouts.ts';
import type { CheckoutWish, SagaDependencies } from '../../services/checkout/saga/types.ts';
import { stranger } from '../../services/shared/identity/principal.ts';
import type { ProviderName } from '../../services/shared/stores/schema.ts';
import { testPurchaseClient } from './apps.ts';
import { startTestPayments } from './payments.ts';
import { app } from './purchase-app.ts';
import { createScratchWithTables } from './scratch-database.ts';
import { silentLogger } from './silent-logger.ts';

let purchaseUrl: string | undefined;

/** The URL of the file's purchase app. */
async function listen(): Promise<string> {
  if (purchaseUrl === undefined) {
    await app.listen({ port: 0, host: '127.0.0.1' });
    purchaseUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  }
  return purchaseUrl;
}

/**
 * Checkouts and refunds over real stores, the purchase app and local payment providers, in a database of their own: so that sweeping finds
 * only theirs. Their clock stands still until `time.now` is changed; Redis has its own.
 */
export async function startTestCheckouts(resources: AsyncDisposableStack) {
  const { payments, providers } = await startTestPayments(resources);
  const db = await createScratchWithTables(resources);
  const time = { now: Date.now() };
  const dependencies: SagaDependencies = {
    db,
    purchase: testPurchaseClient(await listen()),
    providers: new Map<ProviderName, Provider>(Object.values(providers).map((provider) => [provider.name, provider])),
    returnUrlOf: (checkoutId) => `http://127.0.0.1/checkout/return/${checkoutId}?token=secret`,
    clock: () => time.now,
    logger: silentLogger,
  };
  const checkouts = createCheckouts(dependencies);
  const refunds = createRefunds(dependencies);
  return { db, payments, providers, time, dependencies, checkouts, refunds };
}

/** A stranger's wish to pay a hold. */
export const wishFor = ({ holdId }: { holdId: string }, changes: Partial<CheckoutWish> = {}): CheckoutWish => ({
  holdId,
  email: 'ann@example.com',
  provider: 'stripe',
  takesEqual: false,
  principal: stranger,
  ...changes,
});
