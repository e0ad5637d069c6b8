import type { Cancellation } from '../../../services/purchase/seats/cancel-order.ts';
import type { Seats } from '../../../services/purchase/seats/create-seats.ts';
import type { Purchase, Seat } from '../../../services/purchase/seats/draft-order.ts';
import type { Command } from '../../../services/shared/inventory/call-script.ts';
import type { Cancelled, Held, Refusal, Sold } from '../../../services/shared/inventory/decisions.ts';
import { type Inventory, openInventory } from '../../../services/shared/inventory/inventory.ts';
import type { TicketInRedis } from '../../../services/shared/inventory/order.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';

/** Requests to the write side, with all their fields. */
export type Take = Purchase & { does: 'sell' | 'hold' };
export type OfHold = Command & { does: 'confirm' | 'extend' | 'release'; holdId: string };
export type Cancel = Cancellation & { does: 'cancel' };
type Sweep = Command & { does: 'sweep' };
export type Open = Command & { does: 'open'; inventory: Inventory };
export type Request = Take | OfHold | Cancel | Sweep | Open;

export type Outcome =
  | Sold
  | Held
  | { kind: 'released' }
  | Cancelled
  | { kind: 'swept'; more: boolean }
  | { kind: 'opened' | 'changed' | 'unchanged' }
  | Refusal;

export type Done = { request: Request; outcome: Outcome };

/** Performs a request. */
export async function perform({ redis, seats }: { redis: RedisClient; seats: Seats }, request: Request): Promise<Outcome> {
  switch (request.does) {
    case 'sell':
      return await seats.sell(request);
    case 'hold':
      return await seats.hold(request);
    case 'confirm':
      return await seats.confirmHold(request);
    case 'extend':
      return await seats.extendHold(request);
    case 'release':
      return await seats.releaseHold(request);
    case 'cancel':
      return await seats.cancelOrder(request);
    case 'sweep':
      return { kind: 'swept', more: await seats.expireHolds(request.eventId) };
    case 'open': {
      const { kind } = await openInventory(redis, request.inventory);
      if (kind === 'refused') throw new Error('the tests never make an event smaller, so opening it again must not be refused');
      return { kind };
    }
    default:
      throw request satisfies never;
  }
}

/** A seat's name: its zone, row and column. */
export const seatName = ({ zoneId, row, column }: Seat | TicketInRedis) => `${zoneId}/${row?.toUpperCase() ?? ''}${column ?? ''}`;

/** The end of an id, enough to distinguish it from others. */
export const nameOf = (id: string) => `…${id.slice(-4)}`;

/** Describes a request and its outcome in one line of a counterexample. */
export function tell({ request, outcome }: Done): string {
  const words: string[] = [request.does];
  if ('request' in request) {
    const { request: wanted, buyerId, venueId } = request;
    words.push('seats' in wanted ? wanted.seats.map(seatName).join(' ') : `best ${wanted.quantity} of zone ${wanted.zoneId}`);
    if ('split' in wanted && wanted.split) words.push('split');
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
