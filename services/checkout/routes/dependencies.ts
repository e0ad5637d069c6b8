import type { OrderTokens } from '../../shared/identity/order-token.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { ProviderName } from '../../shared/stores/schema.ts';
import type { Provider } from '../providers/provider.ts';
import type { Checkouts, Refunds } from '../saga/types.ts';

/** What the routes work with. */
export type RouteDependencies = {
  db: Database;
  checkouts: Checkouts;
  refunds: Refunds;
  /** Those that are offered, the usual one first. */
  providers: ReadonlyMap<ProviderName, Provider>;
  checkoutTokens: OrderTokens;
  orderTokens: OrderTokens;
  /** Where people reach the system. */
  publicOrigin: string;
  /** Origins, besides that one, that buyers may be sent back to. */
  shopOrigins: ReadonlySet<string>;
  clock: () => number;
};
