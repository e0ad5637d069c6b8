import { randomBytes } from 'node:crypto';
import { Cluster } from 'ioredis';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { outboxKey } from '../../services/shared/inventory/keys.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { parseEventFile } from '../../services/shared/inventory/plan/event-file.ts';
import { readConsumerGroup } from '../../services/shared/stores/consumer-group.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import type { RedisClient } from '../../services/shared/stores/redis.ts';
import { rowLabel } from '../../services/shared/terms/row-label.ts';

/** The most that an order may have. */
const ticketsPerOrder = 10;

export type Stores = { db: Database; redis: RedisClient };

/** A hall of identical zones. */
export type Hall = { zones: number; rows: number; columns: number };

export type BenchEvent = { venueId: string; eventId: string; hall: Hall };

/** An event with a new random id. Does not open it. */
export const newEvent = (hall: Hall): BenchEvent => ({
  venueId: 'bench-venue',
  eventId: `bench-${randomBytes(6).toString('hex')}`,
  hall,
});

/** Empties Redis and opens a new event. */
export async function openFreshEvent(stores: Stores, hall: Hall): Promise<BenchEvent> {
  await emptyRedis(stores.redis);
  return await openBenchEvent(stores, newEvent(hall));
}

/** Flushes Redis; in a cluster, every master. */
export async function emptyRedis(redis: RedisClient): Promise<void> {
  await Promise.all((redis instanceof Cluster ? redis.nodes('master') : [redis]).map((node) => node.flushdb()));
}

/** Opens an event. `more`: further fields of its file. */
export async function openBenchEvent(
  { db, redis }: Stores,
  event: BenchEvent,
  more: { payment?: 'required' } = {},
): Promise<BenchEvent> {
  const { zones, ...grid } = event.hall;
  const plan = parseEventFile(
    JSON.stringify({
      venue: { venueId: event.venueId, name: 'Bench' },
      event: { eventId: event.eventId, name: 'Bench', onSaleAt: '2026-01-01T00:00:00Z', currency: 'USD', ...more },
      zones: [{ zoneId: 1, throughZoneId: zones, ...grid, price: '100.00' }],
    }),
  );
  const outcome = await openEvent(db, redis, plan);
  if (outcome.kind !== 'opened') throw new Error(`opening ${event.eventId} returned "${outcome.kind}", not "opened"`);
  return event;
}

/** `count` purchase bodies in random order. Each names a different seat, so each should succeed. */
export function purchasesOf({ venueId, eventId, hall: { zones, rows, columns } }: BenchEvent, count: number): string[] {
  const seats = zones * rows * columns;
  if (count > seats) throw new Error(`cannot sell ${count} of ${seats} seats`);
  return shuffled(Array.from({ length: seats }, (_, seat) => seat))
    .slice(0, count)
    .map((seat) => {
      const zoneId = (seat % zones) + 1;
      const row = rowLabel((Math.floor(seat / zones) % rows) + 1);
      const column = String(Math.floor(seat / (zones * rows)) + 1);
      return JSON.stringify({ venueId, eventId, zoneId, row, column });
    });
}

/** Bodies of holds of a different seat each. */
export const holdsOf = (event: BenchEvent, count: number): string[] =>
  purchasesOf(event, count).map((purchase) => {
    const { venueId, eventId, ...seat } = JSON.parse(purchase) as { venueId: string; eventId: string };
    return JSON.stringify({ venueId, eventId, seats: [seat] });
  });

/** Order bodies that together buy every seat of the event, ten adjacent seats each, in random order. */
export function ordersOf({ venueId, eventId, hall: { zones, rows, columns } }: BenchEvent): string[] {
  const perRow = columns / ticketsPerOrder;
  return shuffled(Array.from({ length: zones * rows * perRow }, (_, order) => order)).map((order) => {
    const zoneId = (order % zones) + 1;
    const row = rowLabel((Math.floor(order / zones) % rows) + 1);
    const first = Math.floor(order / (zones * rows)) * ticketsPerOrder + 1;
    const seats = Array.from({ length: ticketsPerOrder }, (_, at) => ({ zoneId, row, column: first + at }));
    return JSON.stringify({ venueId, eventId, seats });
  });
}

/** Fisher–Yates, in place. */
function shuffled<T>(list: T[]): T[] {
  for (let left = list.length; left > 1; left--) {
    const at = Math.floor(Math.random() * left);
    [list[left - 1], list[at]] = [list[at] as T, list[left - 1] as T];
  }
  return list;
}

const publishedMs = 120_000;

/** Waits until the relay has published an event's whole outbox. Returns how long that took, in ms. */
export async function untilPublished(redis: RedisClient, eventId: string): Promise<number> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < publishedMs) {
    const group = await readConsumerGroup(redis, outboxKey(eventId));
    if (group?.pending === 0 && group.lag === 0) return performance.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${eventId} was not published within ${publishedMs / 1_000} s`);
}

/** Throws unless the event has sold exactly `expected` tickets. */
export async function assertSold(redis: RedisClient, { eventId }: BenchEvent, expected: number): Promise<void> {
  const inventory = await readInventory(redis, eventId);
  const sold = inventory?.sold.values().reduce((sum, count) => sum + count, 0);
  if (sold !== expected) throw new Error(`${eventId} has sold ${sold} tickets, not ${expected}`);
}
