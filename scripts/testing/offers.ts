import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { Offer, PriceStep, Promotion } from '../../services/shared/inventory/offer.ts';
import { openInventory } from '../../services/shared/inventory/open-inventory.ts';
import { frontCentre, type ZoneInventory } from '../../services/shared/inventory/zone-layout.ts';
import { redis, seatedZone, unique } from './stores.ts';

/** Opens the inventory of an event of the test's own, without a catalogue; by default as openTestEvent does. */
export async function openOwnInventory(changes: Partial<Omit<Inventory, 'eventId' | 'venueId'>> = {}): Promise<Inventory> {
  const inventory = {
    eventId: unique('event'),
    venueId: unique('venue'),
    currency: 'EUR',
    onSaleAtMs: Date.UTC(2026, 0, 1),
    holdMs: 600_000,
    zones: [seatedZone(1, 10, 10)],
    ...changes,
  };
  const outcome = await openInventory(redis, inventory);
  if (outcome.kind !== 'opened') throw new Error(`${inventory.eventId} was not opened but ${JSON.stringify(outcome)}`);
  return inventory;
}

/** Prices (minor units) by category; and by ticket type, if they differ. */
type Prices = Record<string, number | Record<string, number | PriceStep[]>>;

/** An offer. `types`: each ticket type with its limit, if it has one. */
export const offerOf = ({
  prices = {},
  types = {},
  promotions = [],
}: {
  prices?: Prices;
  types?: Record<string, number | undefined>;
  promotions?: Promotion[];
}): Offer => ({
  categories: Object.entries(prices).map(([categoryId, price]) => ({
    categoryId,
    name: categoryId,
    prices: Object.fromEntries(
      Object.entries(typeof price === 'number' ? { '': price } : price).map(([type, steps]) => [
        type,
        typeof steps === 'number' ? [{ fromMs: 0, minor: steps }] : steps,
      ]),
    ),
  })),
  ticketTypes: Object.entries(types).map(([ticketTypeId, limit]) => ({
    ticketTypeId,
    name: ticketTypeId,
    ...(limit !== undefined && { limit }),
  })),
  promotions,
});

/** Ten seats in a row, "A1" to "A10", and ten places without seats, all of one category. */
export const zonesOf = (category: string): ZoneInventory[] => [
  { zoneId: 1, grid: { rows: 1, columns: 10, focus: frontCentre(10) }, capacity: 10, categories: [category] },
  { zoneId: 2, capacity: 10, categories: [category] },
];

/** The same hall with categories, which have names of one letter: of its rows with the letters of their positions, from the left. */
export function inCategories({ priceMinor: _, ...zone }: ZoneInventory, rows: Record<string, string>): ZoneInventory {
  const categories = [...new Set(Object.values(rows).join(''))].toSorted();
  return {
    ...zone,
    categories,
    ...(zone.rows && {
      rows: zone.rows.map((row) => ({
        ...row,
        categories: [...(rows[row.label] ?? '')].map((category) => categories.indexOf(category)),
      })),
    }),
  };
}

/** The same hall with kinds of places: of its rows by their labels. */
export const withKinds = (zone: ZoneInventory, kinds: Record<string, string>): ZoneInventory => ({
  ...zone,
  ...(zone.rows && {
    rows: zone.rows.map((row) => ({ ...row, ...(kinds[row.label] !== undefined && { kinds: kinds[row.label] as string }) })),
  }),
});
