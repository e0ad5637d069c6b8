import { isDeepStrictEqual } from 'node:util';
import type { Refusal } from '../../../services/shared/inventory/decisions.ts';
import type { TicketInRedis } from '../../../services/shared/inventory/order.ts';
import type { Take } from './requests.ts';
import { seatName } from './requests.ts';
import { freeRuns, left, type Model, seatMap, ticketsOf, zoneOf } from './state.ts';

/** Thrown when something breaks the rules. */
export class Illegal extends Error {}

/** Throws unless two values are equal, and lists the differences. */
export function requireSame(what: string, found: unknown, expected: unknown): void {
  const faults = differences(what, found, expected);
  if (faults.length > 0) throw new Illegal(faults.join('; '));
}

function differences(path: string, found: unknown, expected: unknown): string[] {
  if (isDeepStrictEqual(found, expected)) return [];
  const isPart = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  const isOther = !isPart(found) || !isPart(expected) || found['kind'] !== expected['kind'] || found['code'] !== expected['code'];
  if (isOther) return [`${path} is ${inShort(found)}, and should be ${inShort(expected)}`];
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
  return names.flatMap((name) => differences(`${path}.${name}`, found[name], expected[name]));
}

/** A value as JSON, with orders left out. */
const inShort = (value: unknown) => JSON.stringify(value, (name, part) => (name === 'order' ? '…' : part));

export const refused = (code: Refusal['code'], more: Partial<Refusal> = {}): Refusal => ({
  kind: 'refused',
  code,
  isReplay: false,
  ...more,
});

/** Why a request must be refused, if so: the first reason that applies, with the positions of all tickets at fault. */
export function whyNotTake(model: Model, { eventId, venueId, buyerId, request }: Take): Refusal | undefined {
  const { inventory, nowMs } = model;
  if (eventId !== inventory.eventId || (venueId !== undefined && venueId !== inventory.venueId))
    return refused('EVENT_NOT_FOUND');

  const map = seatMap(model);
  // A request for the best seats names one zone, so it can have only one position at fault.
  const zoneIds = 'seats' in request ? request.seats.map(({ zoneId }) => zoneId) : [request.zoneId];
  const noZone = positionsOf(zoneIds, (zoneId) => !zoneOf(model, zoneId));
  if (noZone.length > 0) return refused('ZONE_NOT_FOUND', { positions: noZone });
  const noSeat = 'seats' in request ? positionsOf(request.seats, (seat) => !map.has(seatName(seat))) : [];
  if (noSeat.length > 0) return refused('SEAT_NOT_FOUND', { positions: noSeat });

  if (inventory.ticketsPerBuyer !== undefined && buyerId === undefined) return refused('BUYER_REQUIRED');
  if (nowMs < inventory.onSaleAtMs)
    return refused('NOT_ON_SALE', { detail: `On sale from ${new Date(inventory.onSaleAtMs).toISOString()}` });
  const overLimit = whyOverLimit(model, buyerId, 'seats' in request ? request.seats.length : request.quantity);
  if (overLimit) return overLimit;

  if ('seats' in request) {
    const taken = positionsOf(request.seats, (seat) => map.get(seatName(seat))?.owner !== undefined);
    return taken.length > 0 ? refused('SEAT_TAKEN', { positions: taken }) : undefined;
  }
  const { zoneId, quantity, split } = request;
  if (left(model, zoneId) < quantity) return refused('SOLD_OUT', { detail: `${left(model, zoneId)} left` });
  const [longest = 0] = freeRuns(model, zoneId);
  return zoneOf(model, zoneId)?.grid && !split && longest < quantity ? refused('NO_ADJACENT_SEATS') : undefined;
}

export const positionsOf = <Wanted>(list: Wanted[], isAtFault: (wanted: Wanted) => boolean) =>
  list.flatMap((wanted, at) => (isAtFault(wanted) ? [at] : []));

/** The refusal if a buyer would exceed the event's limit; tickets bought and held count together. */
export function whyOverLimit(model: Model, buyerId: string | undefined, quantity: number): Refusal | undefined {
  const { ticketsPerBuyer } = model.inventory;
  if (ticketsPerBuyer === undefined || buyerId === undefined) return undefined;
  const has = ticketsOf(model, buyerId);
  if (has + quantity <= ticketsPerBuyer) return undefined;
  const detail = `A buyer may have or hold at most ${ticketsPerBuyer} tickets`;
  return refused('BUYER_LIMIT_REACHED', { detail, secret: `${detail}; this one has or holds ${has}` });
}

/** Throws unless the seats are free, and in the fewest groups possible, listed from left to right. */
export function requireBest(model: Model, request: { zoneId: number; quantity: number }, tickets: TicketInRedis[]): void {
  const map = seatMap(model);
  const names = tickets.map(seatName);
  for (const name of names) {
    const place = map.get(name);
    if (place?.seat.zoneId !== request.zoneId) throw new Illegal(`${name} is not a seat of zone ${request.zoneId}`);
    if (place.owner) throw new Illegal(`${name} is not free`);
  }
  if (new Set(names).size !== request.quantity) throw new Illegal(`${names.join()} are not ${request.quantity} seats`);
  const isNewGroup = ({ row, column = 0 }: TicketInRedis, at: number) =>
    at === 0 || tickets[at - 1]?.row !== row || tickets[at - 1]?.column !== column - 1;
  const groups = tickets.filter(isNewGroup).length;
  let [fewest, seats] = [0, 0];
  for (const run of freeRuns(model, request.zoneId)) {
    if (seats >= request.quantity) break;
    fewest += 1;
    seats += run;
  }
  if (groups !== fewest) throw new Illegal(`${names.join()} are ${groups} groups, and should be ${fewest}`);
}
