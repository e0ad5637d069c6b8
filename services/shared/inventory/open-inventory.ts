import { randomBytes } from 'node:crypto';
import { getOrInsertComputed } from '../basics/get-or-insert.ts';
import { countOf } from '../basics/text.ts';
import type { RedisClient } from '../stores/redis.ts';
import { loadScript, runScript } from '../stores/script.ts';
import { mainOrganiser } from '../terms/identifiers.ts';
import { type Arrangement, arrangeZones, type Current } from './arrange-zones.ts';
import type { Inventory } from './inventory.ts';
import { blockedKey, countsKey, inventoryKey as liveInventoryKey, openedEventsKey, runsKey, takenKey } from './keys.ts';
import { bytesPerRow, parseZones, seatAt } from './zone-layout.ts';

export type OpenOutcome = { kind: 'opened' | 'changed' | 'unchanged' } | { kind: 'refused'; reasons: string[] };

const openInventoryScript = loadScript(new URL('lua/open-inventory.lua', import.meta.url));

/** Nobody changes an inventory this often within a few round trips to Redis. */
const maxTries = 10;

/**
 * Opens an event's inventory, or changes it to the given one; refuses changes that would affect tickets sold or held, or blocked seats.
 * With `revision`, changes the inventory only if it has that revision ('': only if there is none). With `isDryRun`, changes nothing and
 * returns what the outcome would be.
 */
export async function openInventory(
  redis: RedisClient,
  inventory: Inventory,
  options: { revision?: string | undefined; isDryRun?: boolean } = {},
): Promise<OpenOutcome> {
  // First the mark, then the inventory: a crash in between leaves the event "unavailable", never "no such event".
  if (!options.isDryRun) await markOpened(redis, [inventory.eventId]);
  return await layOut(redis, inventory, options);
}

/** Marks events as opened, so that one whose inventory Redis has lost is reported as unavailable rather than unknown. */
export async function markOpened(redis: RedisClient, eventIds: string[]): Promise<void> {
  if (eventIds.length > 0) await redis.sadd(openedEventsKey, ...eventIds);
}

type LayOutOptions = {
  /** Another key than that of the event's inventory, so that a rebuild is not sold from yet. */
  inventoryKey?: (eventId: string) => string;
  /** The id of the rebuild that must still be the current one; instead of a revision. */
  rebuild?: string;
  revision?: string | undefined;
  isDryRun?: boolean;
};

/** As openInventory, but does not mark the event as opened. */
export async function layOut(redis: RedisClient, inventory: Inventory, options: LayOutOptions): Promise<OpenOutcome> {
  const { inventoryKey = liveInventoryKey, rebuild, revision, isDryRun = false } = options;
  const { eventId } = inventory;
  for (let tried = 0; tried < maxTries; tried++) {
    const before = await redis.hgetall(inventoryKey(eventId));
    const expected = rebuild === undefined ? ['revision', before.revision ?? ''] : ['rebuild', rebuild];
    if (revision !== undefined && revision !== expected[1]) break;
    const current = currentOf(before);
    const arranged = arrangeZones(inventory.zones, current);
    const { masks, absent, blocked, bytes } = joinBytes(arranged);
    const change = {
      expected,
      revision: newRevision(),
      isDryRun,
      fields: { ...fieldsOf(inventory, arranged), ...arranged.fields },
      zones: parseZones(arranged.fields).map(({ zoneId, capacity, grid, firstByte, firstRow, views = 0 }) => [
        ...[zoneId, capacity, firstByte, grid ? grid.rows * bytesPerRow(grid.columns) : 0, firstRow, grid?.rows ?? 0, views],
      ]),
      changes: arranged.changes.map(({ absent: _, ...moved }) => moved),
    };
    const keys = [inventoryKey(eventId), countsKey(eventId), takenKey(eventId), blockedKey(eventId), runsKey(eventId)];
    const args = [JSON.stringify(change), bytes, JSON.stringify({ masks, absent, blocked })];
    const reply = (await runScript(redis, openInventoryScript, keys, args)) as string;
    const [word, reasons = [], seats = []] = JSON.parse(reply) as [string, string[]?, SeatInUse[]?];
    if (word === 'REFUSED') return { kind: 'refused', reasons: [...Object.values(reasons), ...seatsInUse(current, seats)] };
    if (word !== 'STALE') return { kind: word.toLowerCase() as 'opened' | 'changed' | 'unchanged' };
    // No later rebuild ends by itself, and a caller who names a revision wants no other.
    if (rebuild !== undefined || revision !== undefined) break;
  }
  return { kind: 'refused', reasons: ['it was changed meanwhile by another "open" or a rebuild; run this again'] };
}

