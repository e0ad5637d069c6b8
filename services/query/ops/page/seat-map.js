/** @import { Snapshot, ZoneSnapshot } from '../../live/snapshot.ts' */
/** @import { Delta } from '../../live/delta.ts' */

/**
 * @typedef {object} ZoneSeats a zone with seats; `taken` has `bytesPerRow` bytes per row, the highest bit being the first column
 * @property {number} rows
 * @property {number} columns
 * @property {number} bytesPerRow
 * @property {Uint8Array} taken
 */

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
      for (const { zoneId, taken, freed } of delta.zones) {
        const zone = zones.get(zoneId);
        if (!zone) continue;
        for (const bit of taken) zone.taken[bit >> 3] = (zone.taken[bit >> 3] ?? 0) | maskOf(bit);
        for (const bit of freed) zone.taken[bit >> 3] = (zone.taken[bit >> 3] ?? 0) & ~maskOf(bit);
        if (taken.length + freed.length > 0) changed.add(zoneId);
      }
      return changed;
    },
  };
}

const maskOf = (/** @type {number} */ bit) => 0x80 >> (bit & 7);

/**
 * @param {ZoneSnapshot} zone
 * @returns {ZoneSeats | undefined} undefined for a zone without seats
 */
function readSeats({ rows, columns, bytesPerRow, taken }) {
  if (rows === undefined || columns === undefined || bytesPerRow === undefined || taken === undefined) return undefined;
  return { rows, columns, bytesPerRow, taken: Uint8Array.from(atob(taken), (byte) => byte.charCodeAt(0)) };
}

/**
 * One pixel per seat, row by row.
 * @param {ZoneSeats} zone
 * @param {{ free: number, taken: number }} colours in ImageData's memory layout
 */
export function paintSeats({ rows, columns, bytesPerRow, taken }, colours) {
  const pixels = new Uint32Array(rows * columns);
  for (let row = 0, pixel = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, pixel++) {
      const byte = taken[row * bytesPerRow + (column >> 3)] ?? 0;
      pixels[pixel] = byte & maskOf(column) ? colours.taken : colours.free;
    }
  }
  return pixels;
}
