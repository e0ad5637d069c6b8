import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Cable, layCable, through } from '../../scripts/testing/cable.ts';
import { projectionOf } from '../../scripts/testing/projection.ts';
import { cancelled, purchased, purchasedOrder, soldOut } from '../../scripts/testing/purchases.ts';
import { silentLogger } from '../../scripts/testing/silent-logger.ts';
import { createMessaging, db, depth, openTestEvent, receive, sqs, urls } from '../../scripts/testing/stores.ts';
import { encodeBatch } from '../shared/events/batch-encoding.ts';
import { sendDeadLetters } from '../shared/events/dead-letters.ts';
import type { QueueReader } from '../shared/events/queue-reader.ts';
import { connectDatabase } from '../shared/stores/database.ts';
import { projectDomainEvents } from './projections/project.ts';
import { startWorker } from './worker.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

type Messaging = Awaited<ReturnType<typeof createMessaging>>;

function workerOn(
  { queueUrl, deadLetterQueueUrl }: Messaging,
  project = (domainEvents: Parameters<typeof projectDomainEvents>[1]) => projectDomainEvents(db, domainEvents),
): QueueReader {
  const reject = (rejected: Parameters<typeof sendDeadLetters>[2]) =>
    sendDeadLetters(sqs, deadLetterQueueUrl, rejected, silentLogger);
  const worker = startWorker({ sqs, queueUrl, project, reject, logger: silentLogger });
  let stopped: Promise<void> | undefined;
  const once = {
    ...worker,
    stop() {
      stopped ??= worker.stop();
      return stopped;
    },
  };
  resources.defer(() => once.stop());
  return once;
}

const send = (QueueUrl: string, body: unknown) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: typeof body === 'string' ? body : JSON.stringify(body) }));

const countOf = async (eventId: string) => {
  const row = await db.selectFrom('sales_by_zone').select('tickets').where('event_id', '=', eventId).executeTakeFirst();
  return row?.tickets ?? 0;
};

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });

