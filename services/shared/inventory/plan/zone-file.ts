import type { ZoneInventory } from '../zone-layout.ts';
import type { RowDrawing } from './drawing.ts';
import { type Reading, wellFormed } from './reading.ts';
import { readZone, Zone } from './zone-entry.ts';

export const maxZones = 10_000;
/** All zones share one bitmap. */
const maxSeats = 10_000_000;
/** Of all halls, gaps included: their labels are kept in Redis, in MySQL and in purchase's memory. */
const maxHallPositions = 200_000;
const maxBlockedSeats = 100_000;

export type Zones = { zones: ZoneInventory[]; zoneNames: Map<number, string>; drawings: Map<number, RowDrawing[]> };

/** Reads the zones that match the schema, and notes the faults that a schema cannot express. `categoryIds` are the event's categories. */
export function readZones(list: unknown, categoryIds: string[], reading: Reading): Zones {
  const zones = new Map<number, ZoneInventory>();
  const zoneNames = new Map<number, string>();
  const drawings = new Map<number, RowDrawing[]>();
  for (const [at, zone] of (Array.isArray(list) ? list.slice(0, maxZones) : []).entries()) {
    refuseNoPrice(zone, `/zones/${at}`, categoryIds, reading);
  }
  for (const { at, entry: zone } of wellFormed(list, Zone, maxZones)) {
    const where = `/zones/${at}`;
    const { drawing, ...content } = readZone(zone, where, categoryIds, reading);
    for (let zoneId = zone.zoneId; zoneId <= (zone.throughZoneId ?? zone.zoneId); zoneId++) {
      if (zones.has(zoneId)) {
        reading.fault(where, `describes zone ${zoneId} a second time; each zone may appear once`);
        break;
      }
      if (zones.size === maxZones) {
        reading.fault(where, `exceeds the limit of ${maxZones} zones per event`);
        break;
      }
      zones.set(zoneId, { zoneId, ...content });
      zoneNames.set(zoneId, zone.name ?? `Zone ${zoneId}`);
      if (drawing) drawings.set(zoneId, drawing);
    }
  }
  const refuseMore = (most: number, what: string, sizeOf: (zone: ZoneInventory) => number) => {
    const total = zones.values().reduce((sum, zone) => sum + sizeOf(zone), 0);
    if (total > most) reading.fault('/zones', `have ${total} ${what} in total; at most ${most} are allowed`);
  };
  refuseMore(maxSeats, 'seats', ({ capacity }) => capacity);
  refuseMore(maxHallPositions, 'places in listed rows, gaps included,', ({ rows, grid }) =>
    rows && grid ? rows.length * grid.columns : 0,
  );
  refuseMore(maxBlockedSeats, 'blocked seats', ({ blocked }) => blocked?.length ?? 0);
  return { zones: [...zones.values()], zoneNames, drawings };
}

/** Only listed rows can have categories of their own. Looks at malformed zones too, so that one error lists all faults. */
function refuseNoPrice(zone: unknown, where: string, categoryIds: string[], { fault }: Reading): void {
  if (Object(zone) !== zone) return;
  const { price, category, rows } = zone as Record<string, unknown>;
  if (price === undefined && category === undefined && !Array.isArray(rows)) {
    fault(`${where}/price`, categoryIds.length === 0 ? 'is missing' : 'is missing, and so is a category');
  }
}
