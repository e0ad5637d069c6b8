import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { ZoneInventory } from '../../services/shared/inventory/zone-layout.ts';
import { rowLabel } from '../../services/shared/terms/row-label.ts';
import type { Random } from '../testing/random.ts';
import type { Place, Wanted } from './history.ts';

const mostTickets = 4;
const shareChosen = 0.4;
const shareSplit = 0.5;

/** The places that a buyer wants, and the request body that asks for them. */
export type SeatRequest = { wanted: Wanted; body: object };

/** Chosen seats, adjacent or anywhere, or the best in a zone. */
export function chooseSeats(random: Random, { eventId, zones }: Inventory): SeatRequest {
  const zone = random.pick(zones);
  const quantity = random.between(1, mostTickets);
  if (!zone.grid || !random.chance(shareChosen)) {
    const split = zone.grid !== undefined && random.chance(shareSplit);
    return {
      wanted: { zoneId: zone.zoneId, quantity },
      body: { eventId, zoneId: zone.zoneId, quantity, ...(split && { split }) },
    };
  }
  const seats = random.chance(0.5) ? sideBySide(random, zone, quantity) : anywhere(random, zones, quantity);
  return { wanted: { seats }, body: { eventId, seats } };
}

function sideBySide(random: Random, { zoneId, grid }: ZoneInventory, quantity: number): Place[] {
  const { rows = 1, columns = 1 } = grid ?? {};
  const row = rowLabel(random.between(1, rows));
  const first = random.between(1, columns - quantity + 1);
  return Array.from({ length: quantity }, (_, at) => ({ zoneId, row, column: String(first + at) }));
}

function anywhere(random: Random, zones: ZoneInventory[], quantity: number): Place[] {
  const seated = zones.filter(({ grid }) => grid);
  const seats = Array.from({ length: quantity }, () => sideBySide(random, random.pick(seated), 1)).flat();
  return [...new Map(seats.map((seat) => [`${seat.zoneId}/${seat.row}${seat.column}`, seat])).values()];
}
