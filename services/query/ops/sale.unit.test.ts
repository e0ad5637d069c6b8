import { expect, it } from 'vitest';
import { type EventSales, latencyBucket, type SalesSecond } from '../../shared/inventory/sales-seconds.ts';
import { secondsOf } from './sale.ts';

const event = (changes: Partial<EventSales> = {}): EventSales => ({
  sold: 0,
  soldMinor: 0,
  held: 0,
  cancelled: 0,
  refused: {},
  ...changes,
});
const second = (at: number, changes: Partial<SalesSecond> = {}): SalesSecond => ({
  at,
  events: {},
  unavailable: {},
  latency: [],
  ...changes,
});

it('adds up what processes did for the event in the same second, and returns seconds in order', () => {
  const seconds = [
    second(2_000, { events: { A: event({ sold: 1, soldMinor: 10_000 }) } }),
    second(1_000, {
      events: {
        A: event({ sold: 2, soldMinor: 20_050, held: 3, cancelled: 1, refused: { SEAT_TAKEN: 5 } }),
        B: event({ sold: 100, refused: { SEAT_TAKEN: 100 } }),
      },
      unavailable: { SERVICE_UNAVAILABLE: 4, INVENTORY_UNAVAILABLE: 1 },
    }),
    second(1_000, { events: { A: event({ sold: 1, soldMinor: 5, refused: { SEAT_TAKEN: 1, SOLD_OUT: 2 } }) } }),
  ];
  const nothing = { ticketsHeld: 0, ticketsCancelled: 0, refused: {}, overloaded: 0, latencyMs: null };
  expect(secondsOf(seconds, 'A', 'USD')).toEqual([
    {
      at: 1_000,
      ticketsSold: 3,
      revenue: '200.55',
      ticketsHeld: 3,
      ticketsCancelled: 1,
      refused: { SEAT_TAKEN: 6, SOLD_OUT: 2, INVENTORY_UNAVAILABLE: 1 },
      overloaded: 4,
      latencyMs: null,
    },
    { ...nothing, at: 2_000, ticketsSold: 1, revenue: '100.00' },
  ]);
  expect(secondsOf(seconds, 'C', 'JPY')[1]).toEqual({ ...nothing, at: 2_000, ticketsSold: 0, revenue: '0' });
});

it.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty'])('counts only real sales for an event called %s', (eventId) => {
  const idle = second(1_000, { unavailable: { SERVICE_UNAVAILABLE: 1, INVENTORY_UNAVAILABLE: 1 } });
  const busy = second(2_000, { events: { [eventId]: event({ sold: 1, soldMinor: 100, refused: { SEAT_TAKEN: 1 } }) } });
  const read = JSON.parse(JSON.stringify([idle, busy])) as SalesSecond[];
  expect(secondsOf(read, eventId, 'USD')).toMatchObject([
    { at: 1_000, ticketsSold: 0, revenue: '0.00', refused: { INVENTORY_UNAVAILABLE: 1 }, overloaded: 1 },
    { at: 2_000, ticketsSold: 1, revenue: '1.00', refused: { SEAT_TAKEN: 1 }, overloaded: 0 },
  ]);
});

it('returns latencies over all processes, each at most a tenth too high', () => {
  const latency = (ms: number, responses: number): SalesSecond['latency'][number] => [latencyBucket(ms), responses];
  const seconds = [
    second(1_000, { latency: [latency(300, 1), latency(10, 50)] }),
    second(1_000, { latency: [latency(20, 44), latency(100, 5)] }),
  ];
  const { p50, p95, p99 } = secondsOf(seconds, 'A', 'USD')[0]?.latencyMs ?? {};
  const isNear = (ms: number) => expect.toSatisfy((told: number) => told >= ms - 0.05 && told <= ms * 1.1);
  expect([p50, p95, p99]).toEqual([isNear(10), isNear(100), isNear(100)]);
});
