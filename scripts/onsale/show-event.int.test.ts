import { describe, expect, it } from 'vitest';
import { listEvents } from '../../services/catalogue/reads/list-events.ts';
import { reportEvent } from '../../services/catalogue/reads/report-event.ts';
import { changeBlocked } from '../../services/shared/inventory/change-blocked.ts';
import { inventoryKey } from '../../services/shared/inventory/keys.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { setState } from '../../services/shared/inventory/set-state.ts';
import { hallZone } from '../testing/halls.ts';
import { seats } from '../testing/seats.ts';
import { openHall, rowSeats, sell, soldEvent } from '../testing/sold-event.ts';
import { db, openTestEvent, planOf, redis, seatedZone, unique } from '../testing/stores.ts';
import { listText } from './list-text.ts';
import { showText } from './show-text.ts';

describe('showing an event', () => {
  it('shows what each zone has sold and holds, with its name, and what MySQL has', async () => {
    const event = await openTestEvent();
    const { eventId, venueId } = event;
    const names = { venueName: 'A hall', eventName: 'A "play"\u001b[2J', zoneNames: new Map([[1, 'Stalls']]) };
    await openEvent(db, redis, { ...planOf(event), ...names });
    await sell(event, rowSeats('A', 1));
    await seats.hold({ eventId, venueId, request: { zoneId: 1, quantity: 2, split: false } });
    const report = await reportEvent(db, redis, eventId);
    expect(report).toEqual({
      ...{ eventId, name: 'A "play"\u001b[2J', venueId, venueName: 'A hall', currency: 'USD' },
      ...{ onSaleAt: '2026-01-01T00:00:00.000Z', offSaleAt: null, startsAt: null, timeZone: null, payment: 'none' },
      ...{ state: 'on-sale', projection: { tickets: 0, revenue: '0.00' } },
      categories: [],
      inventory: {
        sequence: 1,
        zones: [
          {
            ...{ zoneId: 1, name: 'Stalls', rows: 10, columns: 10, isHall: false, price: '100.00', categories: [] },
            ...{ capacity: 100, sold: 1, held: 2, available: 97, blocked: 0 },
          },
        ],
      },
    });
    const text = report && showText(report);
    expect(text).toContain(`${eventId} "A \\"play\\"\\u001b[2J" at ${venueId} "A hall"`);
    expect(text).toContain('ON SALE NOW, since Thu 1 Jan 2026 00:00 UTC');
    expect(text).toMatch(/1 {2}"Stalls" +10 × 10 +100 +1 +2 +97 +0 +100\.00 USD/);
    expect(text).toContain('In MySQL: 0 tickets, 0.00 USD');
  });

  it("shows a hall's rows and blocked seats, and prices by category", async () => {
    const price = (minor: number) => [{ fromMs: 0, minor }];
    const categories = [
      { categoryId: 'A', name: 'Stalls', prices: { '': price(5_000) } },
      { categoryId: 'B', name: 'Side', prices: { adult: price(3_000), child: price(1_500) } },
    ];
    const ticketTypes = ['adult', 'child'].map((ticketTypeId) => ({ ticketTypeId, name: ticketTypeId }));
    const { priceMinor: _, ...hall } = hallZone(1, { '1': '1 2 _ 3', '2': '1 2' }, [{ row: '1', column: 3 }]);
    const zones = [{ ...hall, categories: ['A', 'B'] }];
    const event = await openTestEvent({ zones, offer: { categories, ticketTypes, promotions: [] } });
    const report = await reportEvent(db, redis, event.eventId);
    expect(report?.inventory?.zones).toMatchObject([
      { isHall: true, capacity: 5, available: 4, blocked: 1, price: null, categories: ['A', 'B'] },
    ]);
    expect(report && showText(report)).toMatch(/ 2 rows +5 +0 +0 +4 +1 +A 50\.00, B 15\.00–30\.00 USD/);
  });

  it('reports an inventory that Redis has lost', async () => {
    const { eventId } = await openHall();
    await redis.del(inventoryKey(eventId));
    const report = await reportEvent(db, redis, eventId);
    expect(report).toMatchObject({ eventId, state: 'unavailable', inventory: null });
    expect(report && showText(report)).toContain(`Redis has no inventory for ${eventId}`);
  });

  it('returns nothing for an event that was never opened', async () => {
    expect(await reportEvent(db, redis, unique('event'))).toBeUndefined();
  });
});

