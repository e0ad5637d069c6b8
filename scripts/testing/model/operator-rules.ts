import { isDeepStrictEqual } from 'node:util';
import type { Seat } from '../../../services/purchase/seats/purchase.ts';
import { placesOf, seatName } from './places.ts';
import type { Block, Open, Outcome } from './requests.ts';
import type { Ruling } from './ruling.ts';
import { positionsOf, refused } from './same.ts';
import { heldTickets, type Model, seatMap, soldTickets } from './state.ts';

/** Seats are blocked all or none, unless they are sold or held; those that are so already do not count. */
export function block(model: Model, { does, seats }: Block, outcome: Outcome): Ruling {
  const map = seatMap(model);
  const unknown = positionsOf(seats, (seat) => !map.has(seatName(seat)));
  if (unknown.length > 0) return { expected: refused('SEAT_NOT_FOUND', { positions: unknown }), next: model };
  const names = new Set(seats.map(seatName));
  if (does === 'unblock') {
    const freed = names.intersection(model.blocked);
    return { expected: { kind: 'blocked', count: freed.size }, next: { ...model, blocked: model.blocked.difference(freed) } };
  }
  const isOwned = (seat: Seat) => typeof map.get(seatName(seat))?.taken === 'object';
  // Only a command that needs seats ends overdue holds, so until then their seats may count as held.
  const held = new Set(heldTickets(model).map(seatName));
  const mayBeTaken = positionsOf(seats, (seat) => isOwned(seat) || held.has(seatName(seat)));
  const said = outcome.kind === 'refused' && outcome.code === 'SEAT_TAKEN' ? (outcome.positions ?? []) : [];
  const taken = positionsOf(seats, isOwned);
  const isPossible = said.every((at) => mayBeTaken.includes(at)) && taken.every((at) => said.includes(at));
  const positions = isPossible ? said : taken;
  if (positions.length > 0) return { expected: refused('SEAT_TAKEN', { positions }), next: model };
  const added = names.difference(model.blocked);
  return { expected: { kind: 'blocked', count: added.size }, next: { ...model, blocked: model.blocked.union(names) } };
}

/** Opening an event again may change all but places that are sold, held or blocked; tickets already taken keep their prices. */
export function open(model: Model, { inventory, blocked: wanted }: Open): Ruling {
  const owned = [...soldTickets(model), ...heldTickets(model)];
  const places = placesOf(inventory).byName;
  const taken = new Set(owned.map(seatName));
  const reasons = [...whyNotZones(model, inventory, owned), ...whyNotSeats(model, places, taken)].toSorted();
  if (reasons.length > 0) return { expected: { kind: 'not opened', reasons }, next: model };

  const names = new Set(wanted.map(seatName).filter((name) => places.has(name)));
  const blocked = names.difference(taken);
  const isChange = !isDeepStrictEqual(inventory, model.inventory) || blocked.symmetricDifference(model.blocked).size > 0;
  return { expected: { kind: isChange ? 'changed' : 'unchanged' }, next: isChange ? { ...model, inventory, blocked } : model };
}

function whyNotZones(model: Model, { zones }: Open['inventory'], owned: { zoneId: number }[]): string[] {
  return model.inventory.zones.flatMap(({ zoneId, grid }) => {
    const count = owned.filter((ticket) => ticket.zoneId === zoneId).length;
    if (count === 0) return [];
    const now = zones.find((zone) => zone.zoneId === zoneId);
    const tail = `${count} of its tickets ${count === 1 ? 'is' : 'are'} sold or held`;
    if (!now) return [`zone ${zoneId} would disappear, but ${tail}`];
    if (!grid !== !now.grid) return [`zone ${zoneId} has ${grid ? 'seats' : 'no seats'} and must keep it so: ${tail}`];
    return now.capacity < count ? [`zone ${zoneId} cannot have a capacity of ${now.capacity}: ${tail}`] : [];
  });
}

function whyNotSeats(model: Model, places: ReadonlyMap<string, unknown>, taken: ReadonlySet<string>): string[] {
  const gone = [...placesOf(model.inventory).byName].flatMap(([name, { seat }]) => {
    const is = taken.has(name) ? 'sold or held' : model.blocked.has(name) ? 'blocked' : undefined;
    return is && !places.has(name) ? [{ row: `zone ${seat.zoneId}, row ${seat.row}`, text: `seat ${seat.column} (${is})` }] : [];
  });
  return [...Map.groupBy(gone, ({ row }) => row)].map(
    ([row, list]) =>
      `${row} would lose ${list.length} ${list.length === 1 ? 'seat' : 'seats'}: ${list.map(({ text }) => text).join(', ')}`,
  );
}
