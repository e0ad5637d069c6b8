import { expect, it } from 'vitest';
import type { OrderInRedis } from '../../shared/inventory/order.ts';
import { latencyBucket, latencyOf } from '../../shared/inventory/sales-seconds.ts';
import { createSalesCounters } from './sales-counters.ts';

const order = (...prices: number[]): OrderInRedis => ({
  orderId: 'o',
  eventId: 'A',
  venueId: 'V',
  tickets: prices.map((priceMinor) => ({ ticketId: 't', zoneId: 1, priceMinor, currency: 'USD' })),
});
const sold = (...prices: number[]) => ({ kind: 'sold', isReplay: false, order: order(...prices), soldAtMs: 0 }) as const;
const nothing = { sold: 0, soldMinor: 0, held: 0, cancelled: 0, refused: {} };

it('counts tickets, revenue and refusals, by event since the last take and in total since it started', () => {
  const counters = createSalesCounters();
  counters.count('A', sold(10_000, 5_000));
  counters.count('B', { kind: 'held', isReplay: false, holdId: 'h', order: order(1, 2, 3), heldUntilMs: 0 });
  counters.count('A', { kind: 'cancelled', isReplay: false, order: order(1, 2, 3), soldAtMs: 0, count: 1 });
  for (const code of ['SEAT_TAKEN', 'SEAT_TAKEN', 'SOLD_OUT'] as const)
    counters.count('A', { kind: 'refused', isReplay: false, code });
  // Replays count no more.
  counters.count('A', { ...sold(10_000), isReplay: true });
  counters.count('A', { kind: 'refused', isReplay: true, code: 'SOLD_OUT' });
  counters.countUnavailable('SERVICE_UNAVAILABLE');
  expect(counters.takeSecond()).toEqual({
    events: {
      A: { sold: 2, soldMinor: 15_000, held: 0, cancelled: 1, refused: { SEAT_TAKEN: 2, SOLD_OUT: 1 } },
      B: { ...nothing, held: 3 },
    },
    unavailable: { SERVICE_UNAVAILABLE: 1 },
    latency: [],
  });
  expect(counters.takeSecond()).toBeUndefined();

  counters.count('A', sold(1));
  expect(counters.takeSecond()).toEqual({ events: { A: { ...nothing, sold: 1, soldMinor: 1 } }, unavailable: {}, latency: [] });
  expect(counters.total).toEqual({
    sold: 3,
    held: 3,
    cancelled: 1,
    refused: new Map([
      ['SEAT_TAKEN', 2],
      ['SOLD_OUT', 1],
      ['SERVICE_UNAVAILABLE', 1],
    ]),
  });
});

it('keeps nothing for events that clients may have made up', () => {
  const counters = createSalesCounters();
  for (let made = 0; made < 1_000; made++)
    counters.count(`made-up-${made}`, { kind: 'refused', isReplay: false, code: 'EVENT_NOT_FOUND' });
  expect(counters.takeSecond()).toBeUndefined();
  expect(counters.total.refused.get('EVENT_NOT_FOUND')).toBe(1_000);
});

it('counts responses by latency', () => {
  const counters = createSalesCounters();
  for (const ms of [0, 3, 3, 1e9]) counters.countResponse(ms);
  const { latency = [] } = counters.takeSecond() ?? {};
  expect(latency).toEqual([
    [0, 1],
    [latencyBucket(3), 2],
    [latencyBucket(60_000), 1],
  ]);
  expect(latencyOf(latencyBucket(3))).toSatisfy((ms: number) => ms >= 3 && ms <= 3.3);
});
