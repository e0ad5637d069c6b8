import type { Redis } from 'ioredis';
import { countsKey, inventoryKey, openedEventsKey } from '../keys.ts';
import { loadScript, runScript } from './script.ts';

export type ZoneInventory = {
  zoneId: number;
  /** Absent in a zone without seats (general admission). */
  grid?: { rows: number; columns: number };
  capacity: number;
  priceMinor: number;
};

export type Inventory = { eventId: string; venueId: string; currency: string; onSaleAtMs: number; zones: ZoneInventory[] };

export type OpenOutcome = { kind: 'opened' | 'changed' | 'unchanged' } | { kind: 'refused'; reasons: string[] };

const openInventoryScript = loadScript('open-inventory');

/** Opens an event's inventory, or brings it to what is described; refuses whatever would take from what was sold. */
export async function openInventory(redis: Redis, inventory: Inventory): Promise<OpenOutcome> {
  const { eventId, venueId, currency, onSaleAtMs, zones } = inventory;
  // First the mark, then the inventory: a crash between leaves "unavailable", never "no such event".
  await redis.sadd(openedEventsKey, eventId);
  const rows = zones.map(({ zoneId, grid, capacity, priceMinor }) => [
    zoneId,
    grid?.rows ?? 0,
    grid?.columns ?? 0,
    capacity,
    priceMinor,
  ]);
  const keys = [inventoryKey(eventId), countsKey(eventId)];
  const [word, ...reasons] = (await runScript(redis, openInventoryScript, keys, [
    venueId,
    currency,
    onSaleAtMs,
    JSON.stringify(rows),
  ])) as [string, ...string[]];
  if (word === 'REFUSED') return { kind: 'refused', reasons };
  return { kind: word.toLowerCase() as 'opened' | 'changed' | 'unchanged' };
}

export type InventoryReport = Inventory & { sequence: number; sold: Map<number, number> };

/** What Redis knows of an event, or undefined where it has no inventory. */
export async function readInventory(redis: Redis, eventId: string): Promise<InventoryReport | undefined> {
  const [fields, counts] = await Promise.all([redis.hgetall(inventoryKey(eventId)), redis.hgetall(countsKey(eventId))]);
  const { venueId, currency, onSaleAtMs } = fields;
  if (venueId === undefined || currency === undefined) return undefined;
  const zones: ZoneInventory[] = [];
  const sold = new Map<number, number>();
  for (const [field, value] of Object.entries(fields)) {
    if (!field.startsWith('zone:')) continue;
    const zoneId = Number(field.slice('zone:'.length));
    const [rows = 0, columns = 0, capacity = 0, priceMinor = 0] = value.split(':').map(Number);
    zones.push({ zoneId, ...(rows > 0 && { grid: { rows, columns } }), capacity, priceMinor });
    sold.set(zoneId, Number(counts[`sold:${zoneId}`] ?? 0));
  }
  zones.sort((a, b) => a.zoneId - b.zoneId);
  return { eventId, venueId, currency, onSaleAtMs: Number(onSaleAtMs), zones, sold, sequence: Number(counts.sequence ?? 0) };
}
