import { afterAll, describe, expect, it } from 'vitest';
import { asBuyerOf, asOperator, testQueryApp } from '../../../scripts/testing/apps.ts';
import { cancelled, purchased, purchasedOrder } from '../../../scripts/testing/purchases.ts';
import { db, openTestEvent, redis, unique } from '../../../scripts/testing/stores.ts';
import { projectDomainEvents } from '../../persistence/projections/project.ts';
import { problem } from '../../shared/http/problems.ts';

const app = await testQueryApp({ db, redis });
afterAll(() => app.close());

const get = (query: Record<string, string>, headers: Record<string, string> = asOperator) =>
  app.inject({ url: '/query/api/v1/tickets', query, headers });

/** The ids of the listed tickets, page by page. */
async function pagesOf(query: Record<string, string>): Promise<string[][]> {
  const pages: string[][] = [];
  let response = await get(query);
  for (;;) {
    expect(response.statusCode).toBe(200);
    pages.push(response.json<{ ticketId: string }[]>().map(({ ticketId }) => ticketId));
    expect(pages.length, 'pages').toBeLessThan(20);
    const next = /^<([^>]+)>; rel="next"$/.exec(String(response.headers.link))?.[1];
    if (next === undefined) return pages;
    response = await app.inject({ url: next, headers: asOperator });
  }
}

/** Makes two events in which a buyer has tickets among other buyers'. Returns the buyer's tickets by event, in order of sale. */
async function twoEvents(buyerId = unique('Buyer')) {
  // By id, as a buyer's list orders events.
  const events = [await openTestEvent(), await openTestEvent()].toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1));
  const bought = await Promise.all(
    events.map(async (event) => {
      const seat = (column: number) => ({ zoneId: 1, row: 'A', column, priceMinor: 10_000 });
      const sales = [
        purchased(event, { sequence: 1, column: 1, buyerId: unique('Other') }),
        purchasedOrder(event, { sequence: 2, buyerId, tickets: [seat(2), seat(3), seat(4)] }),
        purchased(event, { sequence: 3, column: 5 }),
        purchasedOrder(event, { sequence: 4, buyerId, tickets: [seat(6), seat(7)] }),
      ];
      await projectDomainEvents(db, sales);
      const own = sales.filter(({ data }) => data.buyerId === buyerId);
      return { eventId: event.eventId, sales: own, ids: own.flatMap(({ data }) => data.tickets.map(({ ticketId }) => ticketId)) };
    }),
  );
  return { buyerId, bought };
}

describe("a buyer's tickets", () => {
  it.each([
    `auth0|${unique('5f7c8ec7c33c6c004bbafe82')}`,
    `eu-west-1:${unique('9b2f0c1e-7d43-4a8e-b0f5-2f6d1c3a4e5b')}`,
    `ann+${unique('tickets')}@example.org`,
    `Жанна & 🎟?/%#=${unique('')}`.padEnd(127, 'ž'),
  ])('are found page by page, whatever text identifies the buyer: %s', async (buyerId) => {
    const { bought } = await twoEvents(buyerId);
    expect((await pagesOf({ buyerId, limit: '4' })).flat()).toEqual(bought.flatMap(({ ids }) => ids));
    expect((await pagesOf({ buyerId: buyerId.toUpperCase() })).flat()).toEqual([]);
    const orderId = bought[0]?.sales[0]?.data.orderId ?? '';
    const order = await app.inject({ url: `/query/api/v1/orders/${orderId}`, headers: asOperator });
    expect(order.json()).toMatchObject({ buyerId });
  });

  it("are all of the buyer's tickets for any event, each once, whatever the page size", async () => {
    const { buyerId, bought } = await twoEvents();
    const all = bought.flatMap(({ ids }) => ids);
    for (const limit of [1, 2, 3, 4, 7, 9, 10]) {
      const pages = await pagesOf({ buyerId, limit: String(limit) });
      expect(pages.flat(), `limit ${limit}`).toEqual(all);
      expect(pages, `limit ${limit}`).toHaveLength(Math.ceil(all.length / limit));
    }
  });

  it('are only those for one event if the request names it too', async () => {
    const { buyerId, bought } = await twoEvents();
    for (const { eventId, ids } of bought) {
      for (const limit of [1, 2, 5]) expect((await pagesOf({ buyerId, eventId, limit: String(limit) })).flat()).toEqual(ids);
    }
  });

  it('show cancellations, and must be revalidated each time', async () => {
    const { buyerId, bought } = await twoEvents();
    const [sale] = bought[1]?.sales ?? [];
    if (!sale) throw new Error('nothing was bought');
    await projectDomainEvents(db, [cancelled(sale, 5, [1])]);
    const response = await get({ buyerId });
    const statuses = response.json<{ status: string }[]>().map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 10 }, (_, at) => (at === 6 ? 'CANCELLED' : 'PAID')));
    expect(response.headers['cache-control']).toBe('private, no-cache');
  });

  it('are refused to everyone but the operator, without revealing whether the buyer exists', async () => {
    const { buyerId, bought } = await twoEvents();
    const [{ eventId = '', sales = [] } = {}] = bought;
    const askers = [{}, asBuyerOf(sales[0]?.data.orderId ?? ''), { authorization: 'Bearer of-nothing' }];
    for (const headers of askers) {
      for (const query of [{ buyerId }, { buyerId: unique('Buyer') }, { buyerId, eventId }]) {
        const response = await get(query, headers);
        expect([response.statusCode, response.headers['www-authenticate']]).toEqual([401, 'Bearer']);
        expect(response.json()).toEqual(problem('NOT_SIGNED_IN'));
      }
    }
  });

  it('are an empty list for a buyer without tickets, at this event or anywhere', async () => {
    const { buyerId, bought } = await twoEvents();
    expect(await pagesOf({ buyerId: unique('Buyer') })).toEqual([[]]);
    expect(await pagesOf({ buyerId: buyerId.toUpperCase() })).toEqual([[]]);
    expect(await pagesOf({ buyerId: unique('Buyer'), eventId: bought[0]?.eventId ?? '' })).toEqual([[]]);
  });

  it('are a 404 for an unknown event', async () => {
    const response = await get({ buyerId: unique('Buyer'), eventId: unique('event') });
    expect([response.statusCode, response.json()]).toEqual([404, expect.objectContaining({ code: 'EVENT_NOT_FOUND' })]);
  });
});
