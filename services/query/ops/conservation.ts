import type { ZoneSeats } from '../../shared/inventory/read-seats.ts';
import type { ZoneFigures } from './messages.ts';

/**
 * Returns a zone's figures for the operator, with a fault if the zone does not add up. It adds up if no count is below zero or above
 * the capacity, its taken seats are the sold and held ones, and MySQL has as many tickets as Redis. MySQL is not compared while
 * domain events are on their way (`isBehind`). `projected`: the zone's live tickets in MySQL, null if MySQL does not respond.
 */
export function figuresOf(zone: ZoneSeats, projected: number | null, isBehind: boolean): ZoneFigures {
  const { zoneId, capacity, available, held, sold } = zone;
  const figures = { zoneId, capacity, available, held, sold, projected };
  const fault = faultOf(zone, isBehind ? null : projected);
  return fault === undefined ? figures : { ...figures, fault };
}

function faultOf({ capacity, available, held, sold, seats }: ZoneSeats, projected: number | null): string | undefined {
  if (available < 0 || held < 0 || sold < 0 || available + held + sold !== capacity) {
    return `${available} available, ${held} held and ${sold} sold of ${capacity}`;
  }
  const taken = seats && bitsIn(seats.taken);
  if (taken !== undefined && taken !== held + sold) return `${taken} seats marked taken, ${held + sold} held or sold`;
  if (projected !== null && projected !== sold) return `${sold} sold in Redis, ${projected} in MySQL`;
  return undefined;
}

const bitsOfByte = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

function bitsIn(bytes: Buffer): number {
  let bits = 0;
  for (const byte of bytes) bits += bitsOfByte[byte] ?? 0;
  return bits;
}
