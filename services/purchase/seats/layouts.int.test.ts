import { afterEach, describe, expect, it, vi } from 'vitest';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { openTestEvent, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { countsKey, inventoryKey } from '../../shared/inventory/keys.ts';
import { openInventory } from '../../shared/inventory/open-inventory.ts';

afterEach(() => vi.restoreAllMocks());

const columns = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

const buyAll = (event: Inventory, wanted: number[]) =>
  Promise.all(wanted.map((column) => seats.sell(purchaseOf(event, { column }))));

const atPrice = (event: Inventory, priceMinor: number): Inventory => ({
  ...event,
  zones: event.zones.map((zone) => ({ ...zone, priceMinor })),
});

const pricesOf = (outcomes: Awaited<ReturnType<typeof buyAll>>) =>
  new Set(outcomes.map((outcome) => (outcome.kind === 'sold' ? outcome.order.tickets[0]?.priceMinor : outcome.code)));

describe("an event's layout", () => {
  it('is read once, and once more when the inventory changes; from then on the new price applies, for concurrent buyers too', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 1_000)] });
    const reads = vi.spyOn(redis, 'hgetall');
    const price = event.zones[0]?.priceMinor ?? 0;
    expect(pricesOf(await buyAll(event, columns(1, 300)))).toEqual(new Set([price]));
    await buyAll(event, [301]);
    expect(reads).toHaveBeenCalledTimes(1);

    expect(await openInventory(redis, atPrice(event, price + 500))).toEqual({ kind: 'changed' });
    reads.mockClear();
    expect(pricesOf(await buyAll(event, columns(302, 1_000)))).toEqual(new Set([price + 500]));
    expect(reads).toHaveBeenCalledTimes(1);
    await assertConserved(redis, event.eventId);
  });

  it('is not read again if the inventory is opened again unchanged', async () => {
    const event = await openTestEvent();
    await buyAll(event, [1]);
    const revision = await redis.hget(inventoryKey(event.eventId), 'revision');
    expect(await openInventory(redis, event)).toEqual({ kind: 'unchanged' });
    expect(await redis.hget(inventoryKey(event.eventId), 'revision')).toBe(revision);
  });

  it('never decides a refusal when out of date: a zone just added is sold, and one just removed is not', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 10), seatedZone(2, 1, 10)] });
    const inZone = (zoneId: number) => seats.sell(purchaseOf(event, { zoneId }));
    expect(await inZone(3)).toMatchObject({ kind: 'refused', code: 'ZONE_NOT_FOUND', positions: [0] });
    await openInventory(redis, { ...event, zones: [seatedZone(1, 1, 10), seatedZone(3, 1, 10)] });
    expect(await inZone(3)).toMatchObject({ kind: 'sold' });
    expect(await inZone(2)).toMatchObject({ kind: 'refused', code: 'ZONE_NOT_FOUND' });
    await assertConserved(redis, event.eventId);
  });

  it('is not cached for an event that does not exist yet', async () => {
    const eventId = unique('event');
    const event = { eventId, venueId: 'Venue1', currency: 'USD', onSaleAtMs: 0, holdMs: 1_000, zones: [seatedZone(1, 1, 10)] };
    expect(await seats.sell(purchaseOf(event))).toMatchObject({ kind: 'refused', code: 'EVENT_NOT_FOUND' });
    await openInventory(redis, event);
    expect(await seats.sell(purchaseOf(event))).toMatchObject({ kind: 'sold' });
  });

  it('of an inventory that Redis lost is not used, even if the event is opened again unchanged', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 10)] });
    await buyAll(event, [1]);
    await redis.del(inventoryKey(event.eventId), countsKey(event.eventId));
    await expect(seats.sell(purchaseOf(event, { column: 2 }))).rejects.toMatchObject({ code: 'INVENTORY_UNAVAILABLE' });
    await openInventory(redis, event);
    const reads = vi.spyOn(redis, 'hgetall');
    expect(await seats.sell(purchaseOf(event, { column: 2 }))).toMatchObject({ kind: 'sold' });
    expect(reads).toHaveBeenCalledTimes(1);
  });
});
