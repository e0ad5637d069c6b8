import { createCipheriv, createHash } from 'node:crypto';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { type Seat, seatsOf } from './hall.ts';

/** The crowd of buyers, each of whom makes one request. */
export type Crowd = {
  buyers: number;
  /** Each buyer asks for the best seat in a zone, instead of a chosen seat. */
  best: boolean;
  /** The same seed gives the same crowd in the same order. */
  seed: number;
};

/**
 * The seat that each buyer wants, in the order of arrival. Each seat is given to one buyer first, while there are buyers left. The
 * remaining buyers want a random seat that somebody else wants too: these are the duplicate attempts.
 */
export function wantedSeats(seats: Seat[], { buyers, seed }: Omit<Crowd, 'best'>): Seat[] {
  const random = randomIntegers(seed, seats.length + 2 * buyers);
  const wanted = shuffle([...seats], random).slice(0, buyers);
  while (wanted.length < buyers) wanted.push(seats[random(seats.length)] as Seat);
  return shuffle(wanted, random);
}

/**
 * The crowd's requests: the path that they are POSTed to, and their bodies. With `best`, each buyer asks for the zone of the seat
 * that they want, so a crowd at least as large as the hall asks for every zone often enough to sell it out.
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

/** Fisher–Yates, in place. */
function shuffle<T>(list: T[], random: (below: number) => number): T[] {
  for (let left = list.length; left > 1; left--) {
    const at = random(left);
    [list[left - 1], list[at]] = [list[at] as T, list[left - 1] as T];
  }
  return list;
}

/** Returns a function that draws up to `count` integers in [0, below), reproducible from the seed, from a cipher's key stream. */
function randomIntegers(seed: number, count: number): (below: number) => number {
  const key = createHash('sha256').update(String(seed)).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(4 * count));
  let next = 0;
  return (below) => Math.floor((stream.readUInt32LE(4 * next++) / 2 ** 32) * below);
}
