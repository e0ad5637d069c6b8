import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { v7 as uuidv7 } from 'uuid';
import { rowLabel, rowNumber } from '../../shared/row-label.ts';
import { loadScript, type Script } from '../../shared/script.ts';
import { type Command, type Refusal, runCommand } from './command.ts';
import { type OrderInRedis, parseOrder } from './order.ts';

/** A seat by its name: row letters in either case, column from 1. */
export type Seat = { zoneId: number; row: string; column: number };

/** Chosen seats, each once, or so many of the best that a zone has: side by side, or with `split` in the fewest groups. */
export type Wish = { seats: Seat[] } | { zoneId: number; quantity: number; split: boolean };

export type Purchase = Command & { venueId?: string | undefined; buyerId?: string | undefined; wish: Wish };

export type Sold = { kind: 'sold'; order: OrderInRedis; soldAtMs: number };
export type Held = { kind: 'held'; holdId: string; order: OrderInRedis; heldUntilMs: number };

const takeSeatsScript = loadScript(new URL('lua/take-seats.lua', import.meta.url));

/** Sells what is wished, all of it or nothing; the script alone decides. Throws as runCommand. */
export async function sellSeats(redis: Redis, purchase: Purchase, script: Script = takeSeatsScript): Promise<Sold | Refusal> {
  const reply = await runCommand<['SOLD', number, string]>(redis, script, purchase, argsOf(purchase, ''));
  return 'kind' in reply ? reply : { kind: 'sold', soldAtMs: reply[1], order: parseOrder(reply[2]) };
}

/** Sets aside what is wished, all of it or nothing, for as long as the event says. Throws as runCommand. */
export async function holdSeats(redis: Redis, purchase: Purchase): Promise<Held | Refusal> {
  const reply = await runCommand<['HELD', number, string, string]>(
    redis,
    takeSeatsScript,
    purchase,
    argsOf(purchase, newHoldId(purchase.eventId)),
  );
  return 'kind' in reply ? reply : { kind: 'held', heldUntilMs: reply[1], order: parseOrder(reply[2]), holdId: reply[3] };
}

function argsOf({ eventId, venueId, buyerId, wish }: Purchase, holdId: string): (string | number)[] {
  const tickets =
    'seats' in wish
      ? wish.seats.map(({ zoneId, row, column }) => ({ ticketId: uuidv7(), zoneId, row: rowLabel(rowNumber(row)), column }))
      : Array.from({ length: wish.quantity }, () => ({ ticketId: uuidv7() }));
  const order = JSON.stringify({ orderId: uuidv7(), eventId, venueId, buyerId, tickets });
  return 'seats' in wish ? [order, '', '', holdId] : [order, wish.zoneId, wish.split ? '1' : '', holdId];
}

const secretBytes = 16;

/** The event, so that whoever has the id finds the hold, and 128 random bits, so that nobody else does. */
const newHoldId = (eventId: string) => `${eventId}~${randomBytes(secretBytes).toString('base64url')}`;
