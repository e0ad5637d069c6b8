import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { asOperator, testQueryApp } from '../../scripts/testing/apps.ts';
import { cancelled, purchased, purchasedOrder, type TicketSold } from '../../scripts/testing/purchases.ts';
import { db, openTestEvent, redis, seatedZone, unique } from '../../scripts/testing/stores.ts';
import { projectDomainEvents } from '../persistence/projections/project.ts';
import type { Inventory } from '../shared/inventory/inventory.ts';

const app = await testQueryApp({ db, redis });
afterAll(() => app.close());

const tickets = '/query/api/v1/tickets';
const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

/** Sells these tickets as one order with this sequence number. Returns their ids in order of sale. */
async function sell(event: Inventory, sequence: number, sold: Omit<TicketSold, 'ticketId' | 'currency'>[]): Promise<string[]> {
  const sale = purchasedOrder(event, { sequence, tickets: sold });
  await projectDomainEvents(db, [sale]);
  return sale.data.tickets.map(({ ticketId }) => ticketId);
}

const seat = (column: number, zoneId = 1, priceMinor = 10_000) => ({ zoneId, row: 'A', column, priceMinor });

/** All pages of an event's list, each as its tickets' ids. */
async function pagesOf(eventId: string, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  for (let url: string | undefined = `${tickets}?eventId=${eventId}&limit=${limit}`; url !== undefined; ) {
    const { statusCode, headers, ...page } = await get(url);
    expect(statusCode).toBe(200);
    pages.push(page.json<{ ticketId: string }[]>().map(({ ticketId }) => ticketId));
    url = /^<([^>]+)>; rel="next"$/.exec(String(headers.link))?.[1];
  }
  return pages;
}

describe('count and revenue', () => {
  it.each([
    { currency: 'USD', prices: [], count: 0, totalRevenue: '0.00' },
    { currency: 'USD', prices: [10_000, 4_550, 5], count: 3, totalRevenue: '145.55' },
    { currency: 'JPY', prices: [], count: 0, totalRevenue: '0' },
    { currency: 'JPY', prices: [60, 40], count: 2, totalRevenue: '100' },
    { currency: 'KWD', prices: [12_345, 1], count: 2, totalRevenue: '12.346' },
    { currency: 'USD', prices: [Number.MAX_SAFE_INTEGER, 2], count: 2, totalRevenue: '90071992547409.93' },
  ])('are exact across zones with different prices: $prices in $currency are $totalRevenue', async (example) => {
    const { currency, prices, count, totalRevenue } = example;
    const zones = [seatedZone(1, 1, 1), ...prices.map((priceMinor, at) => seatedZone(at + 2, 2, 2, Math.min(priceMinor, 1e12)))];
    const event = await openTestEvent({ currency, zones });
    for (const [at, priceMinor] of prices.entries()) await sell(event, at + 1, [seat(1, at + 2, priceMinor)]);
    const { eventId, venueId } = event;
    expect((await get(`${tickets}/count/${eventId}`)).json()).toEqual({ eventId, count });
    const revenue = await get(`${tickets}/revenue/${venueId}/${eventId}`);
    expect(revenue.json()).toEqual({ venueId, eventId, totalRevenue, currency });
  });

  it('count a seat that was sold twice only once; the list shows both tickets, one of them CONFLICTED', async () => {
    const event = await openTestEvent();
    for (const sequence of [1, 2]) await sell(event, sequence, [seat(7)]);
    expect((await get(`${tickets}/count/${event.eventId}`)).json()).toMatchObject({ count: 1 });
    expect((await get(`${tickets}/revenue/${event.venueId}/${event.eventId}`)).json()).toMatchObject({ totalRevenue: '100.00' });
    const list = (await get(`${tickets}?eventId=${event.eventId}`)).json<{ status: string }[]>();
    expect(list.map(({ status }) => status)).toEqual(['PAID', 'CONFLICTED']);
  });

  it('leave out cancelled tickets, which the list shows as CANCELLED', async () => {
    const event = await openTestEvent();
    const sale = purchasedOrder(event, { sequence: 1, tickets: [seat(1, 1, 4_550), seat(2, 1, 4_550), seat(3)] });
    await projectDomainEvents(db, [sale]);
    await projectDomainEvents(db, [cancelled(sale, 2, [0, 2])]);
    expect((await get(`${tickets}/count/${event.eventId}`)).json()).toMatchObject({ count: 1 });
    expect((await get(`${tickets}/revenue/${event.venueId}/${event.eventId}`)).json()).toMatchObject({ totalRevenue: '45.50' });
    const list = (await get(`${tickets}?eventId=${event.eventId}`)).json<{ status: string }[]>();
    expect(list.map(({ status }) => status)).toEqual(['CANCELLED', 'PAID', 'CANCELLED']);
  });
});

