import type { InjectOptions } from 'fastify';
import { expect } from 'vitest';
import { createSeats } from '../../services/purchase/seats/create-seats.ts';
import { createBacklogReader } from '../../services/shared/events/outbox-backlog.ts';
import { inventoryKey, openedEventsKey } from '../../services/shared/inventory/keys.ts';
import { testPurchaseApp } from './apps.ts';
import { assertConserved } from './conservation.ts';
import { seats } from './seats.ts';
import { redis } from './stores.ts';

/** The events for which the relay was woken since the test began. */
export const seen = { woken: [] as string[] };
/** Whether a test of this file has sent a request to a purchase app. */
let wasAsked = false;

/** A purchase app over a Redis, wired as in main.ts. */
export async function purchaseAppOn(store: typeof redis, seats = createSeats({ redis: store })) {
  const app = await testPurchaseApp({
    seats,
    readBacklog: createBacklogReader(store),
    wakeRelay: (eventId) => void seen.woken.push(eventId),
    checks: { redis: () => store.ping() },
  });
  app.addHook('onRequest', (_request, _reply, done) => {
    wasAsked = true;
    done();
  });
  return app;
}

/** The file's app, over its Redis. */
export const app = await purchaseAppOn(redis, seats);

const ofTheFile = new Set<string>();
const ofEarlierTests = new Set<string>();

/** Notes the events that a test file has opened for all of its tests, and forgets those of the file before. */
export async function beginFile(): Promise<void> {
  wasAsked = false;
  ofTheFile.clear();
  ofEarlierTests.clear();
  for (const eventId of await redis.smembers(openedEventsKey)) ofTheFile.add(eventId);
}

/** After a test of a file that uses a purchase app: the test's own events, and those of the file, must add up. */
export async function endTest(): Promise<void> {
  if (!wasAsked) return;
  for (const eventId of await redis.smembers(openedEventsKey)) {
    if (ofEarlierTests.has(eventId)) continue;
    if (!ofTheFile.has(eventId)) ofEarlierTests.add(eventId);
    if (await redis.exists(inventoryKey(eventId))) await assertConserved(redis, eventId);
  }
}

/** Sends a request that must return this status. Returns the body. */
export async function accepted(request: InjectOptions, status = 201) {
  const answer = await app.inject(request);
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.body === '' ? undefined : answer.json();
}
