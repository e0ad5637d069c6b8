import { describe, expect, it } from 'vitest';
import { requestsOf, wantedSeats } from './crowd.ts';
import { planHall, seatsOf } from './hall.ts';

const { inventory } = planHall('Event', 2_000);
const seats = seatsOf(inventory.zones);
const names = (list: object[]) => list.map((item) => JSON.stringify(item));

describe('the hall', () => {
  it.each([1, 29, 30, 31, 779, 780, 781, 50_000, 78_000])(
    'has exactly %d distinct seats, and its zone capacities add up to that',
    (count) => {
      const { zones } = planHall('Event', count).inventory;
      const all = seatsOf(zones);
      expect(new Set(names(all)).size).toBe(count);
      expect(all).toHaveLength(count);
      expect(zones.reduce((sum, { capacity }) => sum + capacity, 0)).toBe(count);
      expect(zones.map(({ zoneId }) => zoneId)).toEqual(zones.map((_zone, at) => at + 1));
    },
  );

  it('of 78,000 seats is the demo hall: 100 zones of 26 rows and 30 columns', () => {
    const { zones } = planHall('Event', 78_000).inventory;
    expect(zones.map(({ grid }) => [grid?.rows, grid?.columns])).toEqual(Array.from({ length: 100 }, () => [26, 30]));
  });
});

describe('the crowd', () => {
  it.each([2_000, 2_001, 2_600, 4_200, 10_000])('of %d buyers wants every seat of the hall and nothing else', (buyers) => {
    const wanted = wantedSeats(seats, { buyers, seed: 1 });
    expect(wanted).toHaveLength(buyers);
    expect(new Set(names(wanted))).toEqual(new Set(names(seats)));
  });

  it('wants each seat at most once if it is smaller than the hall', () => {
    const wanted = wantedSeats(seats, { buyers: 500, seed: 1 });
    expect(new Set(names(wanted)).size).toBe(500);
  });

  it('is the same for the same seed, and differs for another seed', () => {
    const crowd = (seed: number) => wantedSeats(seats, { buyers: 2_600, seed });
    expect(crowd(7)).toEqual(crowd(7));
    expect(crowd(8)).not.toEqual(crowd(7));
  });

  it('arrives in random order, with duplicates early and first attempts late', () => {
    const wanted = names(wantedSeats(seats, { buyers: 4_000, seed: 1 }));
    const isFirst = wanted.map((seat, at) => wanted.indexOf(seat) === at);
    expect(isFirst.slice(0, 2_000).filter(Boolean).length).toBeLessThan(2_000);
    expect(isFirst.slice(2_000).filter(Boolean).length).toBeGreaterThan(0);
  });

  it('asks for the seats that it wants', () => {
    const crowd = { buyers: 2_600, seed: 3, best: false };
    const { path, bodies } = requestsOf(inventory, crowd);
    expect(path).toBe('/purchase/api/v1/tickets');
    const event = { venueId: inventory.venueId, eventId: 'Event' };
    const expected = wantedSeats(seats, crowd).map((seat) => ({ ...event, ...seat, column: String(seat.column) }));
    expect(bodies.map((body) => JSON.parse(body))).toEqual(expected);
  });

  it('asks each zone for all of its seats when buyers take the best', () => {
    const { path, bodies } = requestsOf(inventory, { buyers: 2_000, seed: 3, best: true });
    expect(path).toBe('/purchase/api/v1/orders');
    const asked = Map.groupBy(bodies, (body) => (JSON.parse(body) as { zoneId: number }).zoneId);
    for (const { zoneId, capacity } of inventory.zones) expect(asked.get(zoneId)).toHaveLength(capacity);
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ eventId: 'Event', quantity: 1 });
  });
});
