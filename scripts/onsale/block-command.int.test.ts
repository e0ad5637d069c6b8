import { describe, expect, it } from 'vitest';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { readCatalogue } from '../../services/shared/inventory/plan/catalogue.ts';
import { assertConserved } from '../testing/conservation.ts';
import { purchaseOf, seats } from '../testing/seats.ts';
import { db, openTestEvent, redis } from '../testing/stores.ts';
import { blockRow } from './block-command.ts';
import { localOrganiser } from './local-organiser.ts';

const row = (...columns: number[]) => columns.map((column) => ({ zoneId: 1, row: 'A', column }));

describe('blocking seats', () => {
  it('takes them out of the sale, in Redis and in the catalogue, until they are freed', async () => {
    const event = await openTestEvent();
    expect(await blockRow(localOrganiser({ db, redis }), event.eventId, row(1, 2), true)).toBe('2 seats blocked');
    expect(await seats.sell(purchaseOf(event))).toMatchObject({ code: 'SEAT_TAKEN' });
    const blocked = row(1, 2).map(({ column }) => ({ row: 'A', column }));
    expect((await readInventory(redis, event.eventId))?.zones).toMatchObject([{ blocked }]);
    expect((await readCatalogue(db, event.eventId))?.inventory.zones).toMatchObject([{ blocked }]);
    await assertConserved(redis, event.eventId);

    expect(await blockRow(localOrganiser({ db, redis }), event.eventId, row(1, 3), true)).toBe('1 seat blocked (1 already was)');
    expect(await blockRow(localOrganiser({ db, redis }), event.eventId, row(1, 2, 3), false)).toBe('3 seats back on sale');
    expect((await readCatalogue(db, event.eventId))?.inventory.zones[0]).not.toHaveProperty('blocked');
    expect(await seats.sell(purchaseOf(event))).toMatchObject({ kind: 'sold' });
    await assertConserved(redis, event.eventId);
  });

  it('is refused, all of it, if one of them is sold or does not exist, or there is no such event', async () => {
    const event = await openTestEvent();
    await seats.sell(purchaseOf(event, { column: 2 }));
    const refusal = (asked: ReturnType<typeof row>, eventId = event.eventId) =>
      blockRow(localOrganiser({ db, redis }), eventId, asked, true);
    await expect(refusal(row(1, 2))).rejects.toThrow('zone 1, row A: sold or held are 2');
    await expect(refusal(row(1, 11))).rejects.toThrow('zone 1, row A has no seat 11');
    await expect(refusal(row(1), `${event.eventId}-other`)).rejects.toThrow('was never opened');
    expect((await readInventory(redis, event.eventId))?.blockedCounts.get(1)).toBe(0);
  });

  it('lets the box office sell them, and nobody else', async () => {
    const event = await openTestEvent();
    await blockRow(localOrganiser({ db, redis }), event.eventId, row(1), true);
    expect(await seats.sell({ ...purchaseOf(event), mayTakeBlocked: true })).toMatchObject({ kind: 'sold' });
    expect((await readInventory(redis, event.eventId))?.blockedCounts.get(1)).toBe(0);
    await assertConserved(redis, event.eventId);
  });
});
