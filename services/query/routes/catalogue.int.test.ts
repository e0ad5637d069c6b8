import { afterAll, describe, expect, it } from 'vitest';
import { testQueryApp } from '../../../scripts/testing/apps.ts';
import { hallZone } from '../../../scripts/testing/halls.ts';
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
        ...{ offSaleAt: null, startsAt: null, timeZone: null, currency: 'EUR', ticketsPerBuyer: 6, ticketsPerOrder: 10 },
        ...{ categories: [], ticketTypes: [], payment: 'none' },
        zones: [
          {
            ...{ zoneId: 4, name: 'Balcony', price: '120.00' },
            ...{ categories: [], rows: 26, columns: 30, isHall: false, capacity: 780 },
          },
          {
            ...{ zoneId: 30, name: 'Ground', price: '45.50' },
            ...{ categories: [], rows: null, columns: null, isHall: false, capacity: 200 },
          },
        ],
      },
    ]);
  });

  it('has its times, its ticket types, and the prices of its categories, but no code of a promotion', async () => {
    const price = (minor: number) => [{ fromMs: 0, minor }];
    const offer = {
      categories: [{ categoryId: 'A', name: 'Stalls', prices: { '': price(5_000), child: price(1_500) } }],
      ticketTypes: [
        { ticketTypeId: 'adult', name: 'Adult' },
        { ticketTypeId: 'child', name: 'Child', limit: 7 },
      ],
      promotions: [{ promotionId: 'EARLYBIRD', percent: 20 }],
    };
    const { priceMinor: _, ...hall } = hallZone(1, { '1': '1 2 _ 3', '2': '1 2' });
    const zones = [{ ...hall, categories: ['A'] }];
    const [startsAt, offSaleAt] = ['2026-12-01T19:00:00.000Z', '2026-12-01T18:00:00.000Z'];
    const event = { ...(await openTestEvent()), zones, offer, offSaleAtMs: Date.parse(offSaleAt), ticketsPerOrder: 4 };
    await openEvent(db, redis, { ...planOf(event), startsAtMs: Date.parse(startsAt), timeZone: 'Europe/Vienna' });
    const response = await get(event.eventId);
    expect(response.json()).toMatchObject({
      ...{ offSaleAt, startsAt, timeZone: 'Europe/Vienna', ticketsPerOrder: 4 },
      categories: [
        {
          ...{ categoryId: 'A', name: 'Stalls' },
          prices: [
            { ticketType: 'adult', price: '50.00', changes: [] },
            { ticketType: 'child', price: '15.00', changes: [] },
          ],
        },
      ],
      ticketTypes: [
        { ticketTypeId: 'adult', name: 'Adult' },
        { ticketTypeId: 'child', name: 'Child' },
      ],
      zones: [{ zoneId: 1, price: null, categories: ['A'], rows: 2, columns: 4, isHall: true, capacity: 5 }],
    });
    expect(response.body).not.toMatch(/EARLYBIRD|limit/);
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

const plan = (eventId: string, zoneId: number, headers = {}) => get(`${eventId}/zones/${zoneId}/plan`, headers);

describe('the plan of a zone', () => {
  it('has the labels of the seats of a hall at their positions, with their categories and kinds, and gaps', async () => {
    const hall = hallZone(1, { '1': '1 2 _ 3', 'Loge 2': '_ 12A 12B' });
    const [first, loge] = hall.rows ?? [];
    if (!first || !loge) expect.fail('no rows');
    const rows = [
      { ...first, kinds: '.w.c' },
      { ...loge, categories: [0, 1, 1, 0] },
    ];
    const { priceMinor: _, ...withoutPrice } = hall;
    const zones = [{ ...withoutPrice, rows, categories: ['A', 'B'] }];
    const event = await openTestEvent();
    await openEvent(db, redis, { ...planOf({ ...event, zones }), zoneNames: new Map([[1, 'Stalls']]) });
    const response = await plan(event.eventId, 1);
    expect([response.statusCode, response.json()]).toEqual([
      200,
      {
        ...{ eventId: event.eventId, zoneId: 1, name: 'Stalls', columns: 4, categories: ['A', 'B'] },
        rows: [
          { row: '1', seats: ['1', '2', '', '3'], kinds: '.w.c' },
          { row: 'Loge 2', seats: ['', '12A', '12B', ''], categories: [0, 1, 1, 0] },
        ],
      },
    ]);
  });

  it('has the places of all seats if one row has coordinates, and the seats with a restricted view', async () => {
    const event = await openTestEvent();
    const zones = [hallZone(1, { '1': '1 2', '2': '1 _', '3': '1 2' })];
    const drawings = new Map([[1, [{ restrictedView: [2] }, { x: 5, y: 2, angle: 90 }, { x: 9, y: 9, isTable: true as const }]]]);
    await openEvent(db, redis, { ...planOf({ ...event, zones }), drawings });
    const { rows } = (await plan(event.eventId, 1)).json();
    expect(rows).toEqual([
      {
        row: '1',
        seats: ['1', '2'],
        restrictedView: [2],
        places: [
          [0, 0],
          [1, 0],
        ],
        label: [-1, 0],
      },
      { row: '2', seats: ['1', ''], places: [[5, 2], null], label: [5, 1] },
      {
        row: '3',
        seats: ['1', '2'],
        places: [
          [9, 7.6],
          [9, 10.4],
        ],
        label: [9, 9],
        tableRadius: 0.75,
      },
    ]);
  });

  it('of a grid has letters and numbers', async () => {
    const { eventId } = await openTestEvent({ zones: [seatedZone(1, 27, 2)] });
    const { rows, columns, categories } = (await plan(eventId, 1)).json();
    expect([columns, categories, rows.length, rows[0], rows[26]]).toEqual([
      ...[2, [], 27],
      { row: 'A', seats: ['1', '2'] },
      { row: 'AA', seats: ['1', '2'] },
    ]);
  });

  it('may be cached by anyone for ten seconds, and its ETag yields 304 until the zone changes', async () => {
    const event = await openTestEvent({ zones: [hallZone(1, { '1': '1 2' })] });
    const { headers } = await plan(event.eventId, 1);
    expect(headers['cache-control']).toBe('public, max-age=10');
    const known = { 'if-none-match': String(headers.etag) };
    expect((await plan(event.eventId, 1, known)).statusCode).toBe(304);
    await openEvent(db, redis, planOf({ ...event, zones: [hallZone(1, { '1': '1 2A' })] }));
    expect((await plan(event.eventId, 1, known)).json()).toMatchObject({ rows: [{ seats: ['1', '2A'] }] });
  });

  it.each<[string, string, (eventId: string) => Promise<string>, number]>([
    ['an event that is a draft', 'EVENT_NOT_FOUND', toDraft, 1],
    ['an unknown event', 'EVENT_NOT_FOUND', async () => unique('event'), 1],
    ['an unknown zone', 'ZONE_NOT_FOUND', async (eventId) => eventId, 9],
    ['a zone without seats', 'SEAT_NOT_FOUND', async (eventId) => eventId, 2],
  ])('of %s is a 404, %s', async (_what, code, prepare, zoneId) => {
    const { eventId } = await openTestEvent({ zones: [seatedZone(1, 1, 1), { zoneId: 2, capacity: 5, priceMinor: 100 }] });
    const response = await plan(await prepare(eventId), zoneId);
    expect([response.statusCode, response.json()]).toEqual([404, expect.objectContaining({ code })]);
  });
});

async function toDraft(eventId: string): Promise<string> {
  await db.updateTable('events').set({ state: 'draft' }).where('event_id', '=', eventId).execute();
  return eventId;
}
