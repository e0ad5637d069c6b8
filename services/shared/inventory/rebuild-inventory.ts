import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../stores/redis.ts';
import { loadScript, runScript } from '../stores/script.ts';
import { countSold, withUnsellable } from './count-sold.ts';
import type { Sold } from './decisions.ts';
import type { Inventory } from './inventory.ts';
import {
  blockedKey,
  buyersKey,
  countsKey,
  deadlinesKey,
  holdsKey,
  inventoryKey,
  ordersKey,
  rebuildingKey,
  runsKey,
  takenKey,
  talliesKey,
} from './keys.ts';
import { layOut, markOpened } from './open-inventory.ts';
import type { SaleState } from './set-state.ts';
import { parseZones } from './zone-layout.ts';

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

/** `state`: that of the event, which the inventory gets. */
type RebuildFrom = { rebuild: string; sequence: number; orders: AsyncIterable<SoldOrder[]>; state?: SaleState };

/**
 * Rebuilds an event's inventory from orders alone: all holds are lost, and the seats that `inventory` has as blocked are blocked, unless
 * they are sold. `rebuild` is the id from beginRebuild, `sequence` the sequence number to continue from. The event stays off sale until
 * the rebuild is complete, so it can be interrupted at any point and started again. Throws if the inventory lacks an order's seat, or if
 * another rebuild of the event began meanwhile; that one is not disturbed.
 */
export async function rebuildInventory(
  redis: RedisClient,
  inventory: Inventory,
  { rebuild, sequence, orders, state = 'published' }: RebuildFrom,
): Promise<void> {
  const { eventId } = inventory;
  const superseded = () => new Error(`Another rebuild of ${eventId} began meanwhile; this one has no effect`);
  const write = async (
    part: 'nothing' | 'orders' | 'buyers' | 'tallies' | 'taken' | 'blocked',
    values: (string | number | Buffer)[] = [],
  ) => {
    const keys = [
      rebuildingKey(eventId),
      takenKey(eventId),
      blockedKey(eventId),
      runsKey(eventId),
      ordersKey(eventId),
      holdsKey(eventId),
      deadlinesKey(eventId),
      buyersKey(eventId),
      talliesKey(eventId),
    ];
    const word = await runScript(redis, writeScript, keys, [rebuild, part, ...values]);
    if (word !== 'WRITTEN') throw superseded();
  };
  const laidOut = await layOut(redis, inventory, { inventoryKey: rebuildingKey, rebuild });
  if (laidOut.kind === 'refused') throw superseded();
  await write('nothing');

  const layouts = parseZones(await redis.hgetall(rebuildingKey(eventId)));
  const counted = countSold(layouts);
  for await (const batch of orders) {
    for (const { order } of batch) counted.add(order);
    const kept = batch.map(({ order, soldAtMs }) => [order.orderId, `${soldAtMs} ${JSON.stringify(order)}`]);
    for (const some of chunks(kept, fieldsAtOnce)) await write('orders', some.flat());
  }
  const { taken, blocked, blockedCounts } = withUnsellable(counted.taken, layouts, inventory.zones);
  if (taken.length > 0) await write('taken', [taken]);
  if (blockedCounts.size > 0) await write('blocked', [blocked]);
  for (const some of chunks([...counted.buyers], fieldsAtOnce)) await write('buyers', some.flat());
  for (const some of chunks([...counted.tallies], fieldsAtOnce)) await write('tallies', some.flat());

  // Later than any version that a client may have, so that clients read the whole map again.
  const version = Date.now();
  const counts: Record<string, number> = { sequence, version };
  for (const [zoneId, sold] of counted.sold) {
    counts[`sold:${zoneId}`] = sold;
    counts[`version:${zoneId}`] = version;
  }
  for (const [zoneId, number] of blockedCounts) counts[`blocked:${zoneId}`] = number;
  const keys = [inventoryKey(eventId), rebuildingKey(eventId), countsKey(eventId)];
  const word = await runScript(redis, reopenScript, keys, [rebuild, JSON.stringify(counts), state === 'published' ? '' : state]);
  if (word !== 'REOPENED') throw superseded();
}

/** Lua's stack has room for some 8,000 values; each field takes two. */
const fieldsAtOnce = 1_000;
function* chunks<T>(list: T[], size: number): Generator<T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
