import type { InjectOptions } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { createSeats } from '../../services/purchase/seats/create-seats.ts';
import { createBacklogReader } from '../../services/shared/events/outbox-backlog.ts';
import { inventoryKey, openedEventsKey } from '../../services/shared/inventory/keys.ts';
import { testPurchaseApp } from './apps.ts';
import { assertConserved } from './conservation.ts';
import { seats } from './seats.ts';
import { redis } from './stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

/** The events for which the relay was woken since the test began. */
export const seen = { woken: [] as string[] };
beforeEach(() => {
  seen.woken = [];
});

/** A purchase app over a Redis, wired as in main.ts; closed after the file's tests. */
export async function purchaseAppOn(store: typeof redis, seats = createSeats({ redis: store })) {
  const app = await testPurchaseApp({
    seats,
    readBacklog: createBacklogReader(store),
    wakeRelay: (eventId) => void seen.woken.push(eventId),
    checks: { redis: () => store.ping() },
  });
  resources.defer(() => app.close());
  return app;
}

/** The file's app, over its Redis. */
export const app = await purchaseAppOn(redis, seats);

const ofTheFile = new Set<string>();
const ofEarlierTests = new Set<string>();
beforeAll(async () => {
  for (const eventId of await redis.smembers(openedEventsKey)) ofTheFile.add(eventId);
});

// After every test, its own events and those shared by the file must add up.
afterEach(async () => {
  for (const eventId of await redis.smembers(openedEventsKey)) {
    if (ofEarlierTests.has(eventId)) continue;
    if (!ofTheFile.has(eventId)) ofEarlierTests.add(eventId);
    if (await redis.exists(inventoryKey(eventId))) await assertConserved(redis, eventId);
  }
});

/** Sends a request that must return this status. Returns the body. */
export async function accepted(request: InjectOptions, status = 201) {
  const answer = await app.inject(request);
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.body === '' ? undefined : answer.json();
}
