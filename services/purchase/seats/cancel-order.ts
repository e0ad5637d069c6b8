import type { OrderInRedis } from '../../shared/inventory/order.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { loadScript } from '../../shared/stores/script.ts';
import { type Command, type Refusal, runCommand } from './run-command.ts';

/** `ticketIds`: the tickets of the order to cancel; empty for all of them. */
export type Cancellation = Command & { orderId: string; ticketIds: string[] };

/** `count`: how many tickets this cancelled; those cancelled earlier do not count. */
export type Cancelled = { kind: 'cancelled'; isReplay: boolean; order: OrderInRedis; soldAtMs: number; count: number };

const cancelOrderScript = loadScript(new URL('lua/cancel-order.lua', import.meta.url));

/** Cancels an order's tickets and frees their seats. Cancelling again changes nothing. Throws as runCommand does. */
export async function cancelOrder(redis: RedisClient, cancellation: Cancellation): Promise<Cancelled | Refusal> {
  const { orderId, ticketIds } = cancellation;
  const reply = await runCommand<['CANCELLED', number, OrderInRedis, number]>(redis, cancelOrderScript, cancellation, {
    fields: { orderId, ticketIds },
  });
  if ('kind' in reply) return reply;
  const [, soldAtMs, order, count] = reply.words;
  return { kind: 'cancelled', isReplay: reply.isReplay, soldAtMs, order, count };
}
