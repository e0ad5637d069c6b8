import { expect, it } from 'vitest';
import { asBuyerOf, testPurchaseApp } from '../../../scripts/testing/apps.ts';
import { openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { inventoryKey } from '../../shared/inventory/keys.ts';
import { createSalesCounters } from '../sales-counters/sales-counters.ts';
import { createSeats } from '../seats/create-seats.ts';

it('counts what the scripts sold, held, cancelled and refused, replays excluded, and what was unavailable', async () => {
  const { eventId, venueId } = await openTestEvent();
  const counters = createSalesCounters();
  await using app = await testPurchaseApp({ seats: createSeats({ redis }), counters });
  const ask = (method: 'POST' | 'DELETE', path: string, payload?: object, headers = {}) =>
    app.inject({ method, url: `/purchase/api/v1${path}`, headers, ...(payload && { payload }) });

  const seat = { venueId, eventId, zoneId: 1, row: 'A', column: 1 };
  expect((await ask('POST', '/tickets', seat)).statusCode).toBe(201);
  expect((await ask('POST', '/tickets', seat)).statusCode).toBe(409);
  const order = (await ask('POST', '/orders', { eventId, zoneId: 1, quantity: 3 })).json();
  const held = (await ask('POST', '/holds', { eventId, zoneId: 1, quantity: 2 })).json();
  expect((await ask('POST', `/holds/${held.holdId}/extend`)).statusCode).toBe(200);
  expect((await ask('POST', `/holds/${held.holdId}/extend`)).statusCode).toBe(409);
  expect((await ask('POST', `/holds/${held.holdId}/confirm`)).statusCode).toBe(201);
  expect((await ask('POST', `/holds/${held.holdId}/confirm`)).statusCode).toBe(200);
  expect((await ask('DELETE', `/holds/${held.holdId}`)).statusCode).toBe(409);
  const { ticketId } = order.tickets[0];
  const cancel = () =>
    ask('POST', `/orders/${order.orderId}/cancel`, { eventId, ticketIds: [ticketId] }, asBuyerOf(order.orderId));
  for (let times = 0; times < 3; times++) expect((await cancel()).statusCode).toBe(200);
  const again = { 'idempotency-key': 'one-purchase-asked-for-often' };
  for (let times = 0; times < 200; times++) {
    expect((await ask('POST', '/tickets', { ...seat, row: 'J' }, again)).statusCode).toBe(201);
  }
  await redis.rename(inventoryKey(eventId), `${inventoryKey(eventId)}:away`);
  expect((await ask('DELETE', `/holds/${held.holdId}`)).statusCode).toBe(503);
  await redis.rename(`${inventoryKey(eventId)}:away`, inventoryKey(eventId));
  expect((await ask('POST', '/tickets', { ...seat, row: '' })).statusCode).toBe(400);
  expect((await ask('POST', '/nothing')).statusCode).toBe(404);
  expect((await app.inject({ method: 'PATCH', url: '/purchase/api/v1/tickets' })).statusCode).toBe(405);
  expect((await app.inject({ method: 'OPTIONS', url: '/purchase/api/v1/tickets' })).statusCode).toBe(204);

  const { events, unavailable, latency = [] } = counters.takeSecond() ?? {};
  expect(events).toEqual({
    [eventId]: {
      sold: 7,
      soldMinor: 70_000,
      held: 2,
      cancelled: 1,
      refused: { SEAT_TAKEN: 1, HOLD_EXTENDED: 1, HOLD_CONFIRMED: 1 },
    },
  });
  expect(unavailable).toEqual({ INVENTORY_UNAVAILABLE: 1 });
  expect(latency.reduce((sum, [, answers]) => sum + answers, 0)).toBe(213);
});
