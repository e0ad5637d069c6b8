import type { Command } from '../../shared/inventory/call-script.ts';
import type { Cancelled, Refusal } from '../../shared/inventory/decisions.ts';
import type { ScriptQueue } from '../../shared/inventory/script-queue.ts';
import { loadScript } from '../../shared/stores/script.ts';

/**
 * `ticketIds`: the tickets of the order to cancel; empty for all of them. `isBlocking`: their seats are blocked, not free; places without
 * seats are free in any case. `isCheckout`: only checkout can cancel what was paid through it.
 */
export type Cancellation = Command & {
  orderId: string;
  ticketIds: string[];
  isBlocking?: boolean;
  isCheckout?: boolean;
};

const cancelOrderScript = loadScript(new URL('lua/cancel-order.lua', import.meta.url));

export const createCancelling = (scripts: ScriptQueue) => ({
  /** Cancels an order's tickets and frees or blocks their seats. Cancelling again changes nothing. Throws as ScriptQueue.ask does. */
  async cancelOrder({ orderId, ticketIds, isBlocking, isCheckout, ...command }: Cancellation): Promise<Cancelled | Refusal> {
    const fields = { orderId, ticketIds, isBlocking, isCheckout };
    return (await scripts.ask(cancelOrderScript, { ...command, fields })) as Cancelled | Refusal;
  },
});
