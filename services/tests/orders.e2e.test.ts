import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asBuyerOf, asOperator } from '../../scripts/testing/apps.ts';
import { layCable, through } from '../../scripts/testing/cable.ts';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { get, inParallel, post } from '../../scripts/testing/http.ts';
import { redeliverUnacknowledged } from '../../scripts/testing/redeliver.ts';
import { startTestService } from '../../scripts/testing/services.ts';
import { createMessaging, db, openTestEvent, redis, seatedZone, urls } from '../../scripts/testing/stores.ts';
import type { Order } from '../shared/terms/ticket.ts';

let resources: AsyncDisposableStack;
beforeEach(async () => {
  await redis.flushdb();
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

async function startServices() {
  const messaging = await createMessaging();
  const [purchase, query] = await Promise.all([
    startTestService('purchase', messaging, { resources }),
    startTestService('query', messaging, { resources }),
    startTestService('persistence', messaging, { resources }),
  ]);
  return {
    orders: `${purchase.base}/purchase/api/v1/orders`,
    holds: `${purchase.base}/purchase/api/v1/holds`,
    query: query.base,
  };
}

describe('orders, holds and cancellations, from the buyer to the organiser', () => {
  it('are counted exactly, read back as purchase returned them, and keep their history', { timeout: 300_000 }, async () => {
    const zones = [seatedZone(1, 10, 10), { zoneId: 2, capacity: 30, priceMinor: 2_550 }];
    const { eventId, venueId } = await openTestEvent({ zones, ticketsPerBuyer: 10 });
    const { orders, holds, query } = await startServices();

    const bought = await post(orders, {
      eventId,
      buyerId: 'ann',
      seats: [
        { zoneId: 1, row: 'C', column: 3 },
        { zoneId: 1, row: 'C', column: 4 },
      ],
    });
    const standing = await post(orders, { eventId, buyerId: 'ann', zoneId: 2, quantity: 3 });
    const held = await post(holds, { eventId, buyerId: 'bob', zoneId: 1, quantity: 4 });
    const confirmed = await post(`${holds}/${held.body.holdId}/confirm`, {});
    expect([bought.status, standing.status, held.status, confirmed.status]).toEqual([201, 201, 201, 201]);
    const ordersOf = [bought, standing, confirmed];
    for (const { headers, body } of ordersOf) {
      const { adjacent: _adjacent, orderToken, ...order } = body;
      const headersOfBuyer = { 'order-token': String(orderToken) };
      await waitFor(async () => expect((await get(query + headers.get('location'), headersOfBuyer)).body).toEqual(order));
    }

    const { orderId, tickets } = bought.body as Order;
    const ticketIds = tickets.slice(0, 1).map(({ ticketId }) => ticketId);
    const cancelled = await post(`${orders}/${orderId}/cancel`, { eventId, ticketIds }, asBuyerOf(orderId));
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'PAID', totalPrice: '100.00' } });
    const again = await post(orders, { eventId, buyerId: 'cem', seats: [{ zoneId: 1, row: 'C', column: 3 }] });
    expect(again.status).toBe(201);
    await waitFor(async () => {
      expect((await get(`${query}/query/api/v1/orders/${orderId}`, asBuyerOf(orderId))).body).toEqual(cancelled.body);
      expect((await get(`${query}/query/api/v1/tickets/count/${eventId}`)).body.count).toBe(9);
      expect((await get(query + again.headers.get('location'), asBuyerOf(String(again.body.orderId)))).body).toMatchObject({
        buyerId: 'cem',
        status: 'PAID',
      });
    });
    const revenue = await get(`${query}/query/api/v1/tickets/revenue/${venueId}/${eventId}`);
    expect(revenue.body.totalRevenue).toBe('676.50');
    const ofAnn = (await get(`${query}/query/api/v1/tickets?buyerId=ann`, asOperator)).body as unknown as { status: string }[];
    expect(ofAnn.map(({ status }) => status).toSorted()).toEqual(['CANCELLED', 'PAID', 'PAID', 'PAID', 'PAID']);
    const availability = await get(`${query}/query/api/v1/events/${eventId}/availability`);
    expect(availability.body).toMatchObject({ capacity: 130, available: 121, held: 0, sold: 9 });
    await assertConserved(redis, eventId, db);
  });

  it('add up after a crowd has bought, held, confirmed, abandoned and cancelled concurrently', { timeout: 300_000 }, async () => {
    const { eventId } = await openTestEvent({ zones: [seatedZone(1, 20, 20), { zoneId: 2, capacity: 200, priceMinor: 10 }] });
    const { orders, holds } = await startServices();
    const buyers = Array.from({ length: 300 }, (_, at) => at);
    await inParallel(buyers, 50, async (buyer) => {
      const wish = { eventId, buyerId: `b${buyer % 40}`, zoneId: 1 + (buyer % 2), quantity: 1 + (buyer % 5), split: true };
      if (buyer % 3 === 0) {
        const { status, body } = await post(holds, wish);
        if (status === 201 && buyer % 2 === 0) await post(`${holds}/${body.holdId}/confirm`, {});
      } else {
        const { status, body } = await post(orders, wish);
        if (status === 201 && buyer % 5 === 0)
          await post(`${orders}/${body.orderId}/cancel`, { eventId }, asBuyerOf(String(body.orderId)));
      }
    });
    await waitFor(() => assertConserved(redis, eventId, db));
  });

  it('made while SNS, SQS and MySQL are away all arrive once those are back', { timeout: 300_000 }, async () => {
    const { eventId } = await openTestEvent({ zones: [seatedZone(1, 1, 10)] });
    const messaging = await createMessaging();
    const toCloud = await layCable(Number(new URL(urls.endpoint).port), resources);
    const toMysql = await layCable(Number(new URL(urls.databaseUrl).port), resources);
    const cables = [toCloud, toMysql];
    const endpoint = through(toCloud, urls.endpoint).replace(/\/$/, '');
    const env = { DATABASE_URL: through(toMysql, urls.databaseUrl) };
    const { base } = await startTestService('purchase', messaging, { resources, endpoint });
    await startTestService('persistence', messaging, { resources, endpoint, env });
    const [orders, holds] = [`${base}/purchase/api/v1/orders`, `${base}/purchase/api/v1/holds`];
    const best = { eventId, zoneId: 1, quantity: 10 };

    const before = await post(orders, best);
    await waitFor(() => assertConserved(redis, eventId, db));
    await Promise.all(cables.map((cable) => cable.cut()));
    expect(
      (await post(`${orders}/${before.body.orderId}/cancel`, { eventId }, asBuyerOf(String(before.body.orderId)))).status,
    ).toBe(200);
    const held = await post(holds, best);
    const confirmed = await post(`${holds}/${held.body.holdId}/confirm`, {});
    expect(confirmed.status).toBe(201);
    const [ticket] = (confirmed.body as Order).tickets;
    const some = { eventId, ticketIds: [ticket?.ticketId] };
    expect(
      (await post(`${orders}/${confirmed.body.orderId}/cancel`, some, asBuyerOf(String(confirmed.body.orderId)))).status,
    ).toBe(200);
    expect((await post(orders, { ...best, quantity: 1 })).status).toBe(201);
    await Promise.all(cables.map((cable) => cable.mend()));
    // The interrupted polls may receive messages.
    await waitFor(async () => {
      await redeliverUnacknowledged(messaging.queueUrl);
      await assertConserved(redis, eventId, db);
    });
  });
});
