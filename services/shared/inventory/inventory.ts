import { randomBytes } from 'node:crypto';
import type { RedisClient } from '../stores/redis.ts';
import { loadScript, runScript } from '../stores/script.ts';
import { countsKey, inventoryKey as liveInventoryKey, openedEventsKey, takenKey } from './keys.ts';
import { parseZones, type ZoneInventory, type ZoneLayout } from './zone-layout.ts';

export type Inventory = {
  eventId: string;
  venueId: string;
  currency: string;
  onSaleAtMs: number;
  /** How long a hold lasts. */
  holdMs: number;
  /** The most tickets that a buyer may have or hold; absent: no limit. */
  ticketsPerBuyer?: number;
  zones: ZoneInventory[];
};

export type OpenOutcome = { kind: 'opened' | 'changed' | 'unchanged' } | { kind: 'refused'; reasons: string[] };

const openInventoryScript = loadScript(new URL('lua/open-inventory.lua', import.meta.url));

/**
 * Opens an event's inventory, or changes it to the given one; refuses changes that would affect tickets sold or held. With `revision`,
 * changes the inventory only if it has that revision ('': only if there is none). With `isDryRun`, changes nothing and returns what
 * the outcome would be.
 */
export async function openInventory(
  redis: RedisClient,
  inventory: Inventory,
  { revision, isDryRun = false }: { revision?: string | undefined; isDryRun?: boolean } = {},
): Promise<OpenOutcome> {
  // First the mark, then the inventory: a crash in between leaves the event "unavailable", never "no such event".
  if (!isDryRun) await markOpened(redis, [inventory.eventId]);
  return await layOut(redis, inventory, { isDryRun, ...(revision !== undefined && { must: ['revision', revision] }) });
}

/** Marks events as opened, so that one whose inventory Redis has lost is reported as unavailable rather than unknown. */
export async function markOpened(redis: RedisClient, eventIds: string[]): Promise<void> {
  if (eventIds.length > 0) await redis.sadd(openedEventsKey, ...eventIds);
}

/** As openInventory, but at any key, so that a rebuild is not sold from yet; `must`: a field of the inventory and its required value. */
export async function layOut(
  redis: RedisClient,
  inventory: Inventory,
  { inventoryKey = liveInventoryKey, must = ['', ''], isDryRun = false }: LayOutOptions,
): Promise<OpenOutcome> {
  const { eventId, venueId, currency, onSaleAtMs, holdMs, ticketsPerBuyer = 0, zones } = inventory;
  const rows = zones.map(({ zoneId, grid, capacity, priceMinor }) => [
    zoneId,
    grid?.rows ?? 0,
    grid?.columns ?? 0,
    capacity,
    priceMinor,
    grid?.focus.row ?? 0,
    grid?.focus.column ?? 0,
  ]);
  const keys = [inventoryKey(eventId), countsKey(eventId), takenKey(eventId)];
  const args = [
    venueId,
    currency,
    onSaleAtMs,
    holdMs,
    ticketsPerBuyer,
    newRevision(),
    JSON.stringify(rows),
    ...must,
    isDryRun ? 'dry' : '',
  ];
  const [word, ...reasons] = (await runScript(redis, openInventoryScript, keys, args)) as [string, ...string[]];
  if (word === 'REFUSED') return { kind: 'refused', reasons };
  if (word === 'STALE')
    return { kind: 'refused', reasons: ['it was changed meanwhile by another "open" or a rebuild; run this again'] };
  return { kind: word.toLowerCase() as 'opened' | 'changed' | 'unchanged' };
}

type LayOutOptions = {
  inventoryKey?: (eventId: string) => string;
  must?: [field: string, value: string];
  isDryRun?: boolean;
};

/** Random, so that an inventory that is opened again after Redis lost it never repeats an earlier revision. */
const newRevision = () => randomBytes(9).toString('base64url');

export type InventoryReport = Inventory & {
  zones: ZoneLayout[];
  revision: string;
  /** True if Redis is a promoted replica that may lack sales of its master: then nothing is sold. */
  mayHaveLost: boolean;
  sequence: number;
  sold: Map<number, number>;
  held: Map<number, number>;
};

/** Reads an event's inventory and counts from Redis; undefined if it has no inventory. */
export async function readInventory(redis: RedisClient, eventId: string): Promise<InventoryReport | undefined> {
  const [fields, counts] = await Promise.all([redis.hgetall(liveInventoryKey(eventId)), redis.hgetall(countsKey(eventId))]);
  const { venueId, currency, onSaleAtMs, holdMs, ticketsPerBuyer, revision = '', lineage } = fields;
  if (venueId === undefined || currency === undefined) return undefined;
  const zones = parseZones(fields);
  const countsOf = (word: 'sold' | 'held') =>
    new Map(zones.map(({ zoneId }) => [zoneId, Number(counts[`${word}:${zoneId}`] ?? 0)]));
  return {
    eventId,
    venueId,
    currency,
    onSaleAtMs: Number(onSaleAtMs),
    holdMs: Number(holdMs),
    ...(Number(ticketsPerBuyer) > 0 && { ticketsPerBuyer: Number(ticketsPerBuyer) }),
    zones,
    revision,
    mayHaveLost: lineage === 'lost',
    sequence: Number(counts.sequence ?? 0),
    sold: countsOf('sold'),
    held: countsOf('held'),
  };
}

/** The last sequence number that Redis assigned for an event, or 0. */
export async function readSequence(redis: RedisClient, eventId: string): Promise<number> {
  return Number((await redis.hget(countsKey(eventId), 'sequence')) ?? 0);
}
