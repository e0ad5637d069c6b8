import type { SeatMap, ZoneSeats } from '../../shared/inventory/read-seats.ts';

/** `taken` and `freed` are the numbers of the bits that flipped in the zone's bitmap; empty in a zone without seats. */
type ZoneDelta = {
  zoneId: number;
  available: number;
  held: number;
  sold: number;
  taken: number[];
  freed: number[];
};

/** The changes from an event's version `from` to `to`; unchanged zones are left out. */
export type Delta = { type: 'delta'; from: number; to: number; zones: ZoneDelta[] };

/**
 * The delta between two states of an event, or undefined if they are the same. 'snapshot' if no delta can express it: other zones,
 * another shape or capacity, or a version that is not later (Redis has lost its memory).
 */
export function deltaBetween(before: SeatMap, after: SeatMap): Delta | 'snapshot' | undefined {
  if (before === after) return undefined;
  if (after.version <= before.version || after.zones.size !== before.zones.size) return 'snapshot';
  const zones: ZoneDelta[] = [];
  for (const [zoneId, zone] of after.zones) {
    const old = before.zones.get(zoneId);
    if (old === zone) continue;
    if (!old || !isAlike(old, zone)) return 'snapshot';
    const { available, held, sold } = zone;
    const turned = bitsBetween(old, zone);
    const isOther = held !== old.held || sold !== old.sold || turned.taken.length > 0 || turned.freed.length > 0;
    if (isOther) zones.push({ zoneId, available, held, sold, ...turned });
  }
  return { type: 'delta', from: before.version, to: after.version, zones };
}

const isAlike = (one: ZoneSeats, other: ZoneSeats) =>
  one.capacity === other.capacity && one.seats?.rows === other.seats?.rows && one.seats?.columns === other.seats?.columns;

/** Bits are numbered from the highest bit of the first byte. */
function bitsBetween(before: ZoneSeats, after: ZoneSeats): Pick<ZoneDelta, 'taken' | 'freed'> {
  const taken: number[] = [];
  const freed: number[] = [];
  const old = before.seats?.taken ?? Buffer.alloc(0);
  for (const [at, byte] of after.seats?.taken.entries() ?? []) {
    const turned = byte ^ (old[at] ?? 0);
    for (let bit = 0; turned !== 0 && bit < 8; bit++) {
      const mask = 0x80 >> bit;
      if (turned & mask) (byte & mask ? taken : freed).push(at * 8 + bit);
    }
  }
  return { taken, freed };
}
