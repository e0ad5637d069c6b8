import { randomBytes } from 'node:crypto';
import type { Message } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { createMessaging, openTestEvent, receive, redis, seatedZone, sns, unique } from '../../../scripts/testing/stores.ts';
import { readMessage } from '../../persistence/read-message.ts';
import { checkDomainEvent } from '../../shared/events/domain-events.ts';
import { createPublish, type Publish } from '../../shared/events/publish.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { outboxKey } from '../../shared/inventory/keys.ts';
import { readConsumerGroup } from '../../shared/stores/consumer-group.ts';

import { type Attempt, reportingAttempts } from './attempts.ts';
import { createOutbox } from './outbox.ts';
import { type Relay, startRelay } from './relay.ts';

const relays: Relay[] = [];
// A relay publishes every event in Redis, so that only the test's own may be there.
beforeEach(() => redis.flushdb());
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});

const hourMs = 3_600_000;

/** A relay with its own task, which immediately takes over entries that another task left pending. */
function relayTo(publish: Publish, { sweepMs = 60_000, claimAfterMs = 0, retentionMs = hourMs } = {}): Relay {
  const outbox = createOutbox(redis, unique('task'), { claimAfterMs });
  const relay = startRelay({ outbox, publish, logger: silentLogger, retentionMs, sweepMs });
  relays.push(relay);
  return relay;
}

const eventsOf = async (message: Message | undefined) => (await readMessage(message ?? {})).domainEvents;

async function sell(event: Inventory, columns: number[], traceparent?: string) {
  await Promise.all(columns.map((column) => seats.sell(purchaseOf(event, { column, traceparent }))));
}

/** How many outbox entries are not acknowledged: unread, or pending with a task. */
async function unacknowledged(eventId: string): Promise<number> {
  const group = await readConsumerGroup(redis, outboxKey(eventId));
  return Number(group?.pending) + Number(group?.lag);
}

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });

