import { describe, expect, it } from 'vitest';
import { inventoryKey } from '../../services/shared/inventory/keys.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { seats } from '../testing/seats.ts';
import { openHall, rowSeats, sell, soldEvent } from '../testing/sold-event.ts';
import { db, openTestEvent, planOf, redis, seatedZone, unique } from '../testing/stores.ts';
import { listEvents, listText } from './list-events.ts';
import { reportEvent, showText } from './show-event.ts';

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
      ...{ onSaleAt: '2026-01-01T00:00:00.000Z', state: 'on-sale', projection: { tickets: 0, revenue: '0.00' } },
      inventory: {
        sequence: 1,
        zones: [
          {
            ...{ zoneId: 1, name: 'Stalls', rows: 10, columns: 10, price: '100.00' },
            ...{ capacity: 100, sold: 1, held: 2, available: 97 },
          },
        ],
      },
    });
    const text = report && showText(report);
    expect(text).toContain(`${eventId} "A \\"play\\"\\u001b[2J" at ${venueId} "A hall"`);
    expect(text).toContain('ON SALE NOW, since Thu 1 Jan 2026 00:00 UTC');
    expect(text).toMatch(/1 {2}"Stalls" +10 × 10 +100 +1 +2 +97 +100\.00 USD/);
    expect(text).toContain('In MySQL: 0 tickets, 0.00 USD');
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
    const nowMs = Date.UTC(2029, 11, 31, 12);
    const all = await listEvents(db, redis, nowMs);
    const byId = (wanted: { eventId: string }) => all.find(({ eventId }) => eventId === wanted.eventId);
    expect(byId(event)).toEqual({
      ...{ eventId: event.eventId, name: 'An event', venueId: event.venueId, venueName: 'A venue' },
      ...{ onSaleAt: '2026-01-01T00:00:00.000Z', state: 'on-sale', sold: 6, capacity: 150 },
    });
    expect([later, lost, forgetful, sold].map((each) => byId(each)?.state)).toEqual([
      'scheduled',
      'unavailable',
      'unavailable',
      'sold-out',
    ]);
    expect(all.indexOf(byId(later) as never)).toBeGreaterThan(all.indexOf(byId(event) as never));
    const text = listText(all, nowMs);
    expect(text).toMatch(
      new RegExp(`${later.eventId} +"An event" +${later.venueId} +0 of 100 +opens Tue 1 Jan 2030 00:00 UTC, in 12 h`),
    );
    expect(text).toMatch(new RegExp(`${lost.eventId} .*NOT ON SALE`));
  });

  it('without any event explains how to open one', () => {
    expect(listText([])).toContain('npm run onsale -- open');
  });
});
