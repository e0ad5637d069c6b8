import { callScript } from '../../shared/inventory/call-script.ts';
import type { OrderInRedis } from '../../shared/inventory/order.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { loadScript } from '../../shared/stores/script.ts';
import { type Command, type Refusal, runCommand } from './run-command.ts';
import type { Held, Sold } from './take-seats.ts';

type HoldCommand = Command & { holdId: string };

const confirmHoldScript = loadScript(new URL('lua/confirm-hold.lua', import.meta.url));
const extendHoldScript = loadScript(new URL('lua/extend-hold.lua', import.meta.url));
const releaseHoldScript = loadScript(new URL('lua/release-hold.lua', import.meta.url));
const expireHoldsScript = loadScript(new URL('lua/expire-holds.lua', import.meta.url));

/** `before`: the hold was already confirmed, and `order` is the order from then. */
export type Confirmed = Sold & { before: boolean };

/** Turns a hold into an order; an expired one too, while its seats are free. Throws as runCommand does. */
export async function confirmHold(redis: RedisClient, command: HoldCommand): Promise<Confirmed | Refusal> {
  const reply = await runCommand<['SOLD' | 'SOLD_BEFORE', number, OrderInRedis]>(redis, confirmHoldScript, command, {
    fields: { holdId: command.holdId },
  });
  if ('kind' in reply) return reply;
  const [word, soldAtMs, order] = reply.words;
  const before = word === 'SOLD_BEFORE';
  return { kind: 'sold', isReplay: reply.isReplay || before, before, soldAtMs, order };
}

/** Gives a hold its full time again from now, but only once. Throws as runCommand does. */
export async function extendHold(redis: RedisClient, command: HoldCommand): Promise<Held | Refusal> {
  const reply = await runCommand<['HELD', number, OrderInRedis]>(redis, extendHoldScript, command, {
    fields: { holdId: command.holdId },
  });
  if ('kind' in reply) return reply;
  const [, heldUntilMs, order] = reply.words;
  return { kind: 'held', isReplay: reply.isReplay, holdId: command.holdId, heldUntilMs, order };
}

/** Releases a hold and frees its seats. Throws as runCommand does. */
export async function releaseHold(redis: RedisClient, command: HoldCommand): Promise<{ kind: 'released' } | Refusal> {
  const reply = await runCommand<['RELEASED']>(redis, releaseHoldScript, command, {
    fields: { holdId: command.holdId },
  });
  return 'kind' in reply ? reply : { kind: 'released' };
}

/**
 * Ends an event's overdue holds, so that counts and seat maps show their seats as free. Returns whether there may be more of them.
 * It bypasses the queue of commands. Throws as callScript does.
 */
export async function expireHolds(redis: RedisClient, eventId: string): Promise<boolean> {
  const [reply] = await callScript(redis, expireHoldsScript, eventId, [{ command: { eventId }, question: { fields: {} } }]);
  return reply?.words[0] === 'MORE';
}