describe('the relay', () => {
  it('publishes a sale as a CloudEvents batch, with attributes for filters and its trace context', async () => {
    const { topicArn, queueUrl } = await createMessaging();
    const event = await openTestEvent();
    const relay = relayTo(createPublish(sns, topicArn));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await sell(event, [3], traceparent);
    relay.wake(event.eventId);

    const [message] = await receive(queueUrl);
    const batch = JSON.parse(message?.Body ?? '');
    expect(batch).toHaveLength(1);
    expect(checkDomainEvent(batch[0])).toEqual({ domainEvent: batch[0] });
    expect(batch[0]).toMatchObject({ id: '1', source: `/onsale/events/${event.eventId}`, traceparent });
    expect(message?.MessageAttributes).toMatchObject({
      contentType: { StringValue: 'application/cloudevents-batch+json' },
      eventId: { StringValue: event.eventId },
      types: { StringValue: '["onsale.tickets.purchased"]' },
    });
    await waitFor(async () => expect(await unacknowledged(event.eventId)).toBe(0));
    expect(await redis.xlen(outboxKey(event.eventId))).toBe(1);
  });

  it('packs a backlog: 1,000 sales in a few messages, each sale once', async () => {
    const { topicArn, queueUrl } = await createMessaging();
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 1_000)] });
    await sell(
      event,
      Array.from({ length: 1_000 }, (_, at) => at + 1),
    );
    relayTo(createPublish(sns, topicArn)).wake(event.eventId);
    await waitFor(async () => expect(await unacknowledged(event.eventId)).toBe(0));

    const messages = [...(await receive(queueUrl)), ...(await receive(queueUrl)), ...(await receive(queueUrl))];
    const sequences = (await Promise.all(messages.map(eventsOf))).flat().map(({ data }) => data.sequence);
    expect(sequences.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 1));
    expect(messages.length).toBeLessThan(10);
    // Compressed to about a tenth.
    expect(messages[0]?.MessageAttributes?.contentEncoding?.StringValue).toBe('gzip+base64');
    expect(messages.reduce((sum, { Body = '' }) => sum + Body.length, 0)).toBeLessThan(1_000 * 100);
  });

  it('finds by itself the sales of a task that died before publishing them', async () => {
    const { topicArn, queueUrl } = await createMessaging();
    const event = await openTestEvent();
    await sell(event, [1, 2]);
    relayTo(createPublish(sns, topicArn), { sweepMs: 50 });
    const [message] = await receive(queueUrl);
    expect(await eventsOf(message)).toHaveLength(2);
  });

  it('takes over entries of a task that died before acknowledging them', async () => {
    const { topicArn, queueUrl } = await createMessaging();
    const event = await openTestEvent();
    await sell(event, [1, 2]);
    expect(await createOutbox(redis, unique('dead-task')).readNew(event.eventId, 10)).toMatchObject({ domainEvents: [{}, {}] });
    relayTo(createPublish(sns, topicArn), { sweepMs: 50 });
    const [message] = await receive(queueUrl);
    expect(await eventsOf(message)).toHaveLength(2);
    await waitFor(async () => expect(await unacknowledged(event.eventId)).toBe(0));
  });

  it('publishes entries whose reply from Redis was lost, without waiting for another task to take them over', async () => {
    const event = await openTestEvent();
    await sell(event, [1, 2]);
    const outbox = createOutbox(redis, unique('task'), { claimAfterMs: hourMs });
    let reads = 0;
    const readNew: typeof outbox.readNew = async (eventId, count) => {
      const taken = await outbox.readNew(eventId, count);
      if (reads++ === 0) throw new Error('Command timed out');
      return taken;
    };
    const published: string[] = [];
    const relay = startRelay({
      outbox: { ...outbox, readNew },
      publish: async ({ json }) => {
        published.push(...(JSON.parse(json) as { id: string }[]).map(({ id }) => id));
        return '';
      },
      logger: silentLogger,
      retentionMs: hourMs,
    });
    relays.push(relay);
    relay.wake(event.eventId);
    await waitFor(async () => expect(await unacknowledged(event.eventId)).toBe(0));
    expect(published).toEqual(['1', '2']);
  });

  it('leaves alone what a running task is about to publish', async () => {
    const event = await openTestEvent();
    await sell(event, [1]);
    await createOutbox(redis, unique('living-task')).readNew(event.eventId, 10);
    const abandoned = await createOutbox(redis, unique('task'), { claimAfterMs: 60_000 }).claimAbandoned(event.eventId, 10);
    expect(abandoned).toEqual({ ids: [], domainEvents: [] });
  });

  it('keeps everything while SNS is unreachable, and drains by itself when it is back', async () => {
    const { topicArn, queueUrl } = await createMessaging();
    const event = await openTestEvent();
    const publish = createPublish(sns, topicArn);
    let away = true;
    let failures = 0;
    const relay = relayTo(async (message) => {
      if (!away) return publish(message);
      failures++;
      throw new Error('SNS is away');
    });
    await sell(event, [1, 2, 3]);
    relay.wake(event.eventId);
    await waitFor(async () => expect(failures).toBeGreaterThan(1));
    // Sales of one script call share one entry.
    expect(await unacknowledged(event.eventId)).toBe(1);
    away = false;
    const [message] = await receive(queueUrl);
    expect(await eventsOf(message)).toHaveLength(3);
    await waitFor(async () => expect(await unacknowledged(event.eventId)).toBe(0));
  });

  it('republishes only the message that SNS refused', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 1_000)] });
    await sell(
      event,
      Array.from({ length: 1_000 }, (_, at) => at + 1),
    );
    const published: string[] = [];
    // Taken over meanwhile as abandoned, the accepted message would be published again too.
    const publish: Publish = async ({ json }) => {
      published.push(json);
      if (published.length === 2) throw new Error('SNS refused it');
      return '';
    };
    const relay = relayTo(publish, { claimAfterMs: hourMs });
    relay.wake(event.eventId);
    await waitFor(async () => expect(await unacknowledged(event.eventId)).toBe(0));
    const [first, second, again, ...others] = published;
    expect(again).toBe(second);
    expect(new Set([first, second, ...others]).size).toBe(published.length - 1);
  });

  it('finishes the current batch when it is stopped', async () => {
    const event = await openTestEvent();
    await sell(event, [1]);
    const publishing = Promise.withResolvers<void>();
    const accepted = Promise.withResolvers<void>();
    const relay = relayTo(async () => {
      publishing.resolve();
      await accepted.promise;
      return '';
    });
    relay.wake(event.eventId);
    await publishing.promise;
    const stopped = relay.stop();
    accepted.resolve();
    await stopped;
    expect(await unacknowledged(event.eventId)).toBe(0);
  });
});

/** SNS accepts at most 256 KiB, and this cannot be compressed. */
const tooLong = () => JSON.stringify({ orderId: randomBytes(300_000).toString('hex') });

