import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { EventPlan } from '../../services/shared/inventory/plan/event-file.ts';
import { frontCentre, type ZoneInventory } from '../../services/shared/inventory/zone-layout.ts';

/** Shorter than most outages, so that many holds expire during one. */
const holdMs = 2_000;
const ticketsPerBuyer = 6;

const seated = (zoneId: number, rows: number, columns: number, priceMinor: number): ZoneInventory => ({
  zoneId,
  grid: { rows, columns, focus: frontCentre(columns) },
  capacity: rows * columns,
  priceMinor,
});

/**
 * Plans the run's event number `at`, from 1: two small blocks and general admission, with fewer places than buyers want. Every
 * third event limits the tickets per buyer.
 */
export function planHall(at: number): EventPlan {
  const inventory: Inventory = {
    eventId: `Chaos${at}`,
    venueId: 'ChaosHall',
    currency: 'USD',
    onSaleAtMs: 0,
    holdMs,
    ...(at % 3 === 0 && { ticketsPerBuyer }),
    zones: [seated(1, 8, 12, 10_000), seated(2, 4, 9, 7_550), { zoneId: 3, capacity: 60, priceMinor: 2_025 }],
  };
  const zoneNames = new Map([
    [1, 'Stalls'],
    [2, 'Balcony'],
    [3, 'Standing'],
  ]);
  return { venueName: 'A hall', eventName: `Evening ${at}`, zoneNames, inventory };
}
