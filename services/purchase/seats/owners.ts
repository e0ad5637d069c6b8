import { ordersKey } from '../../shared/inventory/keys.ts';
import { parseOrder } from '../../shared/inventory/order.ts';
import { orUnavailable, type RedisClient } from '../../shared/stores/redis.ts';
import type { Layouts } from './layouts.ts';

/** To whom events and orders belong; neither ever changes once something was sold. Both throw an UnavailableError. */
export const createOwners = ({ redis, layouts }: { redis: RedisClient; layouts: Layouts }) => ({
  /** The organiser of an event; undefined if it has no inventory. */
  async organiserOf(eventId: string): Promise<string | undefined> {
    return (await layouts.read(eventId))?.organiserId;
  },

  /** The buyer of an order; undefined if it has none, or there is no such order. */
  async buyerOf({ eventId, orderId }: { eventId: string; orderId: string }): Promise<string | undefined> {
    const kept = await orUnavailable(redis.hget(ordersKey(eventId), orderId));
    return kept === null ? undefined : parseOrder(kept).order.buyerId;
  },
});
