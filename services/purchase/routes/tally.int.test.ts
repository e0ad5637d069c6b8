import { expect, it } from 'vitest';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { buildPurchaseApp } from '../app.ts';
import { createTally } from '../pulse/tally.ts';
import { loadOf, maxWaiting } from '../seats/load.ts';

it('what buyers are told is tallied: sold, held, cancelled, refused by reason, and refused unread', async () => {
  const { eventId, venueId } = await openTestEvent();
  const tally = createTally();
  await using app = await buildPurchaseApp({ redis, wakeRelay: () => {}, tally, checks: {}, logger: silentLogger });
  const ask = (method: 'POST' | 'DELETE', path: string, payload?: object) =>
    app.inject({ method, url: `/purchase/api/v1${path}`, ...(payload && { payload }) });

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
  expect((await ask('POST', `/orders/${order.orderId}/cancel`, { eventId, ticketIds: [ticketId] })).statusCode).toBe(200);
  const load = loadOf(redis);
  load.waiting += maxWaiting;
  expect((await ask('POST', '/tickets', seat)).statusCode).toBe(503);
  load.waiting -= maxWaiting;
  expect((await ask('POST', '/tickets', { ...seat, row: '?' })).statusCode).toBe(400);

  const { events, unavailable, latency = [] } = tally.take() ?? {};
  expect(events).toEqual({
    [eventId]: {
      sold: 6,
      soldMinor: 60_000,
      held: 2,
      cancelled: 1,
      refused: { SEAT_TAKEN: 1, HOLD_EXTENDED: 1, HOLD_CONFIRMED: 1 },
    },
  });
  expect(unavailable).toEqual({ SERVICE_UNAVAILABLE: 1 });
  expect(latency.reduce((sum, [, answers]) => sum + answers, 0)).toBe(12);
});
