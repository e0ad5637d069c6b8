import { afterAll, describe, expect, it } from 'vitest';
import { testQueryApp } from '../../../scripts/testing/apps.ts';
import { db, openTestEvent, planOf, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';

const app = await testQueryApp({ db, redis });
afterAll(() => app.close());

const get = (eventId: string, headers = {}) => app.inject({ url: `/query/api/v1/events/${eventId}`, headers });

describe("an event's catalogue", () => {
  it('is the event as opened: its zones by id, with or without seats, each with its price', async () => {
    const zones = [{ zoneId: 30, capacity: 200, priceMinor: 4_550 }, seatedZone(4, 26, 30, 12_000)];
    const event = await openTestEvent({ currency: 'EUR', ticketsPerBuyer: 6, onSaleAtMs: Date.UTC(2026, 5, 1, 9), zones });
    const { eventId, venueId } = event;
    const zoneNames = new Map([
      [4, 'Balcony'],
      [30, 'Ground'],
    ]);
    await openEvent(db, redis, { ...planOf(event), venueName: 'A hall', eventName: 'A play', zoneNames });
    const response = await get(eventId);
    expect([response.statusCode, response.json()]).toEqual([
      200,
      {
        ...{ eventId, venueId, venueName: 'A hall', name: 'A play', onSaleAt: '2026-06-01T09:00:00.000Z' },
        ...{ currency: 'EUR', ticketsPerBuyer: 6 },
        zones: [
          { zoneId: 4, name: 'Balcony', price: '120.00', rows: 26, columns: 30, capacity: 780 },
          { zoneId: 30, name: 'Ground', price: '45.50', rows: null, columns: null, capacity: 200 },
        ],
      },
    ]);
  });

  it('has its own names: another event at the same venue does not change them', async () => {
    const event = await openTestEvent();
    const names = (word: string) => ({
      venueName: `A ${word} hall`,
      eventName: `A ${word} play`,
      zoneNames: new Map([[1, word]]),
    });
    const named = (word: string) => ({ venueName: `A ${word} hall`, name: `A ${word} play`, zones: [{ name: word }] });
    await openEvent(db, redis, { ...planOf(event), ...names('loud') });
    const other = { ...event, eventId: unique('event') };
    await openEvent(db, redis, { ...planOf(other), ...names('quiet') });
    expect((await get(event.eventId)).json()).toMatchObject(named('loud'));
    expect((await get(other.eventId)).json()).toMatchObject(named('quiet'));
  });

  it('has null as ticketsPerBuyer if a buyer may have any number of tickets', async () => {
    const { eventId } = await openTestEvent();
    expect((await get(eventId)).json()).toMatchObject({ ticketsPerBuyer: null });
  });

  it('may be cached by anyone for ten seconds, and its ETag yields 304 until the event is opened again', async () => {
    const event = await openTestEvent();
    const { headers } = await get(event.eventId);
    expect(headers['cache-control']).toBe('public, max-age=10');
    const known = { 'if-none-match': String(headers.etag) };
    expect((await get(event.eventId, known)).statusCode).toBe(304);
    await openEvent(db, redis, planOf({ ...event, zones: [seatedZone(1, 10, 10, 500)] }));
    expect((await get(event.eventId, known)).json()).toMatchObject({ zones: [{ price: '5.00' }] });
  });

  it('is a 404 for an unknown event, even if only the case of its letters differs', async () => {
    const { eventId } = await openTestEvent();
    for (const unknown of [unique('event'), eventId.toUpperCase()]) {
      const response = await get(unknown);
      expect([response.statusCode, response.json()]).toEqual([404, expect.objectContaining({ code: 'EVENT_NOT_FOUND' })]);
    }
  });

  it('is a 400 for an invalid event id', async () => {
    const response = await get(encodeURIComponent("E' OR 1=1 -- "));
    const errors = [expect.objectContaining({ parameter: 'eventId' })];
    expect([response.statusCode, response.json()]).toEqual([400, expect.objectContaining({ code: 'INVALID_REQUEST', errors })]);
  });
});
