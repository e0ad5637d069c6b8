import { type Cancellation, type Cancelled, cancelOrder } from '../../../services/purchase/seats/cancel-order.ts';
import { confirmHold, expireHolds, extendHold, releaseHold } from '../../../services/purchase/seats/holds.ts';
import type { Command, Refusal } from '../../../services/purchase/seats/run-command.ts';
import { type Held, holdSeats, type Purchase, type Sold, sellSeats } from '../../../services/purchase/seats/take-seats.ts';
import { type Inventory, openInventory } from '../../../services/shared/inventory/inventory.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import { seatName } from './state.ts';

/** Requests to the write side, with all their fields. */
export type Take = Purchase & { does: 'sell' | 'hold' };
export type OfHold = Command & { does: 'confirm' | 'extend' | 'release'; holdId: string };
export type Cancel = Cancellation & { does: 'cancel' };
type Sweep = Command & { does: 'sweep' };
export type Open = Command & { does: 'open'; inventory: Inventory };
export type Request = Take | OfHold | Cancel | Sweep | Open;

export type Outcome =
  | (Sold & { before?: boolean })
  | Held
  | { kind: 'released' }
  | Cancelled
  | { kind: 'swept'; more: boolean }
  | { kind: 'opened' | 'changed' | 'unchanged' }
  | Refusal;

export type Done = { request: Request; outcome: Outcome };

/** Performs the request on Redis. */
export async function perform(redis: RedisClient, request: Request): Promise<Outcome> {
  switch (request.does) {
    case 'sell':
      return await sellSeats(redis, request);
    case 'hold':
      return await holdSeats(redis, request);
    case 'confirm':
      return await confirmHold(redis, request);
    case 'extend':
      return await extendHold(redis, request);
    case 'release':
      return await releaseHold(redis, request);
    case 'cancel':
      return await cancelOrder(redis, request);
    case 'sweep':
      return { kind: 'swept', more: await expireHolds(redis, request.eventId) };
    case 'open': {
      const { kind } = await openInventory(redis, request.inventory);
      if (kind === 'refused') throw new Error('the tests never make an event smaller, so opening it again must not be refused');
      return { kind };
    }
    default:
      throw request satisfies never;
  }
}

/** The end of an id, enough to distinguish it from others. */
export const nameOf = (id: string) => `…${id.slice(-4)}`;

/** Describes a request and its outcome in one line of a counterexample. */
export function tell({ request, outcome }: Done): string {
  const words: string[] = [request.does];
  if ('wish' in request) {
    const { wish, buyerId, venueId } = request;
    words.push('seats' in wish ? wish.seats.map(seatName).join(' ') : `best ${wish.quantity} of zone ${wish.zoneId}`);
    if ('split' in wish && wish.split) words.push('split');
    if (buyerId) words.push(`for ${buyerId}`);
    if (venueId) words.push(`at ${nameOf(venueId)}`);
  }
  if ('holdId' in request) words.push(nameOf(request.holdId));
  if ('orderId' in request) words.push(nameOf(request.orderId), ...request.ticketIds.map(nameOf));
  if (request.idempotency) words.push(`(${request.idempotency.key}: ${request.idempotency.fingerprint})`);
  if ('inventory' in request) words.push(JSON.stringify(request.inventory));
  words.push('→', outcome.kind);
  if ('order' in outcome) {
    const { orderId, tickets, sequence } = outcome.order;
    words.push(...tickets.map((ticket) => `${seatName(ticket)}${ticket.cancelled ? ' (cancelled)' : ''}`));
    words.push(`order ${nameOf(orderId)}`, sequence === undefined ? '' : `#${sequence}`);
  }
  if ('holdId' in outcome) words.push(`hold ${nameOf(outcome.holdId)}`);
  if (outcome.kind === 'refused') words.push(outcome.code, outcome.positions?.join() ?? outcome.detail ?? '');
  return words.filter((word) => word !== '').join(' ');
}
