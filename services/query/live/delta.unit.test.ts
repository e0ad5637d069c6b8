import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createShownMap } from '../../../scripts/testing/live-client.ts';
import type { SeatMap, ZoneSeats } from '../../shared/inventory/read-seats.ts';
import { bytesPerRow, frontCentre, type HallRow } from '../../shared/inventory/zone-layout.ts';
import { type Delta, deltaBetween } from './delta.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';

/** A zone of 2 rows of 10 seats, two bytes per row, with these bits sold and none held. */
function seated(zoneId: number, bits: number[], rows = 2, columns = 10): ZoneSeats {
  const taken = Buffer.alloc(rows * bytesPerRow(columns));
  for (const bit of bits) taken.writeUInt8(taken.readUInt8(bit >> 3) | (0x80 >> (bit & 7)), bit >> 3);
  const capacity = rows * columns;
  const counts = { zoneId, version: 1, capacity, available: capacity - bits.length, held: 0, sold: bits.length, blocked: 0 };
  return { ...counts, seats: { grid: { rows, columns, focus: frontCentre(columns) }, taken } };
}

const withSeats = (zone: ZoneSeats, changes: object) => ({ ...zone, seats: { ...zone.seats, ...changes } }) as ZoneSeats;

const hallRow = (label: string): HallRow => ({ label, seats: Array.from({ length: 10 }, (_, at) => at + 1) });

const standing = (zoneId: number, sold: number, held = 0): ZoneSeats => ({
  zoneId,
  version: 1,
  capacity: 50,
  available: 50 - sold - held,
  held,
  sold,
  blocked: 0,
});

const mapOf = (version: number, ...zones: ZoneSeats[]): SeatMap => ({
  version,
  revision: 'r',
  zones: new Map(zones.map((zone) => [zone.zoneId, zone])),
});

describe('the delta between two states', () => {
  it('is undefined if they are the same', () => {
    const map = mapOf(3, seated(1, [0]));
    expect(deltaBetween(map, map)).toBeUndefined();
  });

  it('has the flipped bits and the counts of the zones that changed', () => {
    const unchanged = seated(1, [5]);
    const before = mapOf(3, unchanged, seated(2, [0, 9, 16]), standing(3, 4));
    const after = mapOf(7, unchanged, seated(2, [0, 8, 25]), standing(3, 4, 2));
    expect(deltaBetween(before, after)).toEqual({
      type: 'delta',
      from: 3,
      to: 7,
      zones: [
        { zoneId: 2, available: 17, held: 0, sold: 3, blocked: 0, taken: [8, 25], freed: [9, 16] },
        { zoneId: 3, available: 44, held: 2, sold: 4, blocked: 0, taken: [], freed: [] },
      ],
    });
  });

  it('has only the versions if what was taken was given back', () => {
    const delta = deltaBetween(mapOf(3, seated(1, [0])), mapOf(5, seated(1, [0])));
    expect(delta).toEqual({ type: 'delta', from: 3, to: 5, zones: [] });
  });

  it('is undefined if only the revision of the inventory differs', () => {
    const map = mapOf(3, seated(1, [0]));
    expect(deltaBetween(map, { ...map, revision: 'other' })).toBeUndefined();
  });

  it('has the seats that were blocked or are no longer, the sold ones among them', () => {
    const blockedIn = (zone: ZoneSeats, byte: number, blocked: number) => ({
      ...withSeats(zone, { blocked: Buffer.from([byte, 0, 0, 0]) }),
      available: 20 - blocked - zone.sold,
      blocked,
    });
    const before = { ...blockedIn(seated(1, [0, 1]), 0b1100_0000, 2), sold: 0, available: 18 };
    const after = { ...blockedIn(seated(1, [0, 1, 2]), 0b0110_0000, 2), sold: 1, available: 17 };
    expect(deltaBetween(mapOf(3, before), mapOf(4, after))).toMatchObject({
      zones: [
        {
          ...{ zoneId: 1, available: 17, held: 0, sold: 1, blocked: 2, taken: [2], freed: [] },
          ...{ blockedSeats: [2], unblockedSeats: [0] },
        },
      ],
    });
    const unblocked = { ...seated(1, [0]), available: 19, sold: 1 };
    expect(deltaBetween(mapOf(3, before), mapOf(4, unblocked))).toMatchObject({
      zones: [{ blocked: 0, taken: [], freed: [1], blockedSeats: [], unblockedSeats: [0, 1] }],
    });
  });

  it.each<[string, SeatMap]>([
    ['a new zone', mapOf(4, seated(1, [0]), standing(2, 0), standing(3, 0))],
    ['a missing zone', mapOf(4, seated(1, [0]))],
    ['a zone replaced by another', mapOf(4, seated(1, [0]), standing(3, 0))],
    ['more rows', mapOf(4, seated(1, [0], 3), standing(2, 0))],
    ['as many seats in another shape', mapOf(4, seated(1, [0], 4, 5), standing(2, 0))],
    ['other labels', mapOf(4, withSeats(seated(1, [0]), { rows: [hallRow('1'), hallRow('2')] }), standing(2, 0))],
    ['another capacity', mapOf(4, seated(1, [0]), { ...standing(2, 0), capacity: 60, available: 60 })],
    ['a version that went back', mapOf(2, seated(1, []), standing(2, 0))],
    ['the same version with other contents', mapOf(3, seated(1, [0]), standing(2, 0))],
  ])('is a snapshot instead for %s', (_what, after) => {
    expect(deltaBetween(mapOf(3, seated(1, [0]), standing(2, 0)), after)).toBe('snapshot');
  });
});

