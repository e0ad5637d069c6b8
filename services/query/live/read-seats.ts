import { Command } from 'ioredis';
import { countsKey, inventoryKey, takenKey } from '../../shared/keys.ts';
import { assertNeverOpened } from '../../shared/opened-events.ts';
import { orUnavailable, type RedisClient } from '../../shared/redis.ts';
import { loadScript, type Script } from '../../shared/script.ts';
import { bytesPerRow, parseZone, parseZones, type ZoneLayout } from '../../shared/zone-layout.ts';

/** How full a zone is. `version` is the event's at the zone's last change, 0 where it never changed. */
export type ZoneCounts = {
  zoneId: number;
  version: number;
  capacity: number;
  available: number;
  /** Holds that are over and not swept yet among them. */
  held: number;
  sold: number;
};

/** `taken` has bytesPerRow(columns) bytes a row; a seat's bit, the first column's being the highest, is 1 while it is taken. */
export type Seats = { rows: number; columns: number; taken: Buffer };

/** `seats` is absent in a zone without seats (general admission). */
export type ZoneSeats = ZoneCounts & { seats?: Seats };

/** An event at one moment, zones by id; `version` counts the changes of what is available. A change makes another map. */
export type SeatMap = { version: number; zones: ReadonlyMap<number, ZoneSeats> };

const readSeatsScript = loadScript(new URL('lua/read-seats.lua', import.meta.url));
const readCountsScript = loadScript(new URL('lua/read-counts.lua', import.meta.url));
const readZoneScript = loadScript(new URL('lua/read-zone.lua', import.meta.url));

/**
 * An event's seats, or undefined where there is no such event. Given the `known` ones it reads what changed since; what did
 * not is the same object, be it a zone or the map. Throws an UnavailableError.
 */
export async function readSeatMap(redis: RedisClient, eventId: string, known?: SeatMap): Promise<SeatMap | undefined> {
  const reply = await run(redis, eventId, readSeatsScript, seatKeys(eventId), known?.version ?? -1);
  if (!reply) return undefined;
  const [word, version, ...rest] = reply as ['ALL' | 'CHANGED' | 'UNCHANGED', number, ...unknown[]];
  switch (word) {
    case 'UNCHANGED':
      return known;
    case 'ALL': {
      const [inventory, counts, taken] = rest as [Buffer[], Buffer[], Buffer];
      const zones = zonesIn(fieldsOf(inventory), fieldsOf(counts)).map(({ layout, counted }) => ({
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
      return { version, zones };
    }
    default:
      throw word satisfies never;
  }
}

/** The seats of one zone, or which of the two there is not. Throws an UnavailableError. */
export async function readZone(
  redis: RedisClient,
  eventId: string,
  zoneId: number,
): Promise<ZoneSeats | 'EVENT_NOT_FOUND' | 'ZONE_NOT_FOUND'> {
  const reply = (await run(redis, eventId, readZoneScript, seatKeys(eventId), zoneId)) as
    | ['ZONE', ZoneReply]
    | ['ZONE_NOT_FOUND']
    | undefined;
  if (!reply) return 'EVENT_NOT_FOUND';
  return reply[0] === 'ZONE' ? zoneOf(reply[1]) : 'ZONE_NOT_FOUND';
}

/** How full an event's zones are, in the order of their ids, or undefined where there is no such event. Throws an UnavailableError. */
export async function readCounts(
  redis: RedisClient,
  eventId: string,
): Promise<{ version: number; zones: ZoneCounts[] } | undefined> {
  const keys = [inventoryKey(eventId), countsKey(eventId)];
  const reply = (await run(redis, eventId, readCountsScript, keys)) as ['COUNTS', Buffer[], Buffer[]] | undefined;
  if (!reply) return undefined;
  const [inventory, counts] = [fieldsOf(reply[1]), fieldsOf(reply[2])];
  return { version: Number(counts['version'] ?? 0), zones: zonesIn(inventory, counts).map(({ counted }) => counted) };
}

function seatKeys(eventId: string): string[] {
  const keys = [inventoryKey(eventId), countsKey(eventId), takenKey(eventId)];
  return keys;
}

/** What a script replies, or undefined where there is no such event. */
async function run(
  redis: RedisClient,
  eventId: string,
  script: Script,
  keys: string[],
  ...args: number[]
): Promise<unknown[] | undefined> {
  const [word, ...rest] = (await orUnavailable(runForBytes(redis, script, keys, args))) as [Buffer, ...unknown[]];
  if (String(word) !== 'NO_INVENTORY') return [String(word), ...rest];
  await assertNeverOpened(redis, eventId);
  return undefined;
}

/** runScript, for replies that are not text; ioredis' own way to such, callBuffer, fails where it pipelines by itself. */
async function runForBytes(redis: RedisClient, { sha, source }: Script, keys: string[], args: (string | number)[]) {
  const send = (name: string, script: string) =>
    redis.sendCommand(new Command(name, [script, keys.length, ...keys, ...args], { replyEncoding: null }));
  try {
    return await send('evalsha', sha);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return await send('eval', source);
  }
}

type Fields = Record<string, string>;

/** A zone as lib/zone.lua gives it. */
type ZoneReply = [zoneId: number, field: Buffer, version: number, sold: number, held: number, bytes: Buffer];

function fieldsOf(flat: Buffer[]): Fields {
  const fields: Fields = {};
  for (let at = 0; at < flat.length; at += 2) fields[String(flat[at])] = String(flat[at + 1]);
  return fields;
}

/** An inventory's zones in the order of their ids. */
function zonesIn(inventory: Fields, counts: Fields): { layout: ZoneLayout; counted: ZoneCounts }[] {
  return parseZones(inventory).map((layout) => {
    const count = (word: string) => Number(counts[`${word}:${layout.zoneId}`] ?? 0);
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

/** `bytes` begin with the zone's; what they do not reach is free. */
function seatsOf({ grid }: ZoneLayout, bytes: Buffer): { seats?: Seats } {
  if (!grid) return {};
  const taken = Buffer.alloc(grid.rows * bytesPerRow(grid.columns));
  bytes.copy(taken);
  return { seats: { rows: grid.rows, columns: grid.columns, taken } };
}
