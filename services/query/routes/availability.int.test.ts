import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testQueryApp } from '../../../scripts/testing/apps.ts';
import { connectFarRedis } from '../../../scripts/testing/far-redis.ts';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { inParallel } from '../../../scripts/testing/http.ts';
import { commandsDuring } from '../../../scripts/testing/monitor.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { db, openTestEvent, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';

import type { Inventory } from '../../shared/inventory/inventory.ts';
import { countsKey, inventoryKey, openedEventsKey, takenKey } from '../../shared/inventory/keys.ts';
import { openInventory } from '../../shared/inventory/open-inventory.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

async function appOn(store: typeof redis) {
  const built = await testQueryApp({ db, redis: store });
  resources.defer(() => built.close());
  return built;
}

const app = await appOn(redis);
const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

const availability = ({ eventId }: Pick<Inventory, 'eventId'>) => `/query/api/v1/events/${eventId}/availability`;
const seatsPath = ({ eventId }: Pick<Inventory, 'eventId'>, zoneId = 1) =>
  `/query/api/v1/events/${eventId}/zones/${zoneId}/seats`;
const standing = (zoneId: number, capacity: number) => ({ zoneId, capacity, priceMinor: 100 });

describe('the availability of an event', () => {
  it('has the counts of each zone and their totals: capacity = available + held + sold + blocked', async () => {
    const event = await openTestEvent({ zones: [seatedZone(10, 3, 5), standing(2, 50), seatedZone(1, 1, 2)] });
    await seats.sell(purchaseOf(event, { zoneId: 10, column: 2 }));
    await seats.sell(purchaseOf(event, { request: { zoneId: 2, quantity: 3, split: false } }));
    await seats.hold(purchaseOf(event, { zoneId: 10, column: 3 }));
    expect((await get(availability(event))).json()).toEqual({
      eventId: event.eventId,
      version: 3,
      capacity: 67,
      available: 62,
      held: 1,
      sold: 4,
      blocked: 0,
      zones: [
        { zoneId: 1, capacity: 2, available: 2, held: 0, sold: 0, blocked: 0 },
        { zoneId: 2, capacity: 50, available: 47, held: 0, sold: 3, blocked: 0 },
        { zoneId: 10, capacity: 15, available: 13, held: 1, sold: 1, blocked: 0 },
      ],
    });
  });
});

describe('the seats of a zone', () => {
  it('are one bit each, 1 if sold or held, with rows aligned to bytes', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 4, 3), seatedZone(2, 3, 10)] });
    const fresh = { eventId: event.eventId, zoneId: 2, version: 0, rows: 3, columns: 10, bytesPerRow: 2, taken: 'AAAAAAAA' };
    expect((await get(seatsPath(event, 2))).json()).toEqual(fresh);
    await seats.sell(purchaseOf(event, { zoneId: 1 }));
    await seats.sell(purchaseOf(event, { zoneId: 2, row: 'A', column: 2 }));
    await seats.hold(purchaseOf(event, { zoneId: 2, row: 'B', column: 9 }));
    const taken = Buffer.from([0b0100_0000, 0, 0, 0b1000_0000, 0, 0]).toString('base64');
    await expect.poll(async () => (await get(seatsPath(event, 2))).json()).toEqual({ ...fresh, version: 3, taken });
  });

  it('are rows of characters for people', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 4, 3), seatedZone(2, 28, 10)] });
    await seats.sell(purchaseOf(event, { zoneId: 2, row: 'AB', column: 10 }));
    await seats.sell(purchaseOf(event, { zoneId: 2, row: 'A', column: 1 }));
    const { rows, ...rest } = (await get(`${seatsPath(event, 2)}?form=rows`)).json();
    expect(rest).toEqual({ eventId: event.eventId, zoneId: 2, version: 2 });
    expect(rows).toHaveLength(28);
    expect([rows[0], rows[1], rows[27]]).toEqual([
      { row: 'A', seats: 'x.........' },
      { row: 'B', seats: '..........' },
      { row: 'AB', seats: '.........x' },
    ]);
  });

  it('of a hall have the labels of their rows, and gaps that do not look taken', async () => {
    const blocked = [{ row: 'Loge 2', column: '12A' }];
    const event = await openTestEvent({ zones: [hallZone(1, { '1': '1 2 _ 3 4', 'Loge 2': '_ 12A 12B' }, blocked)] });
    const { rows } = (await get(`${seatsPath(event)}?form=rows`)).json();
    expect(rows).toEqual([
      { row: '1', seats: '.._..', labels: ['1', '2', '', '3', '4'] },
      { row: 'Loge 2', seats: '_x.__', labels: ['', '12A', '12B', '', ''] },
    ]);
    expect((await get(seatsPath(event))).json()).toMatchObject({
      ...{ rows: 2, columns: 5, bytesPerRow: 1 },
      taken: Buffer.from([0b0010_0000, 0b1101_1000]).toString('base64'),
      blockedSeats: Buffer.from([0, 0b0100_0000]).toString('base64'),
    });
    expect((await get(availability(event))).json()).toMatchObject({
      ...{ capacity: 6, available: 5, held: 0, sold: 0, blocked: 1 },
      zones: [{ zoneId: 1, capacity: 6, available: 5, blocked: 1 }],
    });
  });

  it('stay taken when the zone grows and its rows move to another place', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 2, 3), seatedZone(2, 2, 3)] });
    await seats.sell(purchaseOf(event, { zoneId: 1, row: 'B', column: 3 }));
    await openInventory(redis, { ...event, zones: [seatedZone(1, 3, 3), seatedZone(2, 2, 3)] });
    const rows = async (zoneId: number) =>
      (await get(`${seatsPath(event, zoneId)}?form=rows`)).json().rows.map(({ seats: row }: { seats: string }) => row);
    expect([await rows(1), await rows(2)]).toEqual([
      ['...', '..x', '...'],
      ['...', '...'],
    ]);
  });

  it('are all returned, even a million of them', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1_000, 1_000)] });
    await seats.sell(purchaseOf(event, { row: 'ALL', column: 1_000 }));
    const { taken } = (await get(seatsPath(event))).json();
    const bytes = Buffer.from(taken, 'base64');
    expect([bytes.length, bytes.at(-1), bytes.subarray(0, -1).every((byte) => byte === 0)]).toEqual([125_000, 1, true]);
  });
});

