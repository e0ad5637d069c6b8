import { buildCatalogueApp } from '../../services/catalogue/app.ts';
import { buildPurchaseApp } from '../../services/purchase/app.ts';
import { createSalesCounters } from '../../services/purchase/sales-counters/sales-counters.ts';
import { buildQueryApp } from '../../services/query/app.ts';
import { createOrderTokens } from '../../services/shared/identity/order-token.ts';
import { silentLogger } from './silent-logger.ts';
import { testVerifier } from './tokens.ts';

/** The secrets with which the tests' services recognise orders and the operator. */
export const orderTokenSecret = 'the secret of the tests, 32 characters';
export const accountsKeySecret = 'the key secret of tests, 32 characters';
export const orderTokens = createOrderTokens(orderTokenSecret);
export const opsToken = 'the-operators-token-of-the-tests';

/** The headers of the operator, and of an order's buyer. */
export const asOperator = { authorization: `Bearer ${opsToken}` };
export const asBuyerOf = (orderId: string) => ({ 'order-token': orderTokens.tokenOf(orderId) });

type PurchaseOptions = Parameters<typeof buildPurchaseApp>[0];
type QueryOptions = Parameters<typeof buildQueryApp>[0];
type CatalogueOptions = Parameters<typeof buildCatalogueApp>[0];

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
