import { expect, it } from 'vitest';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { createOutbox } from '../../purchase/outbox/outbox.ts';

import { createActivity } from '../inventory/active-events.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { activeEventsKey, countsKey, openedEventsKey, outboxKey } from '../inventory/keys.ts';
import { baseOf } from './epochs.ts';
import { createBacklogReader, readBacklog } from './outbox-backlog.ts';

const outbox = createOutbox(redis, 'a-task');

/** Sells seats in row A one after another, so that each has its own entry. */
async function sell(event: Inventory, ...columns: number[]) {
  for (const column of columns) expect((await seats.sell(purchaseOf(event, { column }))).kind).toBe('sold');
}

it('the backlog counts the domain events that SNS has not accepted, whether or not the relay has read them', async () => {
  const event = await openTestEvent();
  const { eventId } = event;
  const events = async () => (await readBacklog(redis, eventId)).events;
  expect(await readBacklog(redis, eventId)).toEqual({ events: 0, oldestSeconds: 0 });
  await sell(event, 1, 2, 3);
  expect(await events()).toBe(3);
  const taken = await outbox.readNew(eventId, 2);
  await sell(event, 4);
  expect(await events()).toBe(4);
  await outbox.acknowledge(eventId, taken.ids.slice(0, 1));
  expect(await events()).toBe(3);
  await outbox.acknowledge(eventId, taken.ids);
  expect(await events()).toBe(2);
  await outbox.acknowledge(eventId, (await outbox.readNew(eventId, 10)).ids);
  expect(await readBacklog(redis, eventId)).toEqual({ events: 0, oldestSeconds: 0 });
});

it('the backlog depends only on the outbox, so it survives lost counts and a rebuild', async () => {
  const event = await openTestEvent();
  await sell(event, 1, 2);
  await redis.hset(countsKey(event.eventId), 'sequence', baseOf(1));
  expect((await readBacklog(redis, event.eventId)).events).toBe(2);
  await sell(event, 3);
  expect((await readBacklog(redis, event.eventId)).events).toBeLessThanOrEqual(3);
});

it('the age of the backlog is that of its oldest domain event', async () => {
  const event = await openTestEvent();
  await sell(event, 1);
  const [[id = '', fields = []] = []] = await redis.xrange(outboxKey(event.eventId), '-', '+');
  // As if it had been sold a minute ago.
  await redis.del(outboxKey(event.eventId));
  const aged = fields.map((field, at) => (at === 3 ? String(Number(field) - 60_000) : field));
  await redis.xadd(outboxKey(event.eventId), id, ...aged);
  await sell(event, 2);
  const { events, oldestSeconds } = await readBacklog(redis, event.eventId);
  expect(events).toBe(2);
  expect(oldestSeconds).toBeGreaterThanOrEqual(59);
});

it('the total backlog is the sum over all selling events, with the oldest age, and is read at most once a second', async () => {
  await redis.flushdb();
  const opened = [await openTestEvent(), await openTestEvent(), await openTestEvent()];
  const activity = createActivity(redis);
  for (const [at, event] of opened.entries()) {
    await sell(event, ...[1, 2, 3].slice(at));
    activity.note(event.eventId);
  }
  const read = createBacklogReader(redis);
  const all = await read();
  expect(all).toEqual({ events: 6, oldestSeconds: expect.any(Number) });
  const oldest = await Promise.all(opened.map(({ eventId }) => readBacklog(redis, eventId)));
  expect(all.oldestSeconds).toBeLessThanOrEqual(Math.max(...oldest.map(({ oldestSeconds }) => oldestSeconds)));
  await sell(opened[0] as Inventory, 4);
  expect(await read()).toBe(all);
});

it('the total backlog includes the events that are selling, even among thousands that are not', async () => {
  await redis.flushdb();
  const names = Array.from({ length: 5_000 }, (_, at) => `quiet-${at}`);
  await redis.sadd(openedEventsKey, ...names);
  // As many events as the reader looks at sold something a while ago.
  await redis.zadd(activeEventsKey, ...names.slice(0, 1_000).flatMap((name) => [Date.now() - 60_000, name]));
  const hot = await openTestEvent();
  await sell(hot, 1, 2);
  createActivity(redis).note(hot.eventId);
  expect(await createBacklogReader(redis)()).toMatchObject({ events: 2 });
});