describe('one ticket', () => {
  it('is returned in full, except its order, which only the operator sees', async () => {
    const event = await openTestEvent({ currency: 'EUR', zones: [seatedZone(7, 30, 30, 4_550)] });
    const sale = purchased(event, { sequence: 1, zoneId: 7, row: 'AB', column: 12, priceMinor: 4_550 });
    await projectDomainEvents(db, [sale]);
    const ticketId = sale.data.tickets[0]?.ticketId;
    const { orderId, eventId, venueId } = sale.data;
    const response = await get(`${tickets}/${ticketId}`);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    const seatFields = { zoneId: 7, row: 'AB', column: '12', price: '45.50', currency: 'EUR' };
    const told = { ticketId, venueId, eventId, ...seatFields, status: 'PAID', createdOn: '2026-05-01T10:00:00.000Z' };
    expect(response.json()).toEqual(told);
    const [listed] = (await get(`${tickets}?eventId=${eventId}`)).json();
    expect(listed).toEqual(told);
    // A stranger with the order's id could try to read or cancel the order.
    for (const url of [`${tickets}/${ticketId}`, `${tickets}?eventId=${eventId}`]) {
      const toOperator = await app.inject({ url, headers: asOperator });
      expect([toOperator.json()].flat()).toEqual([{ ...told, orderId }]);
    }
  });

  it('has neither row nor column in a zone without seats', async () => {
    const event = await openTestEvent({ zones: [{ zoneId: 1, capacity: 5, priceMinor: 100 }] });
    const [first, second] = await sell(event, 1, [
      { zoneId: 1, priceMinor: 100 },
      { zoneId: 1, priceMinor: 100 },
    ]);
    for (const ticketId of [first, second]) {
      expect((await get(`${tickets}/${ticketId}`)).json()).toMatchObject({ row: null, column: null, price: '1.00' });
    }
    expect((await get(`${tickets}/count/${event.eventId}`)).json()).toMatchObject({ count: 2 });
  });
});

describe('the list', () => {
  it('returns every ticket once, in order of sale, to clients that follow rel="next" to the end', async () => {
    const event = await openTestEvent();
    const sold: string[] = [];
    // Projected last to first, so that neither the order of rows nor that of ids is the order of sale.
    for (let column = 10; column >= 1; column--) sold.unshift(...(await sell(event, column, [seat(column)])));
    const pages = await pagesOf(event.eventId, 3);
    expect(pages.map((page) => page.length)).toEqual([3, 3, 3, 1]);
    expect(pages.flat()).toEqual(sold);
    expect(await pagesOf(event.eventId, 1_000)).toEqual([sold]);
  });

  it('has no next page after a last page that is full', async () => {
    const event = await openTestEvent();
    await sell(event, 1, [seat(1), seat(2), seat(3), seat(4)]);
    expect((await pagesOf(event.eventId, 2)).map((page) => page.length)).toEqual([2, 2]);
  });

  it('splits an order across pages without losing or repeating a ticket, whatever the page size', async () => {
    const event = await openTestEvent();
    const sold = [
      ...(await sell(event, 1, [seat(1)])),
      ...(await sell(event, 2, [seat(2), seat(3), seat(4)])),
      ...(await sell(event, 3, [seat(5), seat(6)])),
    ];
    for (const limit of [1, 2, 3, 4, 5]) expect((await pagesOf(event.eventId, limit)).flat(), `limit ${limit}`).toEqual(sold);
  });

  it('continues where the last page ended, including tickets sold since', async () => {
    const event = await openTestEvent();
    await sell(event, 1, [seat(1), seat(2)]);
    const { headers } = await get(`${tickets}?eventId=${event.eventId}&limit=1`);
    const [late] = await sell(event, 2, [seat(3)]);
    const next = /<(.+)>/.exec(String(headers.link))?.[1] ?? '';
    const rest = await get(next.replace('limit=1', 'limit=1000'));
    expect(rest.json<{ ticketId: string }[]>().map(({ ticketId }) => ticketId)).toContain(late);
    expect(rest.json()).toHaveLength(2);
    expect(rest.headers.link).toBeUndefined();
  });

  it('is empty rather than an error for an event that has sold nothing', async () => {
    expect(await pagesOf((await openTestEvent()).eventId, 3)).toEqual([[]]);
  });
});

