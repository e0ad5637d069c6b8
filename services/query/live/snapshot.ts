import type { SeatMap, Seats } from '../../shared/inventory/read-seats.ts';
import { bytesPerRow } from '../../shared/inventory/zone-layout.ts';

/** A zone's seats as sent to clients; `taken` and `blockedSeats` are base64. Without blocked seats, the latter is absent. */
export type SeatsMessage = { rows: number; columns: number; bytesPerRow: number; taken: string; blockedSeats?: string };

export type ZoneSnapshot = {
  zoneId: number;
  capacity: number;
  available: number;
  held: number;
  sold: number;
  blocked: number;
} & Partial<SeatsMessage>;

/** A whole event at `version`. */
export type Snapshot = { type: 'snapshot'; eventId: string; version: number; zones: ZoneSnapshot[] };

export function snapshotOf(eventId: string, { version, zones }: SeatMap): Snapshot {
  return {
    type: 'snapshot',
    eventId,
    version,
    zones: Array.from(zones.values(), ({ version: _version, seats, ...counts }) => ({
      ...counts,
      ...(seats && seatsMessage(seats)),
    })),
  };
}

export const seatsMessage = ({ grid: { rows, columns }, taken, blocked }: Seats): SeatsMessage => ({
  rows,
  columns,
  bytesPerRow: bytesPerRow(columns),
  taken: taken.toString('base64'),
  ...(blocked && { blockedSeats: blocked.toString('base64') }),
});
