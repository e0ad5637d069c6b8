import { buildCatalogueApp } from '../../services/catalogue/app.ts';
import { buildCheckoutApp } from '../../services/checkout/app.ts';
import { createPurchaseClient } from '../../services/checkout/purchase-client.ts';
import { createRefunds } from '../../services/checkout/refunds/refunds.ts';
import { returnUrlOf } from '../../services/checkout/routes/pages.ts';
import { createCheckouts } from '../../services/checkout/saga/checkouts.ts';
import { createWebhookCounts } from '../../services/checkout/webhooks/receive.ts';
import { buildPurchaseApp } from '../../services/purchase/app.ts';
import { createSalesCounters } from '../../services/purchase/sales-counters/sales-counters.ts';
import { buildQueryApp } from '../../services/query/app.ts';
import { createCheckoutTokens, createOrderTokens } from '../../services/shared/identity/order-token.ts';
import { createServiceTokens } from '../../services/shared/identity/service-tokens.ts';
import { silentLogger } from './silent-logger.ts';
import { serviceSecret, testVerifier } from './tokens.ts';

/** The secrets with which the tests' services recognise orders and the operator. */
export const orderTokenSecret = 'the secret of the tests, 32 characters';
export const accountsKeySecret = 'the key secret of tests, 32 characters';
export const orderTokens = createOrderTokens(orderTokenSecret);
export const checkoutTokens = createCheckoutTokens(orderTokenSecret);
export const opsToken = 'the-operators-token-of-the-tests';

/** The headers of the operator, and of an order's buyer. */
export const asOperator = { authorization: `Bearer ${opsToken}` };
export const asBuyerOf = (orderId: string) => ({ 'order-token': orderTokens.tokenOf(orderId) });

type PurchaseOptions = Parameters<typeof buildPurchaseApp>[0];
type QueryOptions = Parameters<typeof buildQueryApp>[0];
type CatalogueOptions = Parameters<typeof buildCatalogueApp>[0];
type CheckoutOptions = Parameters<typeof buildCheckoutApp>[0];

/** A purchase app, wired as in main.ts except for the given options. */
export const testPurchaseApp = (options: Pick<PurchaseOptions, 'seats'> & Partial<PurchaseOptions>) =>
  buildPurchaseApp({
    orderTokens,
    opsToken,
    verifier: testVerifier('purchase'),
    wakeRelay: () => {},
    counters: createSalesCounters(),
    checks: {},
    readBacklog: async () => ({ events: 0, oldestSeconds: 0 }),
    logger: silentLogger,
    ...options,
  });

/** A query app, wired likewise; its queues are empty. */
export const testQueryApp = (options: Pick<QueryOptions, 'redis' | 'db'> & Partial<QueryOptions>) =>
  buildQueryApp({
    orderTokens,
    opsToken,
    verifier: testVerifier('query'),
    readDepth: async () => ({ messages: 0, inFlight: 0, deadLetters: 0 }),
    logger: silentLogger,
    ...options,
  });

/** A catalogue app, wired likewise. */
export const testCatalogueApp = (options: Pick<CatalogueOptions, 'db' | 'redis'> & Partial<CatalogueOptions>) =>
  buildCatalogueApp({
    opsToken,
    verifier: testVerifier('catalogue'),
    wakeJobs: () => {},
    logger: silentLogger,
    ...options,
  });

/** A checkout app, wired likewise; unless its saga is given, purchase is away. */
export function testCheckoutApp(options: Pick<CheckoutOptions, 'db'> & Partial<CheckoutOptions>) {
  const { db, logger = silentLogger, providers = new Map(), clock = Date.now, publicOrigin = 'http://localhost:8000' } = options;
  const saga = { db, purchase: testPurchaseClient('http://127.0.0.1:1'), providers, clock, logger };
  return buildCheckoutApp({
    checkouts: createCheckouts({ ...saga, returnUrlOf: returnUrlOf({ publicOrigin, checkoutTokens }) }),
    refunds: createRefunds(saga),
    ...{ providers, checkoutTokens, orderTokens, publicOrigin, clock, logger, opsToken },
    shopOrigins: new Set(['https://shop.example']),
    announce: async () => {},
    counts: createWebhookCounts(),
    verifier: testVerifier('checkout'),
    ...options,
  });
}

/** What checkout asks purchase with. */
export const testPurchaseClient = (purchaseUrl: string) =>
  createPurchaseClient({ purchaseUrl, tokens: createServiceTokens(serviceSecret, 'checkout') });
