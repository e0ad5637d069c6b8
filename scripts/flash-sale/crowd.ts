import { createCipheriv, createHash } from 'node:crypto';
import type { Inventory } from '../../services/purchase/seats/inventory.ts';
import { type Seat, seatsOf } from './hall.ts';

/** What the buyers do; each of them asks once. */
export type Crowd = {
  buyers: number;
  /** Each takes the best seat of a zone, instead of a seat of their choice. */
  best: boolean;
  /** The same number is the same crowd, in the same order. */
  seed: number;
};

/**
 * The seat that each buyer has an eye on, in the order in which they come. As long as there are buyers, every seat is wanted by
 * one; the others want any seat, which somebody else wants as well: they are the duplicate attempts.
 */
export function wantedSeats(seats: Seat[], { buyers, seed }: Omit<Crowd, 'best'>): Seat[] {
  const random = randomIntegers(seed, seats.length + 2 * buyers);
  const wanted = shuffle([...seats], random).slice(0, buyers);
  while (wanted.length < buyers) wanted.push(seats[random(seats.length)] as Seat);
  return shuffle(wanted, random);
}

/**
 * The crowd's requests: where they are POSTed to, and their bodies. Who takes the best seat chooses the zone of the seat that
 * they have an eye on, so each zone is asked for at least as often as it has seats, and can sell out.
 */
export function requestsOf({ eventId, venueId, zones }: Inventory, crowd: Crowd): { path: string; bodies: string[] } {
  const wanted = wantedSeats(seatsOf(zones), crowd);
  if (crowd.best) {
    const bodies = wanted.map(({ zoneId }) => JSON.stringify({ venueId, eventId, zoneId, quantity: 1 }));
    return { path: '/purchase/api/v1/orders', bodies };
  }
  const bodies = wanted.map(({ zoneId, row, column }) =>
    JSON.stringify({ venueId, eventId, zoneId, row, column: String(column) }),
  );
  return { path: '/purchase/api/v1/tickets', bodies };
}

/** Fisher and Yates, in place. */
function shuffle<T>(list: T[], random: (below: number) => number): T[] {
  for (let left = list.length; left > 1; left--) {
    const at = random(left);
    [list[left - 1], list[at]] = [list[at] as T, list[left - 1] as T];
  }
  return list;
}

/** Up to `count` integers from 0 to below a bound, the same ones for the same seed: from the key stream of a cipher. */
function randomIntegers(seed: number, count: number): (below: number) => number {
  const key = createHash('sha256').update(String(seed)).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(4 * count));
  let next = 0;
  return (below) => Math.floor((stream.readUInt32LE(4 * next++) / 2 ** 32) * below);
}
