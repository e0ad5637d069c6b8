import { type Command, callScript, type ScriptTarget } from '../../shared/inventory/call-script.ts';
import type { Expired, Held, PaymentEnded, Refusal, Released, Sold } from '../../shared/inventory/decisions.ts';
import type { ScriptQueue } from '../../shared/inventory/script-queue.ts';
import { loadScript, type Script } from '../../shared/stores/script.ts';
import type { SoldFor } from './purchase.ts';

type HoldCommand = Command & { holdId: string };

/** An attempt of checkout to pay a hold, by its number, from 1. */
type OfPayment = HoldCommand & { attempt: number };

/** `paidBy`: how a seller was paid; `isSeller`: whether the caller may sell for the event's organiser. */
type Confirmation = HoldCommand & { paidBy?: SoldFor | undefined; isSeller?: boolean };

const confirmHoldScript = loadScript(new URL('lua/confirm-hold.lua', import.meta.url));
const extendHoldScript = loadScript(new URL('lua/extend-hold.lua', import.meta.url));
const giveUpTicketScript = loadScript(new URL('lua/give-up-ticket.lua', import.meta.url));
const releaseHoldScript = loadScript(new URL('lua/release-hold.lua', import.meta.url));
const beginPaymentScript = loadScript(new URL('lua/begin-payment.lua', import.meta.url));
const endPaymentScript = loadScript(new URL('lua/end-payment.lua', import.meta.url));
const expireHoldsScript = loadScript(new URL('lua/expire-holds.lua', import.meta.url));

export function createHolds({ target, scripts }: { target: ScriptTarget; scripts: ScriptQueue }) {
  const ask = (script: Script, { holdId, ...command }: HoldCommand) => scripts.ask(script, { ...command, fields: { holdId } });
  return {
    /** Turns a hold into an order; an expired one too, while its seats are free. Throws as ScriptQueue.ask does. */
    confirmHold: ({ holdId, paidBy, isSeller, ...command }: Confirmation) =>
      scripts.ask(confirmHoldScript, { ...command, fields: { holdId, paidBy, isSeller } }) as Promise<Sold | Refusal>,

    /**
     * Lets checkout take the payment for a hold: until `leaseMs` from now it cannot expire, and nobody else can change it. Repeating it
     * renews the lease. Throws as ScriptQueue.ask does.
     */
    beginPayment: ({ holdId, attempt, leaseMs, ...command }: OfPayment & { leaseMs: number }) =>
      scripts.ask(beginPaymentScript, { ...command, fields: { holdId, attempt, leaseMs } }) as Promise<Held | Refusal>,

    /**
     * Turns a hold that is being paid into its order. Checkout may do so after the lease too, while the seats are free. `orderId`: that
     * of the hold, which may be forgotten. Throws as ScriptQueue.ask does.
     */
    confirmPaid: ({ holdId, attempt, orderId, ...command }: OfPayment & { orderId: string }) =>
      scripts.ask(confirmHoldScript, { ...command, fields: { holdId, attempt, orderId } }) as Promise<Sold | Refusal>,

    /**
     * Ends the payment for a hold: its seats are free, and no attempt up to this one can confirm it any more. Refused with HOLD_CONFIRMED
     * if it was confirmed before. Throws as ScriptQueue.ask does.
     */
    endPayment: ({ holdId, attempt, orderId, ...command }: OfPayment & { orderId?: string }) => {
      const fields = { holdId, attempt, ...(orderId !== undefined && { orderId }) };
      return scripts.ask(endPaymentScript, { ...command, fields }) as Promise<PaymentEnded | Refusal>;
    },

    /** Gives a hold its full time again from now, but only once. Throws as ScriptQueue.ask does. */
    extendHold: (command: HoldCommand) => ask(extendHoldScript, command) as Promise<Held | Refusal>,

    /** Releases a hold and frees its seats. Throws as ScriptQueue.ask does. */
    releaseHold: (command: HoldCommand) => ask(releaseHoldScript, command) as Promise<Released | Refusal>,

    /** Gives up one ticket of a hold and frees its place; with the last one, releases the hold. Throws as ScriptQueue.ask does. */
    giveUpTicket: ({ holdId, ticketId, ...command }: HoldCommand & { ticketId: string }) =>
      scripts.ask(giveUpTicketScript, { ...command, fields: { holdId, ticketId } }) as Promise<Held | Released | Refusal>,

    /**
     * Ends an event's overdue holds, so that counts and seat maps show their seats as free. Returns whether there may be more of them.
     * It bypasses the queue of commands. Throws as callScript does.
     */
    async expireHolds(eventId: string): Promise<boolean> {
      const [expired] = await callScript(target, expireHoldsScript, eventId, [{ eventId, fields: {} }]);
      return (expired as Expired).mayBeMore;
    },
  };
}
