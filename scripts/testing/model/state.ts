import type { Inventory } from '../../../services/purchase/seats/inventory.ts';
import type { OrderInRedis, TicketInRedis } from '../../../services/purchase/seats/order.ts';
import type { Seat } from '../../../services/purchase/seats/take-seats.ts';
import { rowLabel } from '../../../services/shared/row-label.ts';
import type { Outcome } from './requests.ts';

/** `untilMs` is when a hold is overdue or, once it is over, may be forgotten; undefined while nobody has told. */
export type Hold = { state: 'held' | 'expired' | 'sold'; order: OrderInRedis; extended: boolean; untilMs: number | undefined };

type Sale = { order: OrderInRedis; soldAtMs: number };

/**
 * An event as plain data: all that ever happened to it and still matters. What is free, taken and counted follows from it.
 * A model is never changed: each rule gives the next one, so that several orders of the same outcomes can be tried.
 */
export type Model = {
  inventory: Inventory;
  /** The latest that Redis' clock has told. */
  nowMs: number;
  /** Of domain events. */
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

/** A map with one entry more, or another one. */
export const having = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> =>
  new Map(map).set(key, value);

export const without = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): ReadonlyMap<Key, Value> =>
  new Map([...map].filter(([other]) => other !== key));

/** A hold is overdue from its deadline on, not after it. One that is over may then be forgotten. */
export const isPast = ({ nowMs }: Model, { untilMs }: Hold) => untilMs !== undefined && untilMs <= nowMs;

const owned = ({ buyerId, tickets }: OrderInRedis): Owned[] => tickets.map((ticket) => ({ ...ticket, buyerId }));

export const soldTickets = ({ orders }: Model): Owned[] =>
  [...orders.values()].flatMap(({ order }) => owned(order)).filter(({ cancelled }) => !cancelled);

/** Of holds that nobody has ended yet, be they overdue. */
export const heldTickets = ({ holds }: Model): Owned[] =>
  [...holds.values()].flatMap(({ state, order }) => (state === 'held' ? owned(order) : []));

/** What is nobody else's to take: tickets that are sold, and those of holds that are not overdue. */
const occupied = (model: Model): Owned[] => [
  ...soldTickets(model),
  ...[...model.holds.values()].flatMap((hold) => (hold.state === 'held' && !isPast(model, hold) ? owned(hold.order) : [])),
];

/** What a buyer has and holds. */
export const ticketsOf = (model: Model, buyerId: string) => occupied(model).filter((ticket) => ticket.buyerId === buyerId).length;

export const zoneOf = ({ inventory }: Model, zoneId: number) => inventory.zones.find((zone) => zone.zoneId === zoneId);

/** How many more tickets a zone has. */
export const left = (model: Model, zoneId: number) =>
  (zoneOf(model, zoneId)?.capacity ?? 0) - occupied(model).filter((ticket) => ticket.zoneId === zoneId).length;

export const seatName = ({ zoneId, row, column }: Seat | TicketInRedis) => `${zoneId}/${row?.toUpperCase() ?? ''}${column ?? ''}`;

/** A zone's seats, row by row; none in general admission. */
const rowsOf = (model: Model, zoneId: number): Seat[][] => {
  const { rows = 0, columns = 0 } = zoneOf(model, zoneId)?.grid ?? {};
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => ({ zoneId, row: rowLabel(row + 1), column: column + 1 })),
  );
};

/** Each seat of the event, with who has it: undefined where it is free. */
export function seatMap(model: Model): Map<string, { seat: Seat; owner: Owned | undefined }> {
  const owners = new Map(occupied(model).map((ticket) => [seatName(ticket), ticket]));
  const seats = model.inventory.zones.flatMap(({ zoneId }) => rowsOf(model, zoneId).flat());
  return new Map(seats.map((seat) => [seatName(seat), { seat, owner: owners.get(seatName(seat)) }]));
}

/** How long the runs of free seats of a zone are, the longest first. */
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
