import type { Purchase, Seat } from '../../services/purchase/seats/take-seats.ts';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';

/** A purchase of one seat of an event; by default zone 1, row A, column 1. */
export function purchaseOf({ eventId, venueId }: Inventory, seat: Partial<Seat & Purchase> = {}): Purchase {
  const { zoneId = 1, row = 'A', column = 1, ...others } = seat;
  return { venueId, eventId, wish: { seats: [{ zoneId, row, column }] }, ...others };
}
