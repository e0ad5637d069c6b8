import { randomBytes } from 'node:crypto';
import { UnavailableError } from '../../shared/http/problems.ts';
import type { Reply, Words } from '../../shared/inventory/call-script.ts';
import type { OrderInRedis } from '../../shared/inventory/order.ts';
import { assertRoom } from '../../shared/inventory/script-queue.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import { loadScript, type Script } from '../../shared/stores/script.ts';
import { draftOrder } from './draft-order.ts';
import { forgetLayout, layoutOf } from './layouts.ts';
import { type Command, type Refusal, refuseWithoutInventory, runCommand } from './run-command.ts';

/** A seat by its name: row letters in either case, column from 1. */
export type Seat = { zoneId: number; row: string; column: number };

/** Distinct chosen seats, or the best `quantity` seats of a zone: side by side, or with `split` in the fewest groups. */
export type Wish = { seats: Seat[] } | { zoneId: number; quantity: number; split: boolean };

export type Purchase = Command & { venueId?: string | undefined; buyerId?: string | undefined; wish: Wish };

/** `isReplay`: this repeats an earlier response; nothing was changed now. */
export type Sold = { kind: 'sold'; isReplay: boolean; order: OrderInRedis; soldAtMs: number };
export type Held = { kind: 'held'; isReplay: boolean; holdId: string; order: OrderInRedis; heldUntilMs: number };

const takeSeatsScript = loadScript(new URL('lua/take-seats.lua', import.meta.url));

/** Sells the wanted tickets, all or none; the script alone decides. Throws as runCommand does. */
export async function sellSeats(
  redis: RedisClient,
  purchase: Purchase,
  script: Script = takeSeatsScript,
): Promise<Sold | Refusal> {
  const outcome = await take<['SOLD', number, OrderInRedis | number]>(redis, purchase, script);
  if ('kind' in outcome) return outcome;
  const { words, isReplay } = outcome.reply;
  const [, soldAtMs, told] = words;
  if (typeof told === 'object') return { kind: 'sold', isReplay, soldAtMs, order: told };
  outcome.order.sequence = told;
  return { kind: 'sold', isReplay, soldAtMs, order: outcome.order };
}

/** Holds the wanted tickets, all or none, for the event's hold time. Throws as runCommand does. */
export async function holdSeats(redis: RedisClient, purchase: Purchase): Promise<Held | Refusal> {
  const newId = newHoldId(purchase.eventId);
  const outcome = await take<['HELD', number] | ['HELD', number, OrderInRedis, string]>(redis, purchase, takeSeatsScript, newId);
  if ('kind' in outcome) return outcome;
  const { words, isReplay } = outcome.reply;
  const [, heldUntilMs, order = outcome.order, holdId = newId] = words;
  return { kind: 'held', isReplay, heldUntilMs, order, holdId };
}

/** Throws if sellSeats and holdSeats would be refused now because too many are waiting for the event. */
export const assertRoomToTake = (redis: RedisClient, eventId: string): void =>
  assertRoom(redis, takeSeatsScript, eventId, 'taking');

/** No event changes its layout this often within a few round trips to Redis. */
const maxLayouts = 10;

/** Returns the script's reply, and the drafted order. */
async function take<W extends Words>(redis: RedisClient, purchase: Purchase, script: Script, holdId?: string) {
  const { eventId } = purchase;
  for (let tried = 0; tried < maxLayouts; tried++) {
    const layout = await layoutOf(redis, eventId);
    if (!layout) return await refuseWithoutInventory(redis, eventId);
    const { order, refusal, places, bestOf, quantity, split } = draftOrder(purchase, layout);
    const { orderId, buyerId } = order;
    // Listed one by one: spreading an object of unknown fields costs several times as much.
    const fields = { revision: layout.revision, refusal, orderId, buyerId, places, bestOf, quantity, split, holdId };
    const question = { fields, order: JSON.stringify(order) };
    const reply = await runCommand<W | ['STALE']>(redis, script, purchase, question, 'taking');
    if ('kind' in reply) return reply;
    if (reply.words[0] !== 'STALE') return { reply: reply as Reply<W>, order };
    await forgetLayout(redis, eventId, layout.revision);
  }
  throw new UnavailableError('INVENTORY_UNAVAILABLE', `its layout changed ${maxLayouts} times during one request`);
}

const secretBytes = 16;

/** The event, so that the id alone finds the hold, and 128 random bits, so that nobody can guess it. */
const newHoldId = (eventId: string) => `${eventId}~${randomBytes(secretBytes).toString('base64url')}`;
