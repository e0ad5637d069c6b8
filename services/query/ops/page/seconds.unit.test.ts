import { describe, expect, it } from 'vitest';
import type { SecondOfSale } from '../messages.ts';
import { createSeconds, latenciesOf, ratesOf, windowSeconds } from './seconds.js';

/** A whole second; messages come 400 ms after each. */
const start = 1_800_000_000_000;
const second = (number: number, ticketsSold: number): SecondOfSale => ({
  at: start + number * 1000,
  ticketsSold,
  revenue: '0.00',
  ticketsHeld: 0,
  ticketsCancelled: 0,
  refused: {},
  overloaded: 0,
  latencyMs: { p50: 1, p95: 2, p99: 3 },
});
const messageAt = (number: number) => start + number * 1000 + 400;

/** The tickets sold in each of the last `count` seconds. */
const soldIn = (seconds: ReturnType<typeof createSeconds>, count: number) =>
  ratesOf(seconds.window(), ({ ticketsSold }) => ticketsSold).slice(-count);

describe('the last minutes', () => {
  it('have every second, with 0 for seconds that were left out', () => {
    const seconds = createSeconds();
    seconds.begin([second(0, 5), second(3, 7)]);
    expect(seconds.window()).toHaveLength(windowSeconds);
    expect(soldIn(seconds, 4)).toEqual([5, 0, 0, 7]);
  });

  it('have a gap in the latency when there were no requests', () => {
    const seconds = createSeconds();
    seconds.begin([second(0, 5), second(2, 7)]);
    expect(latenciesOf(seconds.window(), 'p99').slice(-3)).toEqual([3, null, 3]);
  });

  it('replace a second that comes again, more complete', () => {
    const seconds = createSeconds();
    seconds.begin([second(0, 5)]);
    seconds.add(messageAt(2), [second(0, 6), second(1, 1)]);
    expect(soldIn(seconds, 2)).toEqual([6, 1]);
  });

  it('go on while nothing happens, once a second can no longer come late', () => {
    const seconds = createSeconds();
    seconds.begin([second(0, 5)]);
    seconds.add(messageAt(1), []);
    expect(soldIn(seconds, 2)).toEqual([0, 5]);
    seconds.add(messageAt(4), []);
    expect(soldIn(seconds, 3)).toEqual([5, 0, 0]);
  });

  it('do not show seconds that could not be read as 0', () => {
    const seconds = createSeconds();
    seconds.begin([]);
    seconds.add(messageAt(1), [second(0, 5)]);
    seconds.add(messageAt(2), null);
    seconds.add(messageAt(3), null);
    seconds.add(messageAt(4), [second(3, 8)]);
    expect(soldIn(seconds, 4)).toEqual([5, null, null, 8]);
  });

  it('fill in unknown seconds that are sent later', () => {
    const seconds = createSeconds();
    seconds.add(messageAt(1), [second(0, 5)]);
    seconds.add(messageAt(2), null);
    seconds.add(messageAt(3), [second(1, 6), second(2, 7)]);
    expect(soldIn(seconds, 3)).toEqual([5, 6, 7]);
  });
});
