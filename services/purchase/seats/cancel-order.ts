import type { Command } from '../../shared/inventory/call-script.ts';
import type { Cancelled, Refusal } from '../../shared/inventory/decisions.ts';
import type { ScriptQueue } from '../../shared/inventory/script-queue.ts';
import { loadScript } from '../../shared/stores/script.ts';

/** `ticketIds`: the tickets of the order to cancel; empty for all of them. */
export type Cancellation = Command & { orderId: string; ticketIds: string[] };

const cancelOrderScript = loadScript(new URL('lua/cancel-order.lua', import.meta.url));

export const createCancelling = (scripts: ScriptQueue) => ({
  /** Cancels an order's tickets and frees their seats. Cancelling again changes nothing. Throws as ScriptQueue.ask does. */
  async cancelOrder({ orderId, ticketIds, ...command }: Cancellation): Promise<Cancelled | Refusal> {
    return (await scripts.ask(cancelOrderScript, { ...command, fields: { orderId, ticketIds } })) as Cancelled | Refusal;
  },
});
