import type { RedisClient } from '../../shared/redis.ts';
import { loadScript } from '../../shared/script.ts';
import { type Command, type Refusal, runCommand } from './command.ts';
import type { OrderInRedis } from './order.ts';
import type { Held, Sold } from './take-seats.ts';

type HoldCommand = Command & { holdId: string };

const confirmHoldScript = loadScript(new URL('lua/confirm-hold.lua', import.meta.url));
const extendHoldScript = loadScript(new URL('lua/extend-hold.lua', import.meta.url));
const releaseHoldScript = loadScript(new URL('lua/release-hold.lua', import.meta.url));
const expireHoldsScript = loadScript(new URL('lua/expire-holds.lua', import.meta.url));

/**
 * Makes an order of a hold, of an expired one too while its seats are free. `before` says that it was confirmed already, and
 * then the order is that one. Throws as runCommand.
 */
export async function confirmHold(redis: RedisClient, command: HoldCommand): Promise<(Sold & { before: boolean }) | Refusal> {
  const reply = await runCommand<['SOLD' | 'SOLD_BEFORE', number, OrderInRedis]>(redis, confirmHoldScript, command, {
    fields: { holdId: command.holdId },
  });
  if ('kind' in reply) return reply;
  const [word, soldAtMs, order] = reply;
  return { kind: 'sold', before: word === 'SOLD_BEFORE', soldAtMs, order };
}

/** Gives a hold its whole time again, from now, once. Throws as runCommand. */
export async function extendHold(redis: RedisClient, command: HoldCommand): Promise<Held | Refusal> {
  const reply = await runCommand<['HELD', number, OrderInRedis]>(redis, extendHoldScript, command, {
    fields: { holdId: command.holdId },
  });
  return 'kind' in reply ? reply : { kind: 'held', holdId: command.holdId, heldUntilMs: reply[1], order: reply[2] };
}

/** Gives up a hold: its seats are free at once. Throws as runCommand. */
export async function releaseHold(redis: RedisClient, command: HoldCommand): Promise<{ kind: 'released' } | Refusal> {
  const reply = await runCommand<['RELEASED']>(redis, releaseHoldScript, command, {
    fields: { holdId: command.holdId },
  });
  return 'kind' in reply ? reply : { kind: 'released' };
}

/** Ends an event's overdue holds, so that counts and maps show it; gives whether there may be more of them. */
export async function expireHolds(redis: RedisClient, eventId: string): Promise<boolean> {
  const reply = await runCommand<['MORE' | 'DONE']>(redis, expireHoldsScript, { eventId }, { fields: {} });
  return !('kind' in reply) && reply[0] === 'MORE';
}
