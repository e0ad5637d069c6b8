import { frontCentre, type SeatName, type ZoneInventory } from '../../services/shared/inventory/zone-layout.ts';
import { seatLabelOf } from '../../services/shared/terms/seat-label.ts';

/** A zone with these rows: each row's label, and the labels of its seats with a space between them, '_' for a gap. */
export function hallZone(zoneId: number, rows: Record<string, string>, blocked: SeatName[] = []): ZoneInventory {
  const written = Object.entries(rows).map(([label, text]) => ({ label: label.trim(), seats: text.split(' ') }));
  const columns = Math.max(...written.map(({ seats }) => seats.length));
  const padded = written.map(({ label, seats }) => ({
    label,
    seats: Array.from({ length: columns }, (_, at) => seatLabelOf((seats[at] ?? '_').replace('_', ''))),
  }));
  const capacity = padded.reduce((sum, { seats }) => sum + seats.filter((seat) => seat !== '').length, 0);
  const grid = { rows: padded.length, columns, focus: frontCentre(columns) };
  return { zoneId, grid, rows: padded, capacity, priceMinor: 10_000, ...(blocked.length > 0 && { blocked }) };
}
