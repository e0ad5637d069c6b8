import { randomBytes } from 'node:crypto';
import { countsKey, inventoryKey as liveInventoryKey, openedEventsKey, takenKey } from '../../shared/keys.ts';
import type { RedisClient } from '../../shared/redis.ts';
import { loadScript, runScript } from '../../shared/script.ts';
import { parseZones, type ZoneInventory, type ZoneLayout } from '../../shared/zone-layout.ts';

export type Inventory = {
  eventId: string;
  venueId: string;
  currency: string;
  onSaleAtMs: number;
  /** How long a hold lasts. */
  holdMs: number;
  /** Most tickets that a buyer may have or hold; absent: no limit. */
  ticketsPerBuyer?: number;
  zones: ZoneInventory[];
};

export type OpenOutcome = { kind: 'opened' | 'changed' | 'unchanged' } | { kind: 'refused'; reasons: string[] };

const openInventoryScript = loadScript(new URL('lua/open-inventory.lua', import.meta.url));

/**
 * Opens an event's inventory, or brings it to what is described; refuses whatever would take from what was sold or is held. With
 * `revision`, only an inventory that has it ('': only a new one) is changed; with `isDryRun`, nothing is, and the outcome is what it
 * would be.
 */
export async function openInventory(
  redis: RedisClient,
  inventory: Inventory,
  { revision, isDryRun = false }: { revision?: string | undefined; isDryRun?: boolean } = {},
): Promise<OpenOutcome> {
  // First the mark, then the inventory: a crash between leaves "unavailable", never "no such event".
  if (!isDryRun) await markOpened(redis, [inventory.eventId]);
  return await layOut(redis, inventory, { isDryRun, ...(revision !== undefined && { must: ['revision', revision] }) });
}

/** Has Redis know these events, so that one whose inventory it has not is unavailable, rather than no event at all. */
export async function markOpened(redis: RedisClient, eventIds: string[]): Promise<void> {
  if (eventIds.length > 0) await redis.sadd(openedEventsKey, ...eventIds);
}

/** openInventory, at another key until it may be sold by; `must`: a field of the inventory and the value that it must have. */
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
    return { kind: 'refused', reasons: ['it was changed meanwhile, by another "open" or a rebuild; run this again'] };
  return { kind: word.toLowerCase() as 'opened' | 'changed' | 'unchanged' };
}

type LayOutOptions = {
  inventoryKey?: (eventId: string) => string;
  must?: [field: string, value: string];
  isDryRun?: boolean;
};

/** At random: an inventory that is opened anew has none that it had before its Redis lost it. */
const newRevision = () => randomBytes(9).toString('base64url');

export type InventoryReport = Inventory & {
  zones: ZoneLayout[];
  revision: string;
  /** True if Redis was promoted and may lack sales of its master: nothing is sold. */
  mayHaveLost: boolean;
  sequence: number;
  sold: Map<number, number>;
  held: Map<number, number>;
};

/** What Redis knows of an event, or undefined if it has no inventory. */
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