/** The message as a client receives it. */
const sent = <Message extends object>(message: Message) => JSON.parse(JSON.stringify(message)) as Message;

describe('a client', () => {
  const bitsOfZone = [0, 1, 7, 8, 9, 16, 17, 23, 24, 25];
  const state = fc.record({
    seats: fc.array(
      fc.record({
        zoneId: fc.integer({ min: 1, max: 3 }),
        bits: fc.subarray(bitsOfZone),
        blocked: fc.integer({ min: 0, max: 255 }),
      }),
      { maxLength: 3 },
    ),
    standing: fc.option(fc.record({ sold: fc.nat(25), held: fc.nat(25) }), { nil: undefined }),
    versions: fc.integer({ min: 1, max: 5 }),
    newZone: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  });

  it('that applies the deltas of any history to the first snapshot ends with the last state', () => {
    const property = fc.property(fc.array(state, { maxLength: 30 }), (history) => {
      let map = mapOf(0, seated(1, []), seated(2, []), seated(3, []), standing(4, 0));
      const client = createShownMap();
      client.apply(sent(snapshotOf('E', map)));
      for (const { seats, standing: counts, versions, newZone } of history) {
        const zones = new Map(map.zones);
        for (const { zoneId, bits, blocked } of seats) {
          zones.set(zoneId, withSeats(seated(zoneId, bits), blocked === 0 ? {} : { blocked: Buffer.from([blocked, 0, 0, 0]) }));
        }
        if (counts) zones.set(4, standing(4, counts.sold, counts.held));
        if (newZone) zones.set(zones.size + 1, standing(zones.size + 1, 0));
        const next = { ...map, version: map.version + versions, zones };
        const news = deltaBetween(map, next);
        expect(client.apply(sent(news === 'snapshot' ? snapshotOf('E', next) : (news as Delta | Snapshot)))).toBe(true);
        map = next;
      }
      const fresh = createShownMap();
      fresh.apply(sent(snapshotOf('E', map)));
      expect([client.version(), client.zones]).toEqual([fresh.version(), fresh.zones]);
    });
    fc.assert(property);
  });

  it('that missed a delta notices at the next one, and does not apply it', () => {
    const states = [mapOf(0, seated(1, [])), mapOf(1, seated(1, [0])), mapOf(2, seated(1, [0, 1]))] as const;
    const client = createShownMap();
    client.apply(sent(snapshotOf('E', states[0])));
    expect(client.apply(sent(deltaBetween(states[1], states[2]) as Delta))).toBe(false);
    expect(client.zones.get(1)).toMatchObject({ sold: 0, available: 20 });
  });
});