describe('a request', () => {
  const upper = ({ eventId }: Inventory) => eventId.toUpperCase();

  it.each([
    ['the count of an unknown event', 'EVENT_NOT_FOUND', () => `${tickets}/count/${unique('event')}`],
    ['the count of an event id in different case', 'EVENT_NOT_FOUND', (event: Inventory) => `${tickets}/count/${upper(event)}`],
    ['the revenue of an unknown event', 'EVENT_NOT_FOUND', () => `${tickets}/revenue/Venue1/${unique('event')}`],
    [
      "the revenue at a venue that is not the event's",
      'EVENT_NOT_FOUND',
      ({ eventId }: Inventory) => `${tickets}/revenue/Venue1/${eventId}`,
    ],
    ['the list of an unknown event', 'EVENT_NOT_FOUND', () => `${tickets}?eventId=${unique('event')}`],
    ['an unknown ticket', 'TICKET_NOT_FOUND', () => `${tickets}/${uuidv7()}`],
    ['an unknown path', 'NOT_FOUND', () => '/query/api/v1/nothing'],
    ["another service's path", 'NOT_FOUND', () => '/purchase/api/v1/tickets'],
  ])('for %s is a 404, %s', async (_what, code, urlOf) => {
    const response = await get(urlOf(await openTestEvent()));
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect([response.statusCode, response.json()]).toEqual([404, expect.objectContaining({ status: 404, code })]);
  });
});

