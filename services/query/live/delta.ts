import { isDeepStrictEqual } from 'node:util';
import type { SeatMap, ZoneSeats } from '../../shared/inventory/read-seats.ts';

/**
 * `taken` and `freed` are the numbers of the bits that flipped in the zone's bitmap of taken seats; empty in a zone without seats.
 * `blockedSeats` and `unblockedSeats` are those in the bitmap of blocked seats; both are absent if none flipped.
 */
type ZoneDelta = {
  zoneId: number;
  available: number;
  held: number;
  sold: number;
  blocked: number;
  taken: number[];
  freed: number[];
  blockedSeats?: number[];
  unblockedSeats?: number[];
};

/** The changes from an event's version `from` to `to`; unchanged zones are left out. */
export type Delta = { type: 'delta'; from: number; to: number; zones: ZoneDelta[] };

/**
 * The delta between two states of an event, or undefined if they are the same. 'snapshot' if no delta can express it: other zones,
 * another layout or capacity, or a version that is not later (Redis has lost its memory).
 */
export function deltaBetween(before: SeatMap, after: SeatMap): Delta | 'snapshot' | undefined {
  if (before === after || isSame(before, after)) return undefined;
  if (after.version <= before.version || after.zones.size !== before.zones.size) return 'snapshot';
  const zones: ZoneDelta[] = [];
  for (const [zoneId, zone] of after.zones) {
    const old = before.zones.get(zoneId);
    if (old === zone) continue;
    if (!old || !isAlike(old, zone)) return 'snapshot';
    const { available, held, sold, blocked } = zone;
    const [taken, freed] = bitsBetween(old.seats?.taken, zone.seats?.taken);
    const [blockedSeats, unblockedSeats] = bitsBetween(old.seats?.blocked, zone.seats?.blocked);
    const isBlockedOtherwise = blockedSeats.length + unblockedSeats.length > 0;
    const isOther = held !== old.held || sold !== old.sold || blocked !== old.blocked || taken.length + freed.length > 0;
    if (isOther || isBlockedOtherwise) {
      const counts = { zoneId, available, held, sold, blocked };
      zones.push({ ...counts, taken, freed, ...(isBlockedOtherwise && { blockedSeats, unblockedSeats }) });
    }
  }
  return { type: 'delta', from: before.version, to: after.version, zones };
}

/** Whether only the inventory's revision differs: an event may change without its zones, for example its prices. */
const isSame = (before: SeatMap, after: SeatMap) =>
  before.version === after.version &&
  before.zones.size === after.zones.size &&
  after.zones.entries().every(([zoneId, zone]) => before.zones.get(zoneId) === zone);

const isAlike = (one: ZoneSeats, other: ZoneSeats) =>
  one.capacity === other.capacity &&
  one.seats?.grid.rows === other.seats?.grid.rows &&
  one.seats?.grid.columns === other.seats?.grid.columns &&
  (one.seats?.rows === other.seats?.rows || isDeepStrictEqual(one.seats?.rows, other.seats?.rows));

const none: Buffer = Buffer.alloc(0);

/** The numbers of the bits that were set, and of those that were cleared; counted from the highest bit of the first byte. */
function bitsBetween(before = none, after = none): [set: number[], cleared: number[]] {
  const set: number[] = [];
  const cleared: number[] = [];
  for (let at = 0; at < Math.max(before.length, after.length); at++) {
    const byte = after[at] ?? 0;
    const turned = byte ^ (before[at] ?? 0);
    for (let bit = 0; turned !== 0 && bit < 8; bit++) {
      const mask = 0x80 >> bit;
      if (turned & mask) (byte & mask ? set : cleared).push(at * 8 + bit);
    }
  }
  return [set, cleared];
}
