import { isDeepStrictEqual } from 'node:util';
import { Command } from 'ioredis';
import { orUnavailable, type RedisClient } from '../stores/redis.ts';
import { loadScript, type Script } from '../stores/script.ts';
import { blockedKey, countsKey, inventoryKey, takenKey } from './keys.ts';
import { assertNeverOpened } from './opened-events.ts';
import { bytesPerRow, type Grid, type HallRow, parseZones, type ZoneLayout } from './zone-layout.ts';

/** How full a zone is. `version` is the event's at the zone's last change, 0 if the zone never changed. */
type ZoneCounts = {
  zoneId: number;
  version: number;
  /** All seats: capacity = available + held + sold + blocked. */
  capacity: number;
  available: number;
  /** Includes holds that have expired but have not been swept yet. */
  held: number;
  sold: number;
  /** Not for sale, and neither held nor sold. */
  blocked: number;
};

/**
 * `taken` has bytesPerRow(columns) bytes per row, the highest bit being the first column. A position's bit is 1 while its seat is sold,
 * held or blocked, and always if it has no seat. `blocked`: the blocked seats in the same form; absent if there are none. `rows`: the
 * labels of a hall.
 */
export type Seats = { grid: Grid; rows?: HallRow[]; taken: Buffer; blocked?: Buffer };

/** `seats` is absent in a zone without seats (general admission). */
export type ZoneSeats = ZoneCounts & { seats?: Seats };

/**
 * An event at one moment, zones in order of id; `version` counts the changes of availability, and `revision` is its inventory's. A
 * changed event is a new map.
 */
export type SeatMap = { version: number; revision: string; zones: ReadonlyMap<number, ZoneSeats> };

const readSeatsScript = loadScript(new URL('lua/read-seats.lua', import.meta.url));

/**
 * An event's seats, or undefined if there is no such event. Given the `known` seats, reads only what has changed since, unless layouts
 * may have changed too; an unchanged zone or map is the same object. Throws an UnavailableError.
 */
export async function readSeatMap(redis: RedisClient, eventId: string, known?: SeatMap): Promise<SeatMap | undefined> {
  const reply = await orUnavailable(runForBytes(redis, readSeatsScript, eventId, known));
  const [word, version, ...rest] = reply as [Buffer, number, ...unknown[]];
  switch (String(word)) {
    case 'NO_INVENTORY':
      await assertNeverOpened(redis, eventId);
      return undefined;
    case 'UNCHANGED':
      return known;
    case 'ALL': {
      const [inventory, counts, taken, blocked] = rest as [Buffer[], Buffer[], Buffer, Buffer];
      const fields = fieldsOf(inventory);
      const countOf = fieldsOf(counts);
      const zones = parseZones(fields).map((layout): [number, ZoneSeats] => {
        const zone = zoneOf(layout, countOf, taken, blocked);
        const before = known?.zones.get(zone.zoneId);
        return [zone.zoneId, before && isDeepStrictEqual(before, zone) ? before : zone];
      });
      return { version, revision: fields.revision ?? '', zones: new Map(zones) };
    }
    case 'CHANGED': {
      const zones = new Map(known?.zones);
      for (const zone of rest as ZoneReply[]) {
        const before = zones.get(zone[0]);
        if (before) zones.set(zone[0], changed(before, zone));
      }
      return { version, revision: known?.revision ?? '', zones };
    }
    default:
      throw new Error(`read-seats.lua replied ${word}`);
  }
}

/** Like runScript, for binary replies. ioredis' own callBuffer fails with auto-pipelining. */
async function runForBytes(redis: RedisClient, { sha, source }: Script, eventId: string, known?: SeatMap) {
  const keys = [inventoryKey(eventId), countsKey(eventId), takenKey(eventId), blockedKey(eventId)];
  const args = [known?.revision ?? '', known?.version ?? -1];
  const send = (name: string, script: string) =>
    redis.sendCommand(new Command(name, [script, keys.length, ...keys, ...args], { replyEncoding: null }));
  try {
    return await send('evalsha', sha);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return await send('eval', source);
  }
}

/** A zone as lib/zone-state.lua returns it. */
type ZoneReply = [
  zoneId: number,
  version: number,
  sold: number,
  held: number,
  blocked: number,
  takenBytes: Buffer,
  blockedBytes: Buffer,
];

/** A hash's fields, from the flat list that HGETALL returns to a script, without the masks, which are bytes and long. */
function fieldsOf(flat: Buffer[]): Record<string, string> {
  const names = Array.from({ length: flat.length / 2 }, (_, at) => String(flat[2 * at]));
  return Object.fromEntries(
    names.flatMap((name, at): [string, string][] => (name.startsWith('mask:') ? [] : [[name, String(flat[2 * at + 1])]])),
  );
}

function zoneOf(layout: ZoneLayout, counts: Record<string, string>, taken: Buffer, blocked: Buffer): ZoneSeats {
  const { zoneId, grid, rows, firstByte } = layout;
  const count = (word: string) => Number(counts[`${word}:${zoneId}`] ?? 0);
  const counted = countsOf(layout, count('version'), count('sold'), count('held'), count('blocked'));
  if (!grid) return counted;
  const bits = bitsOf(grid, taken.subarray(firstByte), blocked.subarray(firstByte));
  return { ...counted, seats: { grid, ...(rows && { rows }), ...bits } };
}

/** A zone whose layout is as before. */
function changed(before: ZoneSeats, [, version, sold, held, blocked, takenBytes, blockedBytes]: ZoneReply): ZoneSeats {
  const counted = countsOf(before, version, sold, held, blocked);
  if (!before.seats) return counted;
  const { grid, rows } = before.seats;
  return { ...counted, seats: { grid, ...(rows && { rows }), ...bitsOf(grid, takenBytes, blockedBytes) } };
}

const countsOf = (
  { zoneId, capacity }: Pick<ZoneCounts, 'zoneId' | 'capacity'>,
  version: number,
  sold: number,
  held: number,
  blocked: number,
): ZoneCounts => ({ zoneId, version, capacity, available: capacity - sold - held - blocked, held, sold, blocked });

/** The bytes start at the zone's first byte; beyond their end, bits are 0. */
function bitsOf(grid: Grid, takenBytes: Buffer, blockedBytes: Buffer): Pick<Seats, 'taken' | 'blocked'> {
  const length = grid.rows * bytesPerRow(grid.columns);
  const sized = (bytes: Buffer) => {
    const own = Buffer.alloc(length);
    bytes.copy(own);
    return own;
  };
  const isAnyBlocked = blockedBytes.subarray(0, length).some((byte) => byte !== 0);
  return { taken: sized(takenBytes), ...(isAnyBlocked && { blocked: sized(blockedBytes) }) };
}
