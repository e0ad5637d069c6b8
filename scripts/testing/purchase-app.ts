import { afterAll, beforeEach } from 'vitest';
import { buildPurchaseApp } from '../../services/purchase/app.ts';
import { sellSeat } from '../../services/purchase/seats/sell-seat.ts';
import { silentLogger } from './silent-logger.ts';
import type { redis } from './stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

/** How many orders reached the script, and the events that the relay was told of, since the test began. */
export const seen = { orders: 0, woken: [] as string[] };
beforeEach(() => {
  seen.orders = 0;
  seen.woken = [];
});

/** A purchase app over a Redis, wired as in main.ts; closed after the file's tests. */
export async function purchaseAppOn(store: typeof redis) {
  const app = await buildPurchaseApp({
    sellSeat: (order) => {
      seen.orders++;
      return sellSeat(store, order);
    },
    onSold: (eventId) => void seen.woken.push(eventId),
    checks: { redis: () => store.ping() },
    logger: silentLogger,
  });
  resources.defer(() => app.close());
  return app;
}
