import type { ZoneSeats } from '../../shared/inventory/read-seats.ts';
import type { ZoneFigures } from './messages.ts';

/**
 * Returns a zone's figures for the operator, with a fault if the zone does not add up. It adds up if no count is below zero or above
 * the capacity, its taken seats are the sold, held and blocked ones, and MySQL has as many tickets as Redis. MySQL is not compared while
 * domain events are on their way (`isBehind`). `projected`: the zone's live tickets in MySQL, null if MySQL does not respond.
 */
export function figuresOf(zone: ZoneSeats, projected: number | null, isBehind: boolean): ZoneFigures {
  const { zoneId, capacity, available, held, sold, blocked } = zone;
  const figures = { zoneId, capacity, available, held, sold, blocked, projected };
  const fault = faultOf(zone, isBehind ? null : projected);
  return fault === undefined ? figures : { ...figures, fault };
}

function faultOf({ capacity, available, held, sold, blocked, seats }: ZoneSeats, projected: number | null): string | undefined {
  const counts = [available, held, sold, blocked];
  if (counts.some((count) => count < 0) || counts.reduce((sum, count) => sum + count) !== capacity) {
    return `${available} available, ${held} held, ${sold} sold and ${blocked} blocked of ${capacity}`;
  }
  // Positions without a seat are marked too.
  const taken = seats && bitsIn(seats.taken) - (seats.grid.rows * seats.grid.columns - capacity);
  if (taken !== undefined && taken !== held + sold + blocked) {
    return `${taken} seats marked taken, ${held + sold + blocked} held, sold or blocked`;
  }
  if (projected !== null && projected !== sold) return `${sold} sold in Redis, ${projected} in MySQL`;
  return undefined;
}

const bitsOfByte = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

function bitsIn(bytes: Buffer): number {
  let bits = 0;
  for (const byte of bytes) bits += bitsOfByte[byte] ?? 0;
  return bits;
}
