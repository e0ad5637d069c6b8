import { describe, expect, it } from 'vitest';
import { createSeatMap, paintSeats } from './seat-map.js';

const bytes = (...values: number[]) => Buffer.from(values).toString('base64');
const counts = { available: 0, held: 0, sold: 0, blocked: 0 };

/** Zone 1 has 2 rows of 10 seats, two bytes per row, with the first and the last seat taken; zone 2 has no seats. */
function openMap() {
  const map = createSeatMap();
  const seats = { rows: 2, columns: 10, bytesPerRow: 2, taken: bytes(0b1000_0000, 0, 0, 0b0100_0000) };
  const zones = [
    { zoneId: 1, capacity: 20, ...counts, ...seats },
    { zoneId: 2, capacity: 50, ...counts },
  ];
  const changed = map.replace({ type: 'snapshot', eventId: 'Event1', version: 7, zones });
  return { map, changed };
}

/** F for free, T for taken, B for blocked, row by row. */
function seatsOf(map: ReturnType<typeof createSeatMap>, zoneId: number) {
  const zone = map.zones.get(zoneId);
  if (!zone) return undefined;
  const text = Array.from(paintSeats(zone, { free: 0, taken: 1, blocked: 2 }), (pixel) => 'FTB'[pixel]).join('');
  return text.match(new RegExp(`.{${zone.columns}}`, 'g'));
}

describe('the seats of an event', () => {
  it('are drawn as one pixel per seat, without the bits after the last column', () => {
    const { map, changed } = openMap();
    expect(seatsOf(map, 1)).toEqual(['TFFFFFFFFF', 'FFFFFFFFFT']);
    expect(seatsOf(map, 2)).toBeUndefined();
    expect(changed).toEqual(new Set([1]));
  });

  it('change as seats are taken and freed', () => {
    const { map } = openMap();
    const zones = [
      { zoneId: 1, ...counts, taken: [9, 17], freed: [0] },
      { zoneId: 2, ...counts, taken: [], freed: [] },
    ];
    expect(map.apply({ type: 'delta', from: 7, to: 9, zones })).toEqual(new Set([1]));
    expect(seatsOf(map, 1)).toEqual(['FFFFFFFFFT', 'FTFFFFFFFT']);
  });

  it('show which are blocked, until they no longer are', () => {
    const { map } = openMap();
    const zone = { zoneId: 1, ...counts, taken: [1, 2], freed: [], blockedSeats: [1, 2], unblockedSeats: [] };
    expect(map.apply({ type: 'delta', from: 7, to: 8, zones: [zone] })).toEqual(new Set([1]));
    expect(seatsOf(map, 1)).toEqual(['TBBFFFFFFF', 'FFFFFFFFFT']);
    // One of them is sold, the other one freed.
    const later = { zoneId: 1, ...counts, taken: [], freed: [2], blockedSeats: [], unblockedSeats: [1, 2] };
    expect(map.apply({ type: 'delta', from: 8, to: 9, zones: [later] })).toEqual(new Set([1]));
    expect(seatsOf(map, 1)).toEqual(['TTFFFFFFFF', 'FFFFFFFFFT']);
    const seats = { rows: 1, columns: 3, bytesPerRow: 1, taken: bytes(0b1110_0000), blockedSeats: bytes(0b0100_0000) };
    map.replace({ type: 'snapshot', eventId: 'Event1', version: 9, zones: [{ zoneId: 1, capacity: 3, ...counts, ...seats }] });
    expect(seatsOf(map, 1)).toEqual(['TBT']);
  });

  it('stay as they were if a delta was missed, and are right again after a snapshot', () => {
    const { map } = openMap();
    expect(
      map.apply({ type: 'delta', from: 8, to: 9, zones: [{ zoneId: 1, ...counts, taken: [5], freed: [] }] }),
    ).toBeUndefined();
    expect(seatsOf(map, 1)).toEqual(['TFFFFFFFFF', 'FFFFFFFFFT']);
    expect(map.replace({ type: 'snapshot', eventId: 'Event1', version: 9, zones: [] })).toEqual(new Set([1]));
    expect(map.zones.size).toBe(0);
  });

  it('ignore a zone that was in no snapshot', () => {
    const { map } = openMap();
    const zones = [{ zoneId: 3, ...counts, taken: [1], freed: [] }];
    expect(map.apply({ type: 'delta', from: 7, to: 8, zones })).toEqual(new Set());
  });
});
