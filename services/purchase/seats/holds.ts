import type { RedisClient } from '../../shared/redis.ts';
import { loadScript } from '../../shared/script.ts';
import { callScript } from './call-script.ts';
import { type Command, type Refusal, runCommand } from './command.ts';
import type { OrderInRedis } from './order.ts';
import type { Held, Sold } from './take-seats.ts';

type HoldCommand = Command & { holdId: string };

const confirmHoldScript = loadScript(new URL('lua/confirm-hold.lua', import.meta.url));
const extendHoldScript = loadScript(new URL('lua/extend-hold.lua', import.meta.url));
const releaseHoldScript = loadScript(new URL('lua/release-hold.lua', import.meta.url));
const expireHoldsScript = loadScript(new URL('lua/expire-holds.lua', import.meta.url));

/** Confirmed; `before` says that it was confirmed already, and then the order is that one. */
export type Confirmed = Sold & { before: boolean };

/** Makes an order of a hold, or of an expired one as long as its seats are free. Throws as runCommand. */
export async function confirmHold(redis: RedisClient, command: HoldCommand): Promise<Confirmed | Refusal> {
  const reply = await runCommand<['SOLD' | 'SOLD_BEFORE', number, OrderInRedis]>(redis, confirmHoldScript, command, {
    fields: { holdId: command.holdId },
  });
  if ('kind' in reply) return reply;
  const [word, soldAtMs, order] = reply.words;
  const before = word === 'SOLD_BEFORE';
  return { kind: 'sold', isReplay: reply.isReplay || before, before, soldAtMs, order };
}

/** Gives a hold its whole time again, from now, once. Throws as runCommand. */
export async function extendHold(redis: RedisClient, command: HoldCommand): Promise<Held | Refusal> {
  const reply = await runCommand<['HELD', number, OrderInRedis]>(redis, extendHoldScript, command, {
    fields: { holdId: command.holdId },
  });
  if ('kind' in reply) return reply;
  const [, heldUntilMs, order] = reply.words;
  return { kind: 'held', isReplay: reply.isReplay, holdId: command.holdId, heldUntilMs, order };
}

/** Gives up a hold: its seats are free immediately. Throws as runCommand. */
export async function releaseHold(redis: RedisClient, command: HoldCommand): Promise<{ kind: 'released' } | Refusal> {
  const reply = await runCommand<['RELEASED']>(redis, releaseHoldScript, command, {
    fields: { holdId: command.holdId },
  });
  return 'kind' in reply ? reply : { kind: 'released' };
}

/**
 * Ends an event's overdue holds, so that counts and maps show it. Returns whether there may be more of them. It waits in no queue and
 * takes nobody's place. Throws as callScript.
 */
export async function expireHolds(redis: RedisClient, eventId: string): Promise<boolean> {
  const [reply] = await callScript(redis, expireHoldsScript, eventId, [{ command: { eventId }, question: { fields: {} } }]);
  return reply?.words[0] === 'MORE';
}
