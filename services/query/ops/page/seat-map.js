/** @import { Snapshot, ZoneSnapshot } from '../../live/snapshot.ts' */
/** @import { Delta } from '../../live/delta.ts' */

/** @typedef {'free' | 'taken' | 'blocked'} SeatState */
/** @typedef {ReturnType<typeof createZoneSeats>} ZoneSeats */

/** An event's seats as the public WebSocket sends them (routes/live.ts). */
export function createSeatMap() {
  /** @type {Map<number, ZoneSeats>} */
  const zones = new Map();
  /** @type {number | undefined} */
  let version;
  return {
    zones,

    /** Applies a snapshot. Returns the zones to draw. @param {Snapshot} snapshot */
    replace(snapshot) {
      const gone = [...zones.keys()];
      zones.clear();
      for (const zone of snapshot.zones) {
        const seats = readSeats(zone);
        if (seats) zones.set(zone.zoneId, seats);
      }
      version = snapshot.version;
      return new Set([...gone, ...zones.keys()]);
    },

    /** Applies a delta. Returns the zones to draw, or undefined if an earlier delta was missed. @param {Delta} delta */
    apply(delta) {
      if (delta.from !== version) return undefined;
      version = delta.to;
      /** @type {Set<number>} */
      const changed = new Set();
      for (const { zoneId, taken, freed, blockedSeats = [], unblockedSeats = [] } of delta.zones) {
        const zone = zones.get(zoneId);
        if (!zone) continue;
        turn(zone.taken, taken, freed);
        turn(zone.blocked, blockedSeats, unblockedSeats);
        if (taken.length + freed.length + blockedSeats.length + unblockedSeats.length > 0) changed.add(zoneId);
      }
      return changed;
    },
  };
}

const maskOf = (/** @type {number} */ bit) => 0x80 >> (bit & 7);

/** @param {Uint8Array} bytes @param {number[]} set @param {number[]} cleared */
function turn(bytes, set, cleared) {
  for (const bit of set) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | maskOf(bit);
  for (const bit of cleared) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~maskOf(bit);
}

/**
 * @param {ZoneSnapshot} zone
 * @returns {ZoneSeats | undefined} undefined for a zone without seats
 */
function readSeats({ rows, columns, bytesPerRow, taken, blockedSeats }) {
  if (rows === undefined || columns === undefined || bytesPerRow === undefined || taken === undefined) return undefined;
  const bits = bytesOf(taken);
  const blocked = blockedSeats === undefined ? new Uint8Array(bits.length) : bytesOf(blockedSeats);
  return createZoneSeats({ rows, columns, bytesPerRow, taken: bits, blocked });
}

const bytesOf = (/** @type {string} */ base64) => Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));

/**
 * A zone with seats; its bitmaps have `bytesPerRow` bytes per row, the highest bit being the first column.
 * @param {{ rows: number, columns: number, bytesPerRow: number, taken: Uint8Array, blocked: Uint8Array }} of
 */
const createZoneSeats = (of) => ({
  ...of,

  /** @param {number} bit counted from the zone's first @returns {SeatState} */
  stateOf(bit) {
    const [at, mask] = [bit >> 3, maskOf(bit)];
    if ((of.blocked[at] ?? 0) & mask) return 'blocked';
    return (of.taken[at] ?? 0) & mask ? 'taken' : 'free';
  },
});

/**
 * One pixel per seat, row by row.
 * @param {ZoneSeats} zone
 * @param {Record<SeatState, number>} colours in ImageData's memory layout
 */
export function paintSeats({ rows, columns, bytesPerRow, stateOf }, colours) {
  const pixels = new Uint32Array(rows * columns);
  for (let row = 0, pixel = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, pixel++) pixels[pixel] = colours[stateOf(row * bytesPerRow * 8 + column)];
  }
  return pixels;
}