/** Appends an entry to an outbox, with a domain event for each of `data`. */
const append = (eventId: string, first: number, ...data: string[]) =>
  redis.xadd(
    outboxKey(eventId),
    '*',
    ...['first', first, 'time', Date.now(), ...data.flatMap((json) => ['onsale.tickets.purchased', json])],
  );

describe('a domain event that SNS refuses for its content', () => {
  it('stays in the outbox and is retried, without delaying others of its event or other events', async () => {
    const { topicArn, queueUrl } = await createMessaging();
    const [event, other] = [await openTestEvent(), await openTestEvent()];
    await sell(event, [1]);
    await append(event.eventId, 2, tooLong());
    await append(event.eventId, 3, '{}');
    await sell(other, [1]);
    const attempts: Attempt[] = [];
    const publish = reportingAttempts(createPublish(sns, topicArn), (attempt) => attempts.push(attempt));
    const relay = relayTo(publish, { sweepMs: 50 });
    for (const { eventId } of [event, other]) relay.wake(eventId);
    await waitFor(async () => expect(await unacknowledged(event.eventId)).toBe(1));
    await waitFor(async () => expect(await unacknowledged(other.eventId)).toBe(0));
    const refusals = () => attempts.filter(({ outcome }) => outcome === 'refused').length;
    await waitFor(async () => expect(refusals()).toBeGreaterThan(2));
    expect(attempts.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    // Later ones are published as usual.
    await append(event.eventId, 4, '{}');
    relay.wake(event.eventId);
    await waitFor(async () => expect(await unacknowledged(event.eventId)).toBe(1));
    const ids: string[] = [];
    await waitFor(async () => {
      for (const { Body = '' } of await receive(queueUrl)) ids.push(...JSON.parse(Body).map(({ id }: { id: string }) => id));
      expect(new Set(ids)).toEqual(new Set(['1', '3', '4']));
    });
  });

  it('is singled out, and the others of its message are published', async () => {
    const { topicArn, queueUrl } = await createMessaging();
    const event = await openTestEvent();
    for (let sequence = 1; sequence <= 9; sequence++) await append(event.eventId, sequence, '{}');
    const publish = createPublish(sns, topicArn);
    const relay = relayTo(async (message) => {
      // SNS would accept anything this short, so replace a message with the fifth by one that it refuses.
      const isRefused = JSON.parse(message.json).some(({ id }: { id: string }) => id === '5');
      return await publish(isRefused ? { ...message, json: tooLong() } : message);
    });
    relay.wake(event.eventId);
    await waitFor(async () => expect(await unacknowledged(event.eventId)).toBe(1));
    const ids: string[] = [];
    await waitFor(async () => {
      for (const { Body = '' } of await receive(queueUrl)) ids.push(...JSON.parse(Body).map(({ id }: { id: string }) => id));
      expect(new Set(ids)).toEqual(new Set(['1', '2', '3', '4', '6', '7', '8', '9']));
    });
  });
});

describe('with many events, the relay', () => {
  it('publishes the others while one outbox cannot be read', async () => {
    const [hung, ...others] = [await openTestEvent(), await openTestEvent(), await openTestEvent()];
    for (const event of [hung, ...others]) await sell(event, [1]);
    const published: string[] = [];
    const outbox = createOutbox(redis, unique('task'));
    const whenRead = Promise.withResolvers<void>();
    const untilItAnswers = Promise.withResolvers<void>();
    const readNew: typeof outbox.readNew = async (eventId, count) => {
      if (eventId === hung.eventId) {
        whenRead.resolve();
        await untilItAnswers.promise;
      }
      return await outbox.readNew(eventId, count);
    };
    const relay = startRelay({
      outbox: { ...outbox, readNew },
      publish: async ({ eventId }) => {
        published.push(eventId);
        return '';
      },
      logger: silentLogger,
      retentionMs: hourMs,
    });
    relays.push(relay);
    relay.wake(hung.eventId);
    await whenRead.promise;
    for (const { eventId } of others) relay.wake(eventId);
    await waitFor(async () => expect(published.toSorted()).toEqual(others.map(({ eventId }) => eventId).toSorted()));
    untilItAnswers.resolve();
  });

  it('retries one that failed, and meanwhile goes on with the others', async () => {
    const [failing, other] = [await openTestEvent(), await openTestEvent()];
    for (const event of [failing, other]) await sell(event, [1]);
    const outbox = createOutbox(redis, unique('task'));
    let failures = 0;
    const readNew: typeof outbox.readNew = async (eventId, count) => {
      if (eventId === failing.eventId && failures++ < 2) throw new Error('CLUSTERDOWN');
      return await outbox.readNew(eventId, count);
    };
    const published: string[] = [];
    const relay = startRelay({
      outbox: { ...outbox, readNew },
      publish: async ({ eventId }) => {
        published.push(eventId);
        return '';
      },
      logger: silentLogger,
      retentionMs: hourMs,
    });
    relays.push(relay);
    relay.wake(failing.eventId);
    relay.wake(other.eventId);
    await waitFor(async () => expect(published).toEqual([other.eventId, failing.eventId]));
  });

  it('creates no consumer in an outbox that had nothing for it', async () => {
    const event = await openTestEvent();
    await sell(event, [1]);
    const outbox = createOutbox(redis, unique('task'));
    const { ids } = await outbox.readNew(event.eventId, 10);
    await outbox.acknowledge(event.eventId, ids);
    relayTo(async () => '', { sweepMs: 20 });
    const other = await openTestEvent();
    await sell(other, [1]);
    // By then it has visited both.
    await waitFor(async () => expect(await unacknowledged(other.eventId)).toBe(0));
    expect(await redis.xinfo('CONSUMERS', outboxKey(event.eventId), 'relay')).toHaveLength(1);
  });
});

describe('the consumers of relays that have ended', () => {
  it('are deleted, unless they have something pending or were seen recently', async () => {
    const { eventId } = await openTestEvent();
    const take = async (name: string, column: number, isAcknowledged: boolean) => {
      await seats.sell({ eventId, request: { seats: [{ zoneId: 1, row: 'A', column }] } });
      const outbox = createOutbox(redis, name);
      const { ids } = await outbox.readNew(eventId, 10);
      if (isAcknowledged) await outbox.acknowledge(eventId, ids);
    };
    await take('done', 1, true);
    await take('busy', 2, false);
    const outbox = createOutbox(redis, 'another');
    expect(await outbox.dropIdleConsumers(eventId)).toBe(0);
    await vi.waitUntil(async () => (await outbox.dropIdleConsumers(eventId, 50)) === 1, { timeout: 5_000 });
    const left = (await redis.xinfo('CONSUMERS', outboxKey(eventId), 'relay')) as string[][];
    expect(left.map(([, name]) => name)).toEqual(['busy']);
    expect(await unacknowledged(eventId)).toBe(1);
  });

  it('do not exist in an event that sold nothing', async () => {
    const { eventId } = await openTestEvent();
    expect(await createOutbox(redis, unique('task')).dropIdleConsumers(eventId, 0)).toBe(0);
  });
});

describe('trimming the outbox', () => {
  /** Trimming compares the milliseconds in the entries' ids. */
  async function sellInDifferentMilliseconds(event: Inventory, columns: number[]) {
    for (const column of columns) {
      const soldBefore = Date.now();
      await sell(event, [column]);
      await vi.waitUntil(() => Date.now() > soldBefore + 1, { interval: 1 });
    }
  }

  it('deletes published entries that are too old, and nothing that waits', async () => {
    const event = await openTestEvent();
    const outbox = createOutbox(redis, unique('task'));
    await sellInDifferentMilliseconds(event, [1, 2, 3, 4]);
    const { ids } = await outbox.readNew(event.eventId, 3);
    await outbox.acknowledge(event.eventId, ids.slice(0, 2));

    expect(await outbox.trim(event.eventId, Date.now() - hourMs)).toBe(0);
    expect(await outbox.trim(event.eventId, Date.now() + hourMs)).toBe(2);
    expect(await redis.xlen(outboxKey(event.eventId))).toBe(2);
    expect((await outbox.readNew(event.eventId, 10)).ids).toHaveLength(1);
  });

  it('keeps published entries for as long as a replay may need them', async () => {
    const event = await openTestEvent();
    const outbox = createOutbox(redis, unique('task'));
    await sellInDifferentMilliseconds(event, [1, 2, 3]);
    const { ids } = await outbox.readNew(event.eventId, 3);
    await outbox.acknowledge(event.eventId, ids);
    expect(await outbox.trim(event.eventId, Date.now() - hourMs)).toBe(0);
  });

  it('has nothing to do for an event that sold nothing', async () => {
    const { eventId } = await openTestEvent();
    expect(await createOutbox(redis, unique('task')).trim(eventId, Date.now())).toBe(0);
  });
});
