import type { Seat } from '../../../services/purchase/seats/draft-order.ts';
import type { Inventory } from '../../../services/shared/inventory/inventory.ts';
import type { OrderInRedis, TicketInRedis } from '../../../services/shared/inventory/order.ts';
import { rowLabel } from '../../../services/shared/terms/row-label.ts';
import { type Outcome, seatName } from './requests.ts';

/** `untilMs` is when a hold becomes overdue or, once it is over, may be deleted; undefined until Redis was read. */
export type Hold = { state: 'held' | 'expired' | 'sold'; order: OrderInRedis; extended: boolean; untilMs: number | undefined };

type Sale = { order: OrderInRedis; soldAtMs: number };

/**
 * An event as plain data: everything in its history that still matters. Free and taken seats and the counts follow from it.
 * A model is immutable: each rule returns the next one, so that several orders of the same outcomes can be tried.
 */
export type Model = {
  inventory: Inventory;
  /** The latest time read from Redis' clock. */
  nowMs: number;
  /** The number of the latest domain event. */
  sequence: number;
  holds: ReadonlyMap<string, Hold>;
  orders: ReadonlyMap<string, Sale>;
  /** By Idempotency-Key. */
  answers: ReadonlyMap<string, { fingerprint: string; outcome: Outcome }>;
};

export type Owned = TicketInRedis & { buyerId: string | undefined };

export const newModel = (inventory: Inventory, nowMs: number): Model => ({
  inventory,
  nowMs,
  sequence: 0,
  holds: new Map(),
  orders: new Map(),
  answers: new Map(),
});

/** A copy of a map with one entry added or replaced. */
export const having = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> =>
  new Map(map).set(key, value);

export const without = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): ReadonlyMap<Key, Value> =>
  new Map([...map].filter(([other]) => other !== key));

/** A hold is overdue from the very millisecond of its deadline. One that is over may be deleted from its own. */
export const isPast = ({ nowMs }: Model, { untilMs }: Hold) => untilMs !== undefined && untilMs <= nowMs;

const owned = ({ buyerId, tickets }: OrderInRedis): Owned[] => tickets.map((ticket) => ({ ...ticket, buyerId }));

export const soldTickets = ({ orders }: Model): Owned[] =>
  [...orders.values()].flatMap(({ order }) => owned(order)).filter(({ cancelled }) => !cancelled);

/** The tickets of holds that nothing has ended yet, even if they are overdue. */
export const heldTickets = ({ holds }: Model): Owned[] =>
  [...holds.values()].flatMap(({ state, order }) => (state === 'held' ? owned(order) : []));

/** Tickets whose places nobody else can take: those sold, and those in holds that are not overdue. */
const occupied = (model: Model): Owned[] => [
  ...soldTickets(model),
  ...[...model.holds.values()].flatMap((hold) => (hold.state === 'held' && !isPast(model, hold) ? owned(hold.order) : [])),
];

/** How many tickets a buyer has or holds. */
export const ticketsOf = (model: Model, buyerId: string) => occupied(model).filter((ticket) => ticket.buyerId === buyerId).length;

export const zoneOf = ({ inventory }: Model, zoneId: number) => inventory.zones.find((zone) => zone.zoneId === zoneId);

/** How many tickets a zone has left. */
export const left = (model: Model, zoneId: number) =>
  (zoneOf(model, zoneId)?.capacity ?? 0) - occupied(model).filter((ticket) => ticket.zoneId === zoneId).length;

/** A zone's seats, row by row; none in general admission. */
const rowsOf = (model: Model, zoneId: number): Seat[][] => {
  const { rows = 0, columns = 0 } = zoneOf(model, zoneId)?.grid ?? {};
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => ({ zoneId, row: rowLabel(row + 1), column: column + 1 })),
  );
};

/** Each seat of the event with its owner: undefined if it is free. */
export function seatMap(model: Model): Map<string, { seat: Seat; owner: Owned | undefined }> {
  const owners = new Map(occupied(model).map((ticket) => [seatName(ticket), ticket]));
  const seats = model.inventory.zones.flatMap(({ zoneId }) => rowsOf(model, zoneId).flat());
  return new Map(seats.map((seat) => [seatName(seat), { seat, owner: owners.get(seatName(seat)) }]));
}

/** The lengths of a zone's runs of free seats, longest first. */
export function freeRuns(model: Model, zoneId: number): number[] {
  const map = seatMap(model);
  const runs = rowsOf(model, zoneId).flatMap((row) =>
    row
      .map((seat) => (map.get(seatName(seat))?.owner ? 'x' : '.'))
      .join('')
      .split(/x+/),
  );
  return runs.map((run) => run.length).toSorted((a, b) => b - a);
}
