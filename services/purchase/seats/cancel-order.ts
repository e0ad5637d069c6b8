import type { RedisClient } from '../../shared/redis.ts';
import { loadScript } from '../../shared/script.ts';
import { type Command, type Refusal, runCommand } from './command.ts';
import type { OrderInRedis } from './order.ts';

/** `ticketIds`: those of the order's tickets to cancel, or none for all of them. */
export type Cancellation = Command & { orderId: string; ticketIds: string[] };

export type Cancelled = { kind: 'cancelled'; order: OrderInRedis; soldAtMs: number };

const cancelOrderScript = loadScript(new URL('lua/cancel-order.lua', import.meta.url));

/** Cancels an order's tickets; their seats are free at once. Cancelled again, nothing changes. Throws as runCommand. */
export async function cancelOrder(redis: RedisClient, cancellation: Cancellation): Promise<Cancelled | Refusal> {
  const { orderId, ticketIds } = cancellation;
  const reply = await runCommand<['CANCELLED', number, OrderInRedis]>(redis, cancelOrderScript, cancellation, {
    fields: { orderId, ticketIds },
  });
  return 'kind' in reply ? reply : { kind: 'cancelled', soldAtMs: reply[1], order: reply[2] };
}