function currentOf(fields: Record<string, string>): Current {
  const zones = new Map(parseZones(fields).map((zone) => [zone.zoneId, zone]));
  return { zones, nextByte: Number(fields.nextByte ?? 0), nextRow: Number(fields.nextRow ?? 0) };
}

/** The inventory's fields that are not about one zone. Optional ones are absent, as in inventories from before they existed. */
const fieldsOf = (inventory: Inventory, { nextByte, nextRow }: Arrangement): Record<string, string> => {
  const {
    organiserId = mainOrganiser,
    buyers = 'anyone',
    payment = 'none',
    venueId,
    currency,
    onSaleAtMs,
    offSaleAtMs,
  } = inventory;
  const { holdMs, ticketsPerBuyer = 0, ticketsPerOrder, offer } = inventory;
  return {
    ...(organiserId !== mainOrganiser && { organiser: organiserId }),
    ...(buyers !== 'anyone' && { buyers }),
    ...(payment !== 'none' && { payment }),
    venueId,
    currency,
    onSaleAtMs: String(onSaleAtMs),
    ...(offSaleAtMs !== undefined && { offSaleAtMs: String(offSaleAtMs) }),
    holdMs: String(holdMs),
    ticketsPerBuyer: String(ticketsPerBuyer),
    ...(ticketsPerOrder !== undefined && { ticketsPerOrder: String(ticketsPerOrder) }),
    ...(offer && { offer: JSON.stringify(offer) }),
    nextByte: String(nextByte),
    nextRow: String(nextRow),
  };
};

/** Joins the bytes of masks and blocks, because JSON cannot contain them; a part is its first and last byte, from 1. */
function joinBytes({ masks, changes, blocked }: Arrangement) {
  const parts: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer): [first: number, last: number] => {
    parts.push(part);
    length += part.length;
    return [length - part.length + 1, length];
  };
  return {
    masks: Object.entries(masks).map(([field, mask]) => [field, ...add(mask)]),
    absent: changes.map(({ absent }) => add(absent)),
    blocked: [...blocked].map(([zoneId, bits]) => [zoneId, ...add(bits)]),
    bytes: Buffer.concat(parts),
  };
}

type SeatInUse = [zoneId: number, bit: number, word: 'taken' | 'blocked'];

/** Names the seats that a refused change would remove, row by row. */
function seatsInUse({ zones }: Current, seats: SeatInUse[]): string[] {
  const rows = new Map<string, string[]>();
  for (const [zoneId, bit, word] of Object.values(seats)) {
    const zone = zones.get(zoneId);
    const width = bytesPerRow(zone?.grid?.columns ?? 0) * 8;
    const seat = zone && seatAt(zone, { row: Math.floor(bit / width) + 1, column: (bit % width) + 1 });
    const is = word === 'taken' ? 'sold or held' : 'blocked';
    if (seat) getOrInsertComputed(rows, `zone ${zoneId}, row ${seat.row}`, () => []).push(`seat ${seat.column} (${is})`);
  }
  return [...rows].map(([row, list]) => `${row} would lose ${countOf(list.length, 'seat')}: ${list.join(', ')}`);
}

/** Random, so that an inventory that is opened again after Redis lost it never repeats an earlier revision. */
const newRevision = () => randomBytes(9).toString('base64url');
