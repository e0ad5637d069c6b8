import { randomBytes } from 'node:crypto';
import { UnavailableError } from '../../shared/problems.ts';
import type { RedisClient } from '../../shared/redis.ts';
import { loadScript, type Script } from '../../shared/script.ts';
import type { Reply } from './ask-together.ts';
import { type Command, type Refusal, runCommand } from './command.ts';
import { draftOrder } from './draft.ts';
import { forgetLayout, type Layout, layoutOf } from './layouts.ts';
import type { OrderInRedis } from './order.ts';

/** A seat by its name: row letters in either case, column from 1. */
export type Seat = { zoneId: number; row: string; column: number };

/** Chosen seats, each once, or so many of the best that a zone has: side by side, or with `split` in the fewest groups. */
export type Wish = { seats: Seat[] } | { zoneId: number; quantity: number; split: boolean };

export type Purchase = Command & { venueId?: string | undefined; buyerId?: string | undefined; wish: Wish };

export type Sold = { kind: 'sold'; order: OrderInRedis; soldAtMs: number };
export type Held = { kind: 'held'; holdId: string; order: OrderInRedis; heldUntilMs: number };

const takeSeatsScript = loadScript(new URL('lua/take-seats.lua', import.meta.url));

/** Sells what is wished, all of it or nothing; the script alone decides. Throws as runCommand. */
export async function sellSeats(
  redis: RedisClient,
  purchase: Purchase,
  script: Script = takeSeatsScript,
): Promise<Sold | Refusal> {
  const outcome = await take<['SOLD', number, OrderInRedis | number]>(redis, purchase, script);
  if ('kind' in outcome) return outcome;
  const [, soldAtMs, told] = outcome.reply;
  if (typeof told === 'object') return { kind: 'sold', soldAtMs, order: told };
  outcome.order.sequence = told;
  return { kind: 'sold', soldAtMs, order: outcome.order };
}

/** Sets aside what is wished, all of it or nothing, for as long as the event says. Throws as runCommand. */
export async function holdSeats(redis: RedisClient, purchase: Purchase): Promise<Held | Refusal> {
  const newId = newHoldId(purchase.eventId);
  const outcome = await take<['HELD', number] | ['HELD', number, OrderInRedis, string]>(redis, purchase, takeSeatsScript, newId);
  if ('kind' in outcome) return outcome;
  const [, heldUntilMs, order = outcome.order, holdId = newId] = outcome.reply;
  return { kind: 'held', heldUntilMs, order, holdId };
}

/** More layouts than an event has in the time that a few answers of Redis take. */
const maxLayouts = 10;

/** Where there is no inventory, the script says so. */
const noLayout: Layout = { revision: '', venueId: '', currency: '', zones: new Map() };

/** The script's reply, and the order that it was asked about. */
async function take<Answer extends Reply>(redis: RedisClient, purchase: Purchase, script: Script, holdId?: string) {
  const { eventId } = purchase;
  for (let tried = 0; tried < maxLayouts; tried++) {
    const layout = (await layoutOf(redis, eventId)) ?? noLayout;
    const { order, refusal, places, bestOf, quantity, split } = draftOrder(purchase, layout);
    const { orderId, buyerId } = order;
    // Each by its name: copying an object whose fields are not known costs several times as much.
    const fields = { revision: layout.revision, refusal, orderId, buyerId, places, bestOf, quantity, split, holdId };
    const reply = await runCommand<Answer | ['STALE']>(redis, script, purchase, { fields, order: JSON.stringify(order) });
    if ('kind' in reply) return reply;
    if (reply[0] !== 'STALE') return { reply: reply as Answer, order };
    await forgetLayout(redis, eventId, layout.revision);
  }
  throw new UnavailableError('INVENTORY_UNAVAILABLE', `it had ${maxLayouts} revisions at once`);
}

const secretBytes = 16;

/** The event, so that whoever has the id finds the hold, and 128 random bits, so that nobody else does. */
const newHoldId = (eventId: string) => `${eventId}~${randomBytes(secretBytes).toString('base64url')}`;
