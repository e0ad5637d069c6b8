import type { BestPlaces } from '../../../services/purchase/seats/purchase.ts';
import type { Refusal } from '../../../services/shared/inventory/decisions.ts';
import type { TicketInRedis } from '../../../services/shared/inventory/order.ts';
import type { ZoneInventory } from '../../../services/shared/inventory/zone-layout.ts';
import { type Place, placesOf, runsOf, seatName } from './places.ts';
import { fullPrice, typeOf } from './price-rules.ts';
import { Illegal, refused } from './same.ts';
import { type Model, seatMap } from './state.ts';

/**
 * The categories that a search may choose from: its seats are all from one of the `alternatives`, or, if none of these has enough of
 * them side by side, from `otherwise`.
 */
export function categoriesFor(model: Model, zone: ZoneInventory, search: BestPlaces) {
  const all = (zone.categories ?? ['']).map((_, index) => index).slice(0, zone.rows ? undefined : 1);
  const named = search.category === undefined ? undefined : (zone.categories?.indexOf(search.category) ?? -1);
  const types = Array.from({ length: search.quantity }, (_, at) => typeOf(model, search.ticketTypes?.[at]));
  const sold = (named === undefined ? all : [named]).filter((index) =>
    types.every((type) => fullPrice(model, zone, index, type) !== undefined),
  );
  const isAny = named === undefined && sold.length === all.length;
  return {
    isUnknown: named === -1,
    isSold: sold.length > 0,
    alternatives: isAny && !search.sameCategory ? [all] : sold.map((index) => [index]),
    otherwise: isAny && search.sameCategory ? all : undefined,
  };
}

/** From which of these lists of categories seats must come, and in how many groups; or why there are none. */
type Wanted = { lists: number[][]; groups: number } | Refusal;

/** The names of seats that the order already has are in `own`. */
export function wantedSeats(model: Model, zone: ZoneInventory, search: BestPlaces, own: ReadonlySet<string>): Wanted {
  const { quantity, split, accessible } = search;
  const { alternatives, otherwise } = categoriesFor(model, zone, search);
  const runs = (list: number[]) => runsOf(freePlaces(model, zone.zoneId, { list, own, accessible }));
  const isTogether = (list: number[]) =>
    runs(list).some((run) => (accessible ? hasAccessible(run, quantity) : run.length >= quantity));
  const together = alternatives.filter(isTogether);
  if (together.length > 0) return { lists: together, groups: 1 };
  if (otherwise && isTogether(otherwise)) return { lists: [otherwise], groups: 1 };
  if (accessible || !split) return refused('NO_ADJACENT_SEATS');
  for (const list of otherwise ? [otherwise] : alternatives) {
    const lengths = runs(list)
      .map((run) => run.length)
      .toSorted((a, b) => b - a);
    let [groups, seats] = [0, 0];
    for (; seats < quantity && groups < lengths.length; groups++) seats += lengths[groups] ?? 0;
    if (seats >= quantity) return { lists: [list], groups };
  }
  return refused('SOLD_OUT', { detail: '0 left' });
}

/** Wheelchair and companion places are only for who asks for them. */
function freePlaces(
  model: Model,
  zoneId: number,
  { list, own, accessible = false }: { list: number[]; own: ReadonlySet<string>; accessible?: boolean | undefined },
): Place[] {
  const map = seatMap(model);
  return placesOf(model.inventory)
    .inZone(zoneId)
    .filter(({ seat, kind, category }) => {
      const name = seatName(seat);
      return (kind !== '.') === accessible && list.includes(category) && !map.get(name)?.taken && !own.has(name);
    });
}

const hasAccessible = (run: Place[], quantity: number) =>
  run.some((_, at) => at + quantity <= run.length && run.slice(at, at + quantity).some(({ kind }) => kind === 'w'));

/** Throws unless the seats of these tickets are free and as wanted, each group from left to right. Returns their places. */
export function requireWanted(
  model: Model,
  { search, wanted, own }: { search: BestPlaces; wanted: Exclude<Wanted, Refusal>; own: ReadonlySet<string> },
  tickets: TicketInRedis[],
): Place[] {
  const { zoneId, quantity, accessible } = search;
  const names = tickets.map((ticket) => seatName({ ...ticket, zoneId }));
  const are = `${names.join()} are`;
  if (new Set(names).size !== quantity) throw new Illegal(`${are} not ${quantity} seats`);
  const found = names.map((name) => {
    const place = seatMap(model).get(name);
    if (!place) throw new Illegal(`${name} is no seat`);
    return place;
  });
  const isFrom = (list: number[]) => {
    const free = new Set(freePlaces(model, zoneId, { list, own, accessible }).map(({ seat }) => seatName(seat)));
    return names.every((name) => free.has(name));
  };
  if (!wanted.lists.some(isFrom)) throw new Illegal(`${are} not all free, and of categories ${JSON.stringify(wanted.lists)}`);
  if (accessible && !found.some(({ kind }) => kind === 'w')) throw new Illegal(`${are} without a wheelchair place`);
  const groups = runsOf(found).length;
  if (groups !== wanted.groups) throw new Illegal(`${are} ${groups} groups, and should be ${wanted.groups}`);
  return found;
}