describe('the list of events', () => {
  it('has the names of each, its tickets sold, and whether it is on sale', async () => {
    const { event } = await soldEvent();
    const later = await openTestEvent({ onSaleAtMs: Date.UTC(2030, 0, 1) });
    const lost = await openTestEvent();
    await redis.del(inventoryKey(lost.eventId));
    const forgetful = await openTestEvent();
    await redis.hset(inventoryKey(forgetful.eventId), 'lineage', 'lost');
    const sold = await openTestEvent({ zones: [seatedZone(1, 1, 1)] });
    await db.insertInto('sales_by_zone').values({ event_id: sold.eventId, zone_id: 1, tickets: 1, revenue: '100' }).execute();
    const blocked = await openTestEvent({ zones: [seatedZone(1, 1, 3)] });
    await db.insertInto('sales_by_zone').values({ event_id: blocked.eventId, zone_id: 1, tickets: 1, revenue: '100' }).execute();
    const withdrawn = [2, 3].map((column) => ({ zoneId: 1, row: 'A', column }));
    await changeBlocked(db, redis, blocked.eventId, withdrawn, true);
    const nowMs = Date.UTC(2029, 11, 31, 12);
    const all = await listEvents(db, redis, { nowMs });
    const byId = (wanted: { eventId: string }) => all.find(({ eventId }) => eventId === wanted.eventId);
    expect(byId(event)).toEqual({
      ...{ eventId: event.eventId, organiserId: 'main', name: 'An event', venueId: event.venueId, venueName: 'A venue' },
      ...{ onSaleAt: '2026-01-01T00:00:00.000Z', offSaleAt: null, startsAt: null, timeZone: null },
      ...{ state: 'on-sale', sold: 6, capacity: 150, blocked: 0 },
    });
    expect([later, lost, forgetful, sold].map((each) => byId(each)?.state)).toEqual([
      'scheduled',
      'unavailable',
      'unavailable',
      'sold-out',
    ]);
    expect(byId(blocked)).toMatchObject({ state: 'sold-out', sold: 1, capacity: 3, blocked: 2 });
    expect(all.indexOf(byId(later) as never)).toBeGreaterThan(all.indexOf(byId(event) as never));
    const text = listText(all, nowMs);
    expect(text).toMatch(
      new RegExp(`${later.eventId} +"An event" +${later.venueId} +0 of 100 +opens Tue 1 Jan 2030 00:00 UTC, in 12 h`),
    );
    expect(text).toMatch(new RegExp(`${lost.eventId} .*NOT ON SALE`));
    expect(text).toMatch(new RegExp(`${blocked.eventId} .* 1 of 1 +sold out`));
  });

  it("shows times as the venue's clocks do, and the states of a sale", async () => {
    const nowMs = Date.UTC(2026, 5, 30, 12);
    const event = await openTestEvent({ onSaleAtMs: Date.UTC(2026, 6, 1, 8) });
    const { eventId } = event;
    const times = {
      time_zone: 'Europe/Vienna',
      off_sale_at: new Date('2026-12-01T08:00Z'),
      starts_at: new Date('2026-12-01T19:00Z'),
    };
    await db.updateTable('events').set(times).where('event_id', '=', eventId).execute();
    const show = async (at: number) => {
      const report = await reportEvent(db, redis, eventId, at);
      return report && [report.state, showText(report, at).split('\n\n')[0]?.split('\n').slice(1)];
    };
    const starts = 'starts Tue 1 Dec 2026 20:00 +01:00';
    const until = 'on sale until Tue 1 Dec 2026 09:00 +01:00';
    expect(await show(nowMs)).toEqual(['scheduled', ['opens Wed 1 Jul 2026 10:00 +02:00, in 20 h', until, starts]]);
    expect(await show(Date.UTC(2026, 11, 1, 8))).toEqual(['closed', ['closed since Tue 1 Dec 2026 09:00 +01:00', starts]]);
    await setState(redis, eventId, { state: 'paused', confirmWhilePaused: true });
    expect(await show(nowMs)).toEqual(['paused', [`PAUSED; to go on: npm run onsale -- resume ${eventId}`, until, starts]]);
    await setState(redis, eventId, { state: 'closed' });
    expect(await show(nowMs)).toEqual(['closed', ['closed', starts]]);
    const listed = (await listEvents(db, redis, { nowMs })).find((each) => each.eventId === eventId);
    expect(listed).toMatchObject({ state: 'closed', timeZone: 'Europe/Vienna', startsAt: '2026-12-01T19:00:00.000Z' });
  });

  it('without any event explains how to open one', () => {
    expect(listText([])).toContain('npm run onsale -- open');
  });
});
