import type { Inventory } from '../../../services/shared/inventory/inventory.ts';
import type { OrderInRedis, TicketInRedis } from '../../../services/shared/inventory/order.ts';
import { type Place, placesOf, seatName } from './places.ts';
import type { Outcome, SaleState } from './requests.ts';

/** `untilMs` is when a hold becomes overdue or, once it is over, may be deleted; undefined until Redis was read. */
export type Hold = {
  state: 'held' | 'expired' | 'sold';
  order: OrderInRedis;
  /** Whose holds are limited; only while it is held. */
  client?: string | undefined;
  extended: boolean;
  /** The least attempt to pay it that may still confirm it; while it is held, it is being paid. */
  attempt?: number | undefined;
  untilMs: number | undefined;
};

type Sale = { order: OrderInRedis; soldAtMs: number };

/**
 * An event as plain data: everything in its history that still matters. Free and taken seats, the counts and the tallies follow from
 * it. A model is immutable: each rule returns the next one, so that several orders of the same outcomes can be tried.
 */
export type Model = {
  /** Its zones' `blocked` is absent; `blocked` below has the seats' names. */
  inventory: Inventory;
  state: SaleState;
  /** The latest time read from Redis' clock. */
  nowMs: number;
  /** The number of the latest domain event. */
  sequence: number;
  blocked: ReadonlySet<string>;
  holds: ReadonlyMap<string, Hold>;
  orders: ReadonlyMap<string, Sale>;
  /** By Idempotency-Key. */
  answers: ReadonlyMap<string, { fingerprint: string; outcome: Outcome }>;
};

export type Owned = TicketInRedis & { buyerId: string | undefined };

export const newModel = (inventory: Inventory, nowMs: number): Model => ({
  inventory,
  state: '',
  nowMs,
  sequence: 0,
  blocked: new Set(),
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

/** Then nobody but checkout may change it. */
export const isBeingPaid = (model: Model, hold: Hold) =>
  hold.state === 'held' && hold.attempt !== undefined && !isPast(model, hold);

const owned = (orders: OrderInRedis[]): Owned[] =>
  orders.flatMap(({ buyerId, tickets }) =>
    tickets.filter(({ cancelled }) => !cancelled).map((ticket) => ({ ...ticket, buyerId })),
  );

const soldOrders = ({ orders }: Model) => [...orders.values()].map(({ order }) => order);

/** The holds that nothing has ended yet; with `mayBePast`, also those that are overdue. */
export const liveHolds = (model: Model, mayBePast: boolean) =>
  [...model.holds.values()].filter((hold) => hold.state === 'held' && (mayBePast || !isPast(model, hold)));

const heldOrders = (model: Model, mayBePast: boolean) => liveHolds(model, mayBePast).map(({ order }) => order);

/** Orders, and those that holds would become which nothing has ended yet, even if they are overdue. */
export const countedOrders = (model: Model) => [...soldOrders(model), ...heldOrders(model, true)];

export const soldTickets = (model: Model) => owned(soldOrders(model));

/** The tickets of holds that nothing has ended yet, even if they are overdue. */
export const heldTickets = (model: Model) => owned(heldOrders(model, true));

/** Orders whose places nobody else can take: those sold, and those in holds that are not overdue. */
export const occupyingOrders = (model: Model) => [...soldOrders(model), ...heldOrders(model, false)];

const occupied = (model: Model) => owned(occupyingOrders(model));

/** How many tickets a buyer has or holds. */
export const ticketsOf = (model: Model, buyerId: string) => occupied(model).filter((ticket) => ticket.buyerId === buyerId).length;

export const zoneOf = ({ inventory }: Model, zoneId: number) => inventory.zones.find((zone) => zone.zoneId === zoneId);

/** How many tickets a zone has left. */
export const left = (model: Model, zoneId: number) =>
  (zoneOf(model, zoneId)?.capacity ?? 0) -
  occupied(model).filter((ticket) => ticket.zoneId === zoneId).length -
  blockedIn(model, zoneId).length;

export const blockedIn = ({ inventory, blocked }: Model, zoneId: number): Place[] =>
  [...blocked].flatMap((name) => placesOf(inventory).byName.get(name) ?? []).filter(({ seat }) => seat.zoneId === zoneId);

/** Each seat of the event with what it is now: undefined if it is free. */
export type SeatMap = Map<string, Place & { taken: Owned | 'blocked' | undefined }>;

const maps = new WeakMap<Model, SeatMap>();

export function seatMap(model: Model): SeatMap {
  const known = maps.get(model);
  if (known) return known;
  const owners = new Map(occupied(model).map((ticket) => [seatName(ticket), ticket]));
  const places = placesOf(model.inventory).byName;
  const map: SeatMap = new Map(
    [...places].map(([name, place]) => [
      name,
      { ...place, taken: owners.get(name) ?? (model.blocked.has(name) ? 'blocked' : undefined) },
    ]),
  );
  maps.set(model, map);
  return map;
}
