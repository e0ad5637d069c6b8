import { describe, expect, it } from 'vitest';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { openTestEvent, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';

import { loadScript } from '../stores/script.ts';
import type { Inventory } from './inventory.ts';
import { blockedKey, countsKey, inventoryKey, takenKey } from './keys.ts';
import { openInventory } from './open-inventory.ts';
import { readSeatMap, type SeatMap } from './read-seats.ts';

async function read({ eventId }: Inventory, known?: SeatMap): Promise<SeatMap> {
  return (await readSeatMap(redis, eventId, known)) ?? expect.fail(`no event ${eventId}`);
}

const zones = [seatedZone(1, 2, 10), seatedZone(2, 3, 10), { zoneId: 3, capacity: 50, priceMinor: 100 }];

describe("reading an event's seats", () => {
  it('again returns the known seats while nothing has changed', async () => {
    const event = await openTestEvent({ zones });
    const known = await read(event);
    expect(await read(event, known)).toBe(known);
  });

  it('again reads only the zones that changed, with the same result as reading all of them', async () => {
    const event = await openTestEvent({ zones });
    const known = await read(event);
    await seats.sell(purchaseOf(event, { zoneId: 2, row: 'C', column: 10 }));
    await seats.sell(purchaseOf(event, { request: { zoneId: 3, quantity: 4, split: false } }));
    const now = await read(event, known);
    expect(now.zones.get(1)).toBe(known.zones.get(1));
    expect(now.zones.get(2)).toEqual({
      zoneId: 2,
      version: 1,
      capacity: 30,
      available: 29,
      held: 0,
      sold: 1,
      blocked: 0,
      seats: { grid: zones[1]?.grid, taken: Buffer.from([0, 0, 0, 0, 0, 0b0100_0000]) },
    });
    expect(now.zones.get(3)).toEqual({ zoneId: 3, version: 2, capacity: 50, available: 46, held: 0, sold: 4, blocked: 0 });
    expect(now).toEqual(await read(event));
    expect(now.version).toBe(2);
  });

  it('again finds zones that were added, changed their shape, or were removed', async () => {
    const event = await openTestEvent({ zones });
    const known = await read(event);
    const changed = [seatedZone(1, 4, 10), { zoneId: 3, capacity: 60, priceMinor: 100 }, seatedZone(4, 1, 3)];
    await openInventory(redis, { ...event, zones: changed });
    const now = await read(event, known);
    const capacities = ({ zones: all }: SeatMap) => Array.from(all.values(), ({ zoneId, capacity }) => [zoneId, capacity]);
    expect(capacities(now)).toEqual([
      [1, 40],
      [3, 60],
      [4, 3],
    ]);
    expect(now).toEqual(await read(event));
    await openInventory(redis, { ...event, zones: [...changed, seatedZone(2, 1, 1)] });
    expect(capacities(await read(event, now))).toEqual([
      [1, 40],
      [2, 1],
      [3, 60],
      [4, 3],
    ]);
  });

  it('knows the rows of a hall, its gaps and its blocked seats, and keeps both when seats are sold', async () => {
    const hall = hallZone(1, { '1': '1 2 _ 3 4', 'Loge 2': '12A 12B' }, [{ row: '1', column: 3 }]);
    const event = await openTestEvent({ zones: [hall, seatedZone(2, 1, 3)] });
    const known = await read(event);
    const taken = Buffer.from([0b0011_0000, 0b0011_1000]);
    expect(known.zones.get(1)).toEqual({
      zoneId: 1,
      version: 0,
      capacity: 6,
      available: 5,
      held: 0,
      sold: 0,
      blocked: 1,
      seats: { grid: hall.grid, rows: hall.rows, taken, blocked: Buffer.from([0b0001_0000, 0]) },
    });
    expect(known.zones.get(2)).not.toHaveProperty('seats.blocked');
    expect(await seats.sell(purchaseOf(event, { row: '1', column: 1 }))).toMatchObject({ kind: 'sold' });
    const now = await read(event, known);
    expect(now.zones.get(1)).toMatchObject({
      sold: 1,
      available: 4,
      blocked: 1,
      seats: { taken: Buffer.from([0b1011_0000, 0b0011_1000]) },
    });
    expect(now.zones.get(1)?.seats?.rows).toBe(known.zones.get(1)?.seats?.rows);
    expect(now).toEqual(await read(event));
  });

  it('reads everything if the inventory has another revision, and keeps the zones that are as before', async () => {
    const event = await openTestEvent({ zones: [hallZone(1, { '1': '1 2' }), hallZone(2, { '1': '1 2' })] });
    const known = await read(event);
    await redis.hset(inventoryKey(event.eventId), { 'row:1:1': JSON.stringify({ seats: [1, '2A'] }), revision: 'other' });
    const now = await read(event, known);
    expect(now.zones.get(1)?.seats?.rows).toEqual([{ label: '1', seats: [1, '2A'] }]);
    expect(now.zones.get(2)).toBe(known.zones.get(2));
    expect([now.revision, now.version]).toEqual(['other', known.version]);
    expect(await read(event, now)).toBe(now);
  });

  it('reads everything if the version in Redis is earlier than the known one', async () => {
    const event = await openTestEvent({ zones });
    await seats.sell(purchaseOf(event));
    await seats.sell(purchaseOf(event, { column: 2 }));
    const known = await read(event);
    await redis.del(inventoryKey(event.eventId), countsKey(event.eventId), takenKey(event.eventId));
    await openInventory(redis, event);
    await seats.sell(purchaseOf(event, { column: 3 }));
    const now = await read(event, known);
    expect([now.version, now.zones.get(1)?.seats?.taken[0]]).toEqual([1, 0b0010_0000]);
    expect(now).toEqual(await read(event));
  });

  it('handles 10,000 zones that all changed', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => seatedZone(at + 1, 2, 3));
    const event = await openTestEvent({ zones: many });
    const known = await read(event);
    await openInventory(redis, { ...event, zones: many.map((zone) => ({ ...zone, priceMinor: 1 })) });
    const now = await read(event, known);
    expect([now.version, now.zones.size]).toEqual([1, 10_000]);
    expect(now.zones.get(7)).toEqual({ ...known.zones.get(7), version: 1 });
  });

  it('writes nothing, so that a replica can serve it', async () => {
    const { source } = loadScript(new URL('lua/read-seats.lua', import.meta.url));
    const eventId = unique('event');
    const keys = [inventoryKey(eventId), countsKey(eventId), takenKey(eventId), blockedKey(eventId)];
    const zone = JSON.stringify({ rows: 1, columns: 8, capacity: 8, priceMinor: 100, firstByte: 0 });
    await redis.hset(inventoryKey(eventId), 'venueId', 'V', 'zone:1', zone);
    await redis.hset(countsKey(eventId), 'version', 2, 'version:1', 2);
    for (const argument of [-1, 1, 2, 3]) {
      expect(await redis.call('EVAL_RO', source, keys.length, ...keys, '', argument)).toEqual(expect.any(Array));
    }
  });
});
