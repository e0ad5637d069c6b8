import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../stores/redis.ts';
import { loadScript, runScript } from '../stores/script.ts';
import { rowNumber } from '../terms/row-label.ts';
import type { Sold } from './decisions.ts';
import { type Inventory, layOut, markOpened } from './inventory.ts';
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
} from './keys.ts';
import type { OrderInRedis } from './order.ts';
import { bitOf, bytesPerRow, parseZones, type ZoneLayout } from './zone-layout.ts';

const beginScript = loadScript(new URL('lua/begin-rebuild.lua', import.meta.url));
const writeScript = loadScript(new URL('lua/write-rebuild.lua', import.meta.url));
const reopenScript = loadScript(new URL('lua/reopen-inventory.lua', import.meta.url));

export type SoldOrder = Pick<Sold, 'order' | 'soldAtMs'>;

/**
 * Takes an event off sale: from now on nothing is sold, held or cancelled, and requests get a 503. Sold tickets stay where they are.
 * Returns the id of the rebuild that may put the event on sale again; a rebuild that began earlier no longer may.
 */
export async function beginRebuild(redis: RedisClient, eventId: string): Promise<string> {
  await markOpened(redis, [eventId]);
  const rebuild = randomUUID();
  const keys = [inventoryKey(eventId), rebuildingKey(eventId)];
  await runScript(redis, beginScript, keys, [rebuild]);
  return rebuild;
}

/**
 * Rebuilds an event's inventory from orders alone: all holds are lost. `rebuild` is the id from beginRebuild, `sequence` the sequence
 * number to continue from. The event stays off sale until the rebuild is complete, so it can be interrupted at any point and started
 * again. Throws if the inventory lacks an order's seat, or if another rebuild of the event began meanwhile; that one is not disturbed.
 */
export async function rebuildInventory(
  redis: RedisClient,
  inventory: Inventory,
  { rebuild, sequence, orders }: { rebuild: string; sequence: number; orders: AsyncIterable<SoldOrder[]> },
): Promise<void> {
  const { eventId } = inventory;
  const superseded = () => new Error(`Another rebuild of ${eventId} began meanwhile; this one has no effect`);
  const write = async (part: 'nothing' | 'orders' | 'buyers' | 'taken', values: (string | number | Buffer)[] = []) => {
    const keys = [
      rebuildingKey(eventId),
      takenKey(eventId),
      runsKey(eventId),
      ordersKey(eventId),
      holdsKey(eventId),
      deadlinesKey(eventId),
      buyersKey(eventId),
    ];
    const word = await runScript(redis, writeScript, keys, [rebuild, part, ...values]);
    if (word !== 'WRITTEN') throw superseded();
  };
  const laidOut = await layOut(redis, inventory, { inventoryKey: rebuildingKey, must: ['rebuild', rebuild] });
  if (laidOut.kind === 'refused') throw superseded();
  await write('nothing');

  const counted = startCount(parseZones(await redis.hgetall(rebuildingKey(eventId))));
  for await (const batch of orders) {
    for (const { order } of batch) counted.add(order);
    const kept = batch.map(({ order, soldAtMs }) => [order.orderId, `${soldAtMs} ${JSON.stringify(order)}`]);
    for (const some of chunks(kept, fieldsAtOnce)) await write('orders', some.flat());
  }
  if (counted.taken.length > 0) await write('taken', [counted.taken]);
  for (const some of chunks([...counted.buyers], fieldsAtOnce)) await write('buyers', some.flat());

  // Later than any version that a client may have, so that clients read the whole map again.
  const version = Date.now();
  const counts: Record<string, number> = { sequence, version };
  for (const [zoneId, sold] of counted.sold) {
    counts[`sold:${zoneId}`] = sold;
    counts[`version:${zoneId}`] = version;
  }
  const keys = [inventoryKey(eventId), rebuildingKey(eventId), countsKey(eventId)];
  const word = await runScript(redis, reopenScript, keys, [rebuild, JSON.stringify(counts)]);
  if (word !== 'REOPENED') throw superseded();
}

/** Lua's stack has room for some 8,000 values; each field takes two. */
const fieldsAtOnce = 1_000;
/** Adds up orders: the bitmap of taken seats, and tickets by zone and by buyer. */
function startCount(layouts: ZoneLayout[]) {
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
          throw new Error(`The event lacks ${whose}; open it with that first`);
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
