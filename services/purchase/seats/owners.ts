import { UnavailableError } from '../../shared/http/problems.ts';
import type { Refusal } from '../../shared/inventory/decisions.ts';
import { inventoryKey, ordersKey } from '../../shared/inventory/keys.ts';
import { refuseWithoutInventory } from '../../shared/inventory/opened-events.ts';
import { type OrderInRedis, parseOrder } from '../../shared/inventory/order.ts';
import { orUnavailable, type RedisClient } from '../../shared/stores/redis.ts';
import type { Layouts } from './layouts.ts';

/** To whom events and orders belong, which never changes once something was sold; and orders. All throw an UnavailableError. */
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

  /** An order as Redis has it now. A Redis that may have lost it, or is being rebuilt, throws instead of refusing. */
  async readOrder({
    eventId,
    orderId,
  }: {
    eventId: string;
    orderId: string;
  }): Promise<{ kind: 'order'; order: OrderInRedis } | Refusal> {
    const both = redis.multi().hmget(inventoryKey(eventId), 'venueId', 'lineage').hget(ordersKey(eventId), orderId);
    const replies = await orUnavailable(both.exec());
    const [[, [venueId, lineage]], [, kept]] = replies as [[null, [string | null, string | null]], [null, string | null]];
    if (venueId === null) return await refuseWithoutInventory(redis, eventId);
    if (lineage === 'lost') throw new UnavailableError('INVENTORY_UNAVAILABLE', `Redis may have lost orders of ${eventId}`);
    if (kept === null) return { kind: 'refused', code: 'ORDER_NOT_FOUND', isReplay: false };
    return { kind: 'order', order: parseOrder(kept).order };
  },
});
