import { randomBytes } from 'node:crypto';
import type { RedisClient } from '../../shared/redis.ts';
import { rowLabel, rowNumber } from '../../shared/row-label.ts';
import { loadScript, type Script } from '../../shared/script.ts';
import { type Command, type Refusal, runCommand } from './command.ts';
import type { OrderInRedis } from './order.ts';
import { newUuid } from './uuid.ts';

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
  const reply = await runCommand<['SOLD', number, OrderInRedis]>(redis, script, purchase, fieldsOf(purchase));
  return 'kind' in reply ? reply : { kind: 'sold', soldAtMs: reply[1], order: reply[2] };
}

/** Sets aside what is wished, all of it or nothing, for as long as the event says. Throws as runCommand. */
export async function holdSeats(redis: RedisClient, purchase: Purchase): Promise<Held | Refusal> {
  const fields = { ...fieldsOf(purchase), holdId: newHoldId(purchase.eventId) };
  const reply = await runCommand<['HELD', number, OrderInRedis, string]>(redis, takeSeatsScript, purchase, fields);
  return 'kind' in reply ? reply : { kind: 'held', heldUntilMs: reply[1], order: reply[2], holdId: reply[3] };
}

function fieldsOf({ eventId, venueId, buyerId, wish }: Purchase) {
  const orderId = newUuid();
  if (!('seats' in wish)) {
    const tickets = Array.from({ length: wish.quantity }, () => ({ ticketId: newUuid() }));
    return { order: { orderId, eventId, venueId, buyerId, tickets }, bestOf: wish.zoneId, split: wish.split };
  }
  const tickets = wish.seats.map(({ zoneId, row, column }) => ({
    ticketId: newUuid(),
    zoneId,
    row: rowLabel(rowNumber(row)),
    column,
  }));
  return { order: { orderId, eventId, venueId, buyerId, tickets } };
}

const secretBytes = 16;

/** The event, so that whoever has the id finds the hold, and 128 random bits, so that nobody else does. */
const newHoldId = (eventId: string) => `${eventId}~${randomBytes(secretBytes).toString('base64url')}`;