describe('an invalid request', () => {
  it.each([
    ['?eventId=E&limit=0', 'limit'],
    ['?eventId=E&limit=1001', 'limit'],
    ['?eventId=E&limit=x', 'limit'],
    ['?eventId=E&limit=', 'limit'],
    ['?eventId=E&limit=1.5', 'limit'],
    ['?eventId=E&limit=1e2', 'limit'],
    ['?eventId=E&limit=0x10', 'limit'],
    ['?eventId=E&limit= 7', 'limit'],
    ['?eventId=E&offset=3', 'offset'],
    ['?eventId=', 'eventId'],
    ['?buyerId=', 'buyerId'],
    ['?eventId=E&eventId=F', 'eventId'],
    ['?eventId=E&cursor=garbage', 'cursor'],
    ['?eventId=E&cursor=', 'cursor'],
    [`?eventId=E&cursor=${Buffer.from(`E.1.${'-'.repeat(36)}`).toString('base64url')}`, 'cursor'],
    [`?eventId=E&cursor=${Buffer.from(`1.${uuidv7()}`).toString('base64url')}`, 'cursor'],
    [`?eventId=E&cursor=${Buffer.from(`F.1.${uuidv7()}`).toString('base64url')}`, 'cursor'],
    [`?buyerId=B&cursor=${Buffer.from(`E'.1.${uuidv7()}`).toString('base64url')}`, 'cursor'],
    [`?eventId=E&cursor=${'A'.repeat(161)}`, 'cursor'],
    ["?eventId=E' OR 1=1 -- ", 'eventId'],
    ["?buyerId=B' OR 1=1 -- ", 'buyerId'],
    ["/count/E'; DROP TABLE tickets; -- ", 'eventId'],
    ["/revenue/V' UNION SELECT 1/E", 'venueId'],
    ['/revenue/V/E"', 'eventId'],
    ["/' OR ''='", 'ticketId'],
    ['/123', 'ticketId'],
    ['/00000000-0000-0000-0000-00000000000g', 'ticketId'],
    ['/00000000-0000-0000-0000-000000000001', 'ticketId'],
    [`/count/${'E'.repeat(65)}`, 'eventId'],
  ])('is a 400 that names the parameter: %s', async (rest, parameter) => {
    // As the operator: strangers do not learn what is wrong with a request that only the operator may make.
    const response = await app.inject({ url: tickets + encodeURI(rest), headers: asOperator });
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    const errors = [expect.objectContaining({ parameter })];
    expect([response.statusCode, response.json()]).toEqual([400, expect.objectContaining({ code: 'INVALID_REQUEST', errors })]);
  });
});

describe('caching', () => {
  it.each([
    ['the count', 'public, max-age=1', ({ eventId }: Inventory) => `${tickets}/count/${eventId}`],
    ['the revenue', 'public, max-age=1', ({ eventId, venueId }: Inventory) => `${tickets}/revenue/${venueId}/${eventId}`],
    ['the list', 'private, no-cache', ({ eventId }: Inventory) => `${tickets}?eventId=${eventId}`],
  ])('%s yields 304 for its ETag until something is sold', async (_what, cacheControl, urlOf) => {
    const event = await openTestEvent();
    const url = urlOf(event);
    const first = await get(url);
    expect(first.headers['cache-control']).toBe(cacheControl);
    const headers = { 'if-none-match': String(first.headers.etag) };
    const again = await get(url, headers);
    expect([again.statusCode, again.body]).toEqual([304, '']);
    await sell(event, 1, [seat(1)]);
    expect((await get(url, headers)).statusCode).toBe(200);
  });

  it('a ticket may be cached only privately, and yields 304 for its ETag', async () => {
    const [ticketId] = await sell(await openTestEvent(), 1, [seat(1)]);
    const { headers } = await get(`${tickets}/${ticketId}`);
    expect(headers['cache-control']).toBe('private, no-cache');
    expect((await get(`${tickets}/${ticketId}`, { 'if-none-match': String(headers.etag) })).statusCode).toBe(304);
  });
});

describe('a wrong token', () => {
  it('gets a 401 ten times, and then a 429 with the time to wait; the right one is still accepted', async () => {
    await using own = await testQueryApp({ db, redis });
    const ask = async (headers: Record<string, string>) => {
      const { statusCode, headers: received, ...response } = await own.inject({ url: tickets, headers });
      return [statusCode, statusCode === 200 ? undefined : response.json().code, received['retry-after']];
    };
    for (let tries = 0; tries < 10; tries++) {
      expect(await ask({ authorization: `Bearer guess${tries}` })).toEqual([401, 'NOT_SIGNED_IN', undefined]);
    }
    const wait = expect.stringMatching(/^([1-9]|10)$/);
    expect(await ask({ authorization: 'Bearer guess' })).toEqual([429, 'TOO_MANY_WRONG_TOKENS', wait]);
    expect(await ask({ authorization: 'Basic Z3Vlc3M=' })).toEqual([429, 'TOO_MANY_WRONG_TOKENS', wait]);
    expect(await ask({ authorization: 'Bearer guess', 'x-forwarded-for': '203.0.113.7' })).toEqual([
      401,
      'NOT_SIGNED_IN',
      undefined,
    ]);
    expect(await ask(asOperator)).toEqual([200, undefined, undefined]);
    expect(await ask({})).toEqual([200, undefined, undefined]);
  });
});

describe('the service itself', () => {
  it('is live and healthy, and reports what it checked', async () => {
    expect((await get('/query/live')).json()).toEqual({ status: 'ok' });
    expect((await get('/query/health')).json()).toEqual({ status: 'ok', checks: { database: 'ok', redis: 'ok' } });
  });

  it('describes every route in OpenAPI 3.1, and serves the description as a page', async () => {
    const { openapi, paths } = (await get('/query/openapi.json')).json();
    expect(openapi).toMatch(/^3\.1\./);
    // A list of schemas, one for each item, is prefixItems in JSON Schema 2020-12, and items in older versions.
    expect(JSON.stringify(paths).includes('"items":[')).toBe(false);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        tickets,
        `${tickets}/{ticketId}`,
        `${tickets}/count/{eventId}`,
        `${tickets}/revenue/{venueId}/{eventId}`,
        '/query/api/v1/orders/{orderId}',
        '/query/api/v1/events/{eventId}',
        '/query/api/v1/events/{eventId}/availability',
        '/query/api/v1/events/{eventId}/zones/{zoneId}/seats',
        '/query/ws/v1/events/{eventId}',
      ]),
    );
    expect((await get('/query/docs/')).headers['content-type']).toMatch(/^text\/html/);
  });
});