describe('the worker', () => {
  it('applies and acknowledges the messages in the queue', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const domainEvents = soldOut(event, 10, 10);
    for (let at = 0; at < 100; at += 5) await send(messaging.queueUrl, domainEvents.slice(at, at + 5));
    workerOn(messaging);
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(100));
    await waitFor(async () => expect(await depth(messaging.queueUrl)).toEqual([0, 0]));
  });

  it('subtracts cancelled tickets from the sums, whether the sale or its cancellation arrives first', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const tickets = [1, 2, 3].map((column) => ({ zoneId: 1, row: 'A', column, priceMinor: 10_000 }));
    const [first, second] = [purchasedOrder(event, { sequence: 1, tickets }), purchased(event, { sequence: 2, column: 4 })];
    workerOn(messaging);
    await send(messaging.queueUrl, [first]);
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(3));
    await send(messaging.queueUrl, [cancelled(second, 4), cancelled(first, 3, [0, 2])]);
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(1));
    await send(messaging.queueUrl, [second]);
    await waitFor(async () => expect((await projectionOf([first, second])).sequences).toEqual([1, 2, 3, 4]));
    await waitFor(async () => expect(await depth(messaging.queueUrl)).toEqual([0, 0]));
    expect(await projectionOf([first, second])).toMatchObject({
      statuses: { '1.0': 'CANCELLED', '1.1': 'PAID', '1.2': 'CANCELLED', '2.0': 'CANCELLED' },
      sales: { 1: '1 for 100.0000' },
    });
    expect(await receive(messaging.deadLetterQueueUrl)).toEqual([]);
  });

  it.each([
    ['is not JSON', 'garbage {', /CloudEvents batch/],
    ['is not a batch', { specversion: '1.0' }, /CloudEvents batch/],
    ['holds something that is not a domain event', ['nothing'], /must be an object/],
    ['holds something without a type', [{ data: {} }], /^\/type is missing$/],
    [
      'holds a cancellation without its purchase',
      [
        {
          ...purchased({ eventId: 'E', venueId: 'V', currency: 'USD' }, { sequence: 1 }),
          type: 'onsale.tickets.cancelled',
          dataschema: 'urn:onsale:tickets.cancelled:1',
        },
      ],
      /^\/data\/purchase is missing$/,
    ],
    [
      'holds a domain event without a ticket',
      [{ ...purchased({ eventId: 'E', venueId: 'V', currency: 'USD' }, { sequence: 1 }), data: {} }],
      /tickets is missing/,
    ],
  ])('sends a message that %s to the dead-letter queue with the reason, and applies the others', async (_what, bad, reason) => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    await send(messaging.queueUrl, bad);
    await send(messaging.queueUrl, [purchased(event, { sequence: 1 })]);
    workerOn(messaging);
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(1));
    await waitFor(async () => expect(await depth(messaging.queueUrl)).toEqual([0, 0]));
    const [letter, ...others] = await receive(messaging.deadLetterQueueUrl);
    expect(others).toEqual([]);
    expect(letter?.MessageAttributes?.reason?.StringValue).toMatch(reason);
    expect(letter?.Body).toBe(typeof bad === 'string' ? bad : JSON.stringify(bad));
  });

  it('applies a compressed batch, and sends one that cannot be decompressed to the dead-letter queue', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const { body, contentEncoding } = await encodeBatch(JSON.stringify(soldOut(event, 10, 10)));
    expect(contentEncoding).toBe('gzip+base64');
    const sendEncoded = (MessageBody: string) => {
      const MessageAttributes = { contentEncoding: { DataType: 'String', StringValue: contentEncoding } };
      return sqs.send(new SendMessageCommand({ QueueUrl: messaging.queueUrl, MessageBody, MessageAttributes }));
    };
    await sendEncoded('H4sIbroken');
    await sendEncoded(body);
    workerOn(messaging);
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(100));
    await waitFor(async () => expect(await depth(messaging.queueUrl)).toEqual([0, 0]));
    const [letter, ...others] = await receive(messaging.deadLetterQueueUrl);
    expect(others).toEqual([]);
    // With the attribute that redriving needs.
    expect(letter).toMatchObject({
      Body: 'H4sIbroken',
      MessageAttributes: { contentEncoding: { StringValue: contentEncoding } },
    });
    expect(letter?.MessageAttributes?.reason?.StringValue).toMatch(/CloudEvents batch/);
  });

  it('sends only the bad entry of a batch to the dead-letter queue, in a form that can be redriven', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const bad = { ...purchased(event, { sequence: 2 }), time: 7 };
    await send(messaging.queueUrl, [purchased(event, { sequence: 1 }), bad, purchased(event, { sequence: 3, column: 3 })]);
    workerOn(messaging);
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(2));
    const [letter] = await receive(messaging.deadLetterQueueUrl);
    expect(JSON.parse(letter?.Body ?? '')).toEqual([bad]);
  });

  it('finds the one domain event in a hundred that the database rejects, and applies the rest', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const domainEvents = soldOut(event, 10, 10);
    const poison = purchased({ ...event, currency: 'JPY' }, { sequence: 101, row: 'Z', priceMinor: Number.MAX_SAFE_INTEGER });
    await send(messaging.queueUrl, domainEvents.toSpliced(37, 0, poison));
    workerOn(messaging);
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(100));
    await waitFor(async () => expect(await depth(messaging.queueUrl)).toEqual([0, 0]));
    const [letter] = await receive(messaging.deadLetterQueueUrl);
    expect(JSON.parse(letter?.Body ?? '')).toEqual([poison]);
    expect(letter?.MessageAttributes?.reason?.StringValue).toMatch(/out of range/i);
  });

  it('sends a domain event whose sequence number is taken to the dead-letter queue, but no redelivery of the one that has it', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const first = purchased(event, { sequence: 1 });
    const clash = purchased(event, { sequence: 1, column: 2 });
    await send(messaging.queueUrl, [first]);
    await send(messaging.queueUrl, [first, clash]);
    workerOn(messaging);
    await waitFor(async () => expect(await depth(messaging.queueUrl)).toEqual([0, 0]));
    const [letter, ...others] = await receive(messaging.deadLetterQueueUrl);
    expect(JSON.parse(letter?.Body ?? '')).toEqual([clash]);
    expect(letter?.MessageAttributes?.reason?.StringValue).toMatch(/another order/);
    expect(others).toEqual([]);
    expect(await countOf(event.eventId)).toBe(1);
  });

  it('acknowledges nothing while the database is away, and applies the messages when it is back', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const cable: Cable = await layCable(Number(new URL(urls.databaseUrl).port), resources);
    const far = connectDatabase(through(cable, urls.databaseUrl), 1);
    resources.defer(() => far.destroy());
    let failures = 0;
    const project = async (domainEvents: Parameters<typeof projectDomainEvents>[1]) => {
      try {
        return await projectDomainEvents(far, domainEvents);
      } catch (error) {
        failures++;
        throw error;
      }
    };
    await cable.cut();
    workerOn(messaging, project);
    await send(messaging.queueUrl, [purchased(event, { sequence: 1 })]);
    await waitFor(async () => expect(failures).toBeGreaterThan(1));
    expect(await depth(messaging.queueUrl)).toEqual([0, 1]);
    expect(await depth(messaging.deadLetterQueueUrl)).toEqual([0, 0]);
    await cable.mend();
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(1));
    await waitFor(async () => expect(await depth(messaging.queueUrl)).toEqual([0, 0]));
  });

  it('applies other batches while one is being written, and acknowledges each after its own commit', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const begun = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    const [first, second] = [purchased(event, { sequence: 1 }), purchased(event, { sequence: 2, column: 2 })];
    workerOn(messaging, async (domainEvents) => {
      if (domainEvents.some(({ data }) => data.sequence === 1)) {
        begun.resolve();
        await mayGoOn.promise;
      }
      return projectDomainEvents(db, domainEvents);
    });
    await send(messaging.queueUrl, [first]);
    await begun.promise;
    await send(messaging.queueUrl, [second]);
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(1));
    await waitFor(async () => expect(await depth(messaging.queueUrl)).toEqual([0, 1]));
    mayGoOn.resolve();
    await waitFor(async () => expect(await countOf(event.eventId)).toBe(2));
    await waitFor(async () => expect(await depth(messaging.queueUrl)).toEqual([0, 0]));
  });

  it('finishes and acknowledges the current batch when it is stopped', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const begun = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    const worker = workerOn(messaging, async (domainEvents) => {
      begun.resolve();
      await mayGoOn.promise;
      return projectDomainEvents(db, domainEvents);
    });
    await send(messaging.queueUrl, [purchased(event, { sequence: 1 })]);
    await begun.promise;
    const stopped = worker.stop();
    mayGoOn.resolve();
    await stopped;
    expect(await countOf(event.eventId)).toBe(1);
    expect(await depth(messaging.queueUrl)).toEqual([0, 0]);
  });

  it('leaves unapplied messages in the queue when it is stopped while the database is away', async () => {
    const messaging = await createMessaging();
    const event = await openTestEvent();
    const tried = Promise.withResolvers<void>();
    const worker = workerOn(messaging, () => {
      tried.resolve();
      return Promise.reject(new Error('away'));
    });
    await send(messaging.queueUrl, [purchased(event, { sequence: 1 })]);
    await tried.promise;
    await worker.stop();
    expect(await depth(messaging.queueUrl)).toEqual([0, 1]);
    expect(await countOf(event.eventId)).toBe(0);
  });
});
