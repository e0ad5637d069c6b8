import { randomUUID } from 'node:crypto';
import {
  buyersKey,
  countsKey,
  deadlinesKey,
  holdsKey,
  inventoryKey,
  ordersKey,
  rebuildingKey,
  runsKey,
  takenKey,
} from '../../shared/keys.ts';
import type { RedisClient } from '../../shared/redis.ts';
import { rowNumber } from '../../shared/row-label.ts';
import { loadScript, runScript } from '../../shared/script.ts';
import { bitOf, bytesPerRow, parseZones, type ZoneLayout } from '../../shared/zone-layout.ts';
import { type Inventory, layOut, markOpened } from './inventory.ts';
import type { OrderInRedis } from './order.ts';
import type { Sold } from './take-seats.ts';

const reopenScript = loadScript(new URL('lua/reopen-inventory.lua', import.meta.url));

export type SoldOrder = Pick<Sold, 'order' | 'soldAtMs'>;

/** Takes an event off sale: from now on nothing is sold, held or cancelled, and requests are answered with 503. */
export async function closeInventory(redis: RedisClient, eventId: string): Promise<void> {
  await markOpened(redis, [eventId]);
  await redis.del(inventoryKey(eventId));
}

/**
 * Makes an event's inventory anew, of orders alone: every hold is gone. `sequence` is the last one that was given. Begun again it
 * starts from nothing; the event stays off sale until all is there, so it may be broken off anywhere. Throws where an order has
 * a seat that the inventory has not, and where another rebuild of the event began meanwhile.
 */
export async function rebuildInventory(
  redis: RedisClient,
  inventory: Inventory,
  { sequence, orders }: { sequence: number; orders: AsyncIterable<SoldOrder[]> },
): Promise<void> {
  const { eventId } = inventory;
  await closeInventory(redis, eventId);
  const state = [countsKey, takenKey, runsKey, ordersKey, holdsKey, deadlinesKey, buyersKey, rebuildingKey];
  for (const keyOf of state) await redis.unlink(keyOf(eventId));
  const rebuild = randomUUID();
  await layOut(redis, inventory, { inventoryKey: rebuildingKey });
  await redis.hset(rebuildingKey(eventId), { rebuild });

  const fields = await redis.hgetall(rebuildingKey(eventId));
  const tally = startTally(parseZones(fields));
  for await (const batch of orders) {
    for (const { order } of batch) tally.add(order);
    const kept = batch.flatMap(({ order, soldAtMs }) => [order.orderId, `${soldAtMs} ${JSON.stringify(order)}`]);
    if (kept.length > 0) await redis.hset(ordersKey(eventId), ...kept);
  }
  if (tally.taken.length > 0) await redis.set(takenKey(eventId), tally.taken);
  for (const buyers of chunks([...tally.buyers], buyersAtOnce)) await redis.hset(buyersKey(eventId), ...buyers.flat());

  // Later than any version that a client may know: clients read the whole map again.
  const version = Date.now();
  const counts: Record<string, number> = { sequence, version };
  for (const [zoneId, sold] of tally.sold) {
    counts[`sold:${zoneId}`] = sold;
    counts[`version:${zoneId}`] = version;
  }
  const keys = [inventoryKey(eventId), rebuildingKey(eventId), countsKey(eventId)];
  const word = await runScript(redis, reopenScript, keys, [rebuild, JSON.stringify(counts)]);
  if (word !== 'REOPENED') throw new Error(`Another rebuild of ${eventId} began; this one has changed nothing that counts`);
}

const buyersAtOnce = 1_000;

/** Adds up what orders hold: taken seats as Redis keeps them, tickets by zone and by buyer. */
function startTally(layouts: ZoneLayout[]) {
  const zones = new Map(layouts.map((zone) => [zone.zoneId, zone]));
  const bytes = layouts.map(({ firstByte, grid }) => firstByte + (grid ? grid.rows * bytesPerRow(grid.columns) : 0));
  const taken = Buffer.alloc(Math.max(0, ...bytes));
  const sold = new Map(layouts.map(({ zoneId }) => [zoneId, 0]));
  const buyers = new Map<string, number>();
  return {
    taken,
    sold,
    buyers,
    add({ orderId, buyerId, tickets }: OrderInRedis) {
      for (const { ticketId, zoneId, row, column = 0, cancelled, conflicted } of tickets) {
        if (cancelled || conflicted) continue;
        const zone = zones.get(zoneId);
        const bit = row === undefined ? undefined : zone && bitOf(zone, rowNumber(row), column);
        const place = row === undefined ? `zone ${zoneId}` : `seat ${zoneId}/${row}/${column}`;
        const whose = `${place} of ticket ${ticketId}, order ${orderId}`;
        if (!zone || (row !== undefined && bit === undefined))
          throw new Error(`The event has no ${whose}; open it with that first`);
        if (bit !== undefined) setBit(taken, bit, whose);
        sold.set(zoneId, (sold.get(zoneId) ?? 0) + 1);
        if (buyerId !== undefined) buyers.set(buyerId, (buyers.get(buyerId) ?? 0) + 1);
      }
    },
  };
}

function setBit(bytes: Buffer, bit: number, whose: string): void {
  const [at, mask] = [bit >> 3, 128 >> (bit & 7)];
  const byte = bytes[at] ?? 0;
  if (byte & mask) throw new Error(`There is a second live ticket for ${whose}`);
  bytes[at] = byte | mask;
}

function* chunks<T>(list: T[], size: number): Generator<T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
