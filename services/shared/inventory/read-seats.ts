import { Command } from 'ioredis';
import { orUnavailable, type RedisClient } from '../stores/redis.ts';
import { loadScript, type Script } from '../stores/script.ts';
import { countsKey, inventoryKey, takenKey } from './keys.ts';
import { assertNeverOpened } from './opened-events.ts';
import { bytesPerRow, parseZone, parseZones, type ZoneLayout } from './zone-layout.ts';

/** How full a zone is. `version` is the event's at the zone's last change, 0 if the zone never changed. */
type ZoneCounts = {
  zoneId: number;
  version: number;
  capacity: number;
  available: number;
  /** Includes holds that have expired but have not been swept yet. */
  held: number;
  sold: number;
};

/** `taken` has bytesPerRow(columns) bytes per row, the highest bit being the first column; a seat's bit is 1 while it is taken. */
export type Seats = { rows: number; columns: number; taken: Buffer };

/** `seats` is absent in a zone without seats (general admission). */
export type ZoneSeats = ZoneCounts & { seats?: Seats };

/** An event at one moment, zones in order of id; `version` counts the changes of availability. A changed event is a new map. */
export type SeatMap = { version: number; zones: ReadonlyMap<number, ZoneSeats> };

const readSeatsScript = loadScript(new URL('lua/read-seats.lua', import.meta.url));

/**
 * An event's seats, or undefined if there is no such event. Given the `known` seats, reads only what has changed since; an unchanged
 * zone or map is the same object. Throws an UnavailableError.
 */
export async function readSeatMap(redis: RedisClient, eventId: string, known?: SeatMap): Promise<SeatMap | undefined> {
  const reply = await orUnavailable(runForBytes(redis, readSeatsScript, eventId, known?.version ?? -1));
  const [word, version, ...rest] = reply as [Buffer, number, ...unknown[]];
  switch (String(word)) {
    case 'NO_INVENTORY':
      await assertNeverOpened(redis, eventId);
      return undefined;
    case 'UNCHANGED':
      return known;
    case 'ALL': {
      const [inventory, counts, taken] = rest as [Buffer[], Buffer[], Buffer];
      const zones = zonesIn(Object.fromEntries(fieldsOf(inventory)), new Map(fieldsOf(counts))).map(({ layout, counted }) => ({
        ...counted,
        ...seatsOf(layout, taken.subarray(layout.firstByte)),
      }));
      return { version, zones: new Map(zones.map((zone) => [zone.zoneId, zone])) };
    }
    case 'CHANGED': {
      const zones = new Map(known?.zones);
      for (const zone of rest as ZoneReply[]) {
        const [zoneId, field] = zone;
        if (field.length > 0) zones.set(zoneId, zoneOf(zone));
        else zones.delete(zoneId);
      }
      return { version, zones: new Map([...zones].toSorted(([a], [b]) => a - b)) };
    }
    default:
      throw new Error(`read-seats.lua replied ${word}`);
  }
}

/** Like runScript, for binary replies. ioredis' own callBuffer fails with auto-pipelining. */
async function runForBytes(redis: RedisClient, { sha, source }: Script, eventId: string, knownVersion: number) {
  const keys = [inventoryKey(eventId), countsKey(eventId), takenKey(eventId)];
  const send = (name: string, script: string) =>
    redis.sendCommand(new Command(name, [script, keys.length, ...keys, knownVersion], { replyEncoding: null }));
  try {
    return await send('evalsha', sha);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return await send('eval', source);
  }
}

/** A zone as lib/zone.lua returns it. */
type ZoneReply = [zoneId: number, field: Buffer, version: number, sold: number, held: number, bytes: Buffer];

/** A hash's fields, from the flat list that HGETALL returns to a script. */
function fieldsOf(flat: Buffer[]): [name: string, value: string][] {
  return Array.from({ length: flat.length / 2 }, (_, at) => [String(flat[2 * at]), String(flat[2 * at + 1])]);
}

/** An inventory's zones in order of id. */
function zonesIn(
  inventory: Record<string, string>,
  counts: ReadonlyMap<string, string>,
): { layout: ZoneLayout; counted: ZoneCounts }[] {
  return parseZones(inventory).map((layout) => {
    const count = (word: string) => Number(counts.get(`${word}:${layout.zoneId}`) ?? 0);
    return { layout, counted: countsOf(layout, count('version'), count('sold'), count('held')) };
  });
}

function zoneOf([zoneId, field, version, sold, held, bytes]: ZoneReply): ZoneSeats {
  const layout = parseZone(zoneId, String(field));
  return { ...countsOf(layout, version, sold, held), ...seatsOf(layout, bytes) };
}

const countsOf = ({ zoneId, capacity }: ZoneLayout, version: number, sold: number, held: number): ZoneCounts => ({
  zoneId,
  version,
  capacity,
  available: capacity - sold - held,
  held,
  sold,
});

/** `bytes` starts at the zone's first byte; seats beyond its end are free. */
function seatsOf({ grid }: ZoneLayout, bytes: Buffer): { seats?: Seats } {
  if (!grid) return {};
  const taken = Buffer.alloc(grid.rows * bytesPerRow(grid.columns));
  bytes.copy(taken);
  return { seats: { rows: grid.rows, columns: grid.columns, taken } };
}
