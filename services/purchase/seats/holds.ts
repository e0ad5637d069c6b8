import { type Command, callScript, type ScriptTarget } from '../../shared/inventory/call-script.ts';
import type { Expired, Held, Refusal, Released, Sold } from '../../shared/inventory/decisions.ts';
import type { ScriptQueue } from '../../shared/inventory/script-queue.ts';
import { loadScript, type Script } from '../../shared/stores/script.ts';

type HoldCommand = Command & { holdId: string };

const confirmHoldScript = loadScript(new URL('lua/confirm-hold.lua', import.meta.url));
const extendHoldScript = loadScript(new URL('lua/extend-hold.lua', import.meta.url));
const giveUpTicketScript = loadScript(new URL('lua/give-up-ticket.lua', import.meta.url));
const releaseHoldScript = loadScript(new URL('lua/release-hold.lua', import.meta.url));
const expireHoldsScript = loadScript(new URL('lua/expire-holds.lua', import.meta.url));

export function createHolds({ target, scripts }: { target: ScriptTarget; scripts: ScriptQueue }) {
  const ask = (script: Script, { holdId, ...command }: HoldCommand) => scripts.ask(script, { ...command, fields: { holdId } });
  return {
    /** Turns a hold into an order; an expired one too, while its seats are free. Throws as ScriptQueue.ask does. */
    confirmHold: (command: HoldCommand) => ask(confirmHoldScript, command) as Promise<Sold | Refusal>,

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
