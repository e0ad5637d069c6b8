import type { EventPlan } from '../../services/shared/inventory/plan/event-file.ts';
import { frontCentre, type ZoneInventory } from '../../services/shared/inventory/zone-layout.ts';
import { rowLabel } from '../../services/shared/terms/row-label.ts';

export type Seat = { zoneId: number; row: string; column: number };

/** The size of a zone, as in the demo's arena. */
const [rows, columns] = [26, 30];
const priceMinor = 10_000;
const currency = 'USD';
/** In the past, so that a Redis whose clock is behind ours does not refuse the first buyers. */
const onSaleSinceMs = 60_000;

/** Plans an event with exactly `seats` seats, all at 100.00 USD: full zones, then smaller ones for the remainder. */
export function planHall(eventId: string, seats: number): EventPlan {
  const zones: ZoneInventory[] = [];
  const addZones = (count: number, rowsHere: number, columnsHere: number) => {
    for (let added = 0; added < count; added++) {
      const grid = { rows: rowsHere, columns: columnsHere, focus: frontCentre(columnsHere) };
      zones.push({ zoneId: zones.length + 1, grid, capacity: rowsHere * columnsHere, priceMinor });
    }
  };
  const inLastZone = seats % (rows * columns);
  addZones(Math.floor(seats / (rows * columns)), rows, columns);
  if (inLastZone >= columns) addZones(1, Math.floor(inLastZone / columns), columns);
  if (inLastZone % columns > 0) addZones(1, 1, inLastZone % columns);
  const onSaleAtMs = Date.now() - onSaleSinceMs;
  return {
    venueName: 'The flash-sale arena',
    eventName: 'Flash sale',
    zoneNames: new Map(zones.map(({ zoneId }) => [zoneId, `Zone ${zoneId}`])),
    inventory: { eventId, venueId: 'FlashSaleArena', currency, onSaleAtMs, holdMs: 600_000, zones },
  };
}

/** Every seat of the zones; general admission has none. */
export const seatsOf = (zones: ZoneInventory[]): Seat[] =>
  zones.flatMap(({ zoneId, grid }) =>
    Array.from({ length: grid?.rows ?? 0 }, (_row, row) =>
      Array.from({ length: grid?.columns ?? 0 }, (_column, column) => ({ zoneId, row: rowLabel(row + 1), column: column + 1 })),
    ).flat(),
  );