describe('caching', () => {
  it.each([
    ['the availability', availability],
    ['the seats', seatsPath],
    ['the seats in rows', (event: Inventory) => `${seatsPath(event)}?form=rows`],
  ])('%s may be cached for a second, and its ETag yields 304 until a seat is taken', async (_what, urlOf) => {
    const event = await openTestEvent();
    const first = await get(urlOf(event));
    expect(first.headers['cache-control']).toBe('public, max-age=1');
    const headers = { 'if-none-match': String(first.headers.etag) };
    const again = await get(urlOf(event), headers);
    expect([again.statusCode, again.body]).toEqual([304, '']);
    await seats.sell(purchaseOf(event));
    await expect.poll(async () => (await get(urlOf(event), headers)).statusCode).toBe(200);
  });

  it('inside the service lasts 100 ms: 1,000 polls cost Redis one read per 100 ms', async () => {
    const event = await openTestEvent();
    const startedAt = performance.now();
    let elapsedMs = Number.NaN;
    const commands = await commandsDuring(event.eventId, async () => {
      const urls = [availability(event), seatsPath(event), `${seatsPath(event)}?form=rows`];
      const polls = Array.from({ length: 1_000 }, (_, at) => urls[at % urls.length] ?? '');
      expect(new Set(await inParallel(polls, 50, async (url) => (await get(url)).statusCode))).toEqual(new Set([200]));
      elapsedMs = performance.now() - startedAt;
    });
    // Plus one if Redis has not cached the script yet.
    expect(commands.length).toBeLessThanOrEqual(2 + elapsedMs / 100);
  });
});

describe('a request', () => {
  const never = { eventId: unique('event') };
  beforeAll(() => openTestEvent());

  it.each<[string, string, (event: Inventory) => string]>([
    ['the availability of an event that was never opened', 'EVENT_NOT_FOUND', () => availability(never)],
    ['the seats of such an event', 'EVENT_NOT_FOUND', () => seatsPath(never)],
    ['an unknown zone', 'ZONE_NOT_FOUND', (event) => seatsPath(event, 3)],
    ['the seats of a standing zone', 'SEAT_NOT_FOUND', (event) => seatsPath(event, 2)],
  ])('for %s is a 404, %s', async (_what, code, urlOf) => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 1), standing(2, 50)] });
    const response = await get(urlOf(event));
    expect([response.statusCode, response.json()]).toEqual([404, expect.objectContaining({ code })]);
    if (code === 'SEAT_NOT_FOUND') expect(response.json().detail).toBe('Zone 2 has no seats, only a capacity');
  });

  it.each([
    ['/events/E!/availability', 'eventId'],
    ['/events/E/zones/x/seats', 'zoneId'],
    ['/events/E/zones/0/seats', 'zoneId'],
    ['/events/E/zones/1/seats?form=svg', 'form'],
    ['/events/E/zones/1/seats?shape=rows', 'shape'],
  ])('that is invalid is a 400: %s', async (path, parameter) => {
    const response = await get(`/query/api/v1${path}`);
    const errors = [expect.objectContaining({ parameter })];
    expect([response.statusCode, response.json()]).toEqual([400, expect.objectContaining({ code: 'INVALID_REQUEST', errors })]);
  });
});

describe('an inventory that cannot be read', () => {
  it.each([
    [
      'the inventory is gone',
      ({ eventId }: Inventory) => redis.del(inventoryKey(eventId), countsKey(eventId), takenKey(eventId)),
    ],
    ['Redis is empty', () => redis.flushdb()],
  ])('is a 503, never "event not found" or free seats: %s', async (_what, lose) => {
    const event = await openTestEvent();
    expect(await redis.sismember(openedEventsKey, event.eventId)).toBe(1);
    await lose(event);
    for (const url of [availability(event), seatsPath(event), `${seatsPath(event)}?form=rows`]) {
      const response = await get(url);
      expect([response.statusCode, response.json()]).toEqual([503, expect.objectContaining({ code: 'INVENTORY_UNAVAILABLE' })]);
      expect(response.headers['retry-after']).toBe('1');
    }
  });

  it('is a 503 during a Redis outage, while ticket counts still work; all recover with Redis', async () => {
    const event = await openTestEvent();
    const far = await connectFarRedis(resources);
    const own = await appOn(far.redis);
    const statuses = async () => {
      const paths = [availability(event), seatsPath(event), `/query/api/v1/tickets/count/${event.eventId}`, '/query/health'];
      return await Promise.all(paths.map(async (url) => (await own.inject(url)).statusCode));
    };
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    await far.cut();
    await expect.poll(statuses).toEqual([503, 503, 200, 503]);
    expect((await own.inject('/query/health')).json().checks).toMatchObject({
      database: 'ok',
      redis: expect.not.stringMatching(/^ok$/),
    });
    await far.mend();
    await expect.poll(statuses, { timeout: 100_000 }).toEqual([200, 200, 200, 200]);
  });
});
