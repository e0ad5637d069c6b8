import { randomBytes } from 'node:crypto';
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { SendMessageCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { layCable, through } from '../../scripts/testing/cable.ts';
import { purchased } from '../../scripts/testing/purchases.ts';
import { silentLogger } from '../../scripts/testing/silent-logger.ts';
import { startSmallServer } from '../../scripts/testing/small-server.ts';
import { createMessaging, db, depth, openTestEvent, receive, sqs, urls } from '../../scripts/testing/stores.ts';
import { compressBatch, decodeBatch } from '../shared/events/batch-encoding.ts';
import { sendDeadLetters } from '../shared/events/dead-letters.ts';
import { messaging } from '../shared/events/messaging.ts';
import { projectDomainEvents } from './projections/project.ts';
import { type BatchApplied, batchesApplied, startWorker } from './worker.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

type Messaging = Awaited<ReturnType<typeof createMessaging>>;

/** Starts a worker that sends dead letters with the client `toDeadLetters`. Returns the sums of what it reports. */
function work({ queueUrl, deadLetterQueueUrl }: Messaging, toDeadLetters = sqs) {
  const applied = { rejected: 0, unburied: 0, ignored: 0 };
  const count = (message: unknown) => {
    const batch = message as BatchApplied;
    for (const name of Object.keys(applied) as (keyof typeof applied)[]) applied[name] += batch[name];
  };
  batchesApplied.subscribe(count);
  resources.defer(() => void batchesApplied.unsubscribe(count));
  const worker = startWorker({
    sqs,
    queueUrl,
    project: (domainEvents) => projectDomainEvents(db, domainEvents),
    reject: (rejected) => sendDeadLetters(toDeadLetters, deadLetterQueueUrl, rejected, silentLogger),
    logger: silentLogger,
  });
  resources.defer(() => worker.stop());
  return applied;
}

const send = (QueueUrl: string, MessageBody: string, contentEncoding?: string) => {
  const encoding = { contentEncoding: { DataType: 'String', StringValue: contentEncoding } };
  return sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...(contentEncoding && { MessageAttributes: encoding }) }));
};

async function sendCompressed(queueUrl: string, batch: unknown) {
  const { body, contentEncoding } = await compressBatch(JSON.stringify(batch));
  return await send(queueUrl, body, contentEncoding);
}

/** A queue may return fewer messages than it has, so ask again. */
async function receiveAll(url: string, count: number) {
  const messages = await receive(url);
  while (messages.length < count) messages.push(...(await receive(url)));
  return messages;
}

const soldTickets = async (eventId: string) => {
  const row = await db.selectFrom('sales_by_zone').select('tickets').where('event_id', '=', eventId).executeTakeFirst();
  return row?.tickets ?? 0;
};

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });

/** Text that cannot be compressed. */
const noise = (characters: number) => randomBytes(characters).toString('base64').slice(0, characters);

describe('dead letters', () => {
  it('are batched by bytes too: ten that together exceed the limit of SQS all arrive whole, and good messages are applied', async () => {
    const queues = await createMessaging();
    const event = await openTestEvent();
    const bodies = Array.from({ length: 10 }, () => noise(300_000));
    for (const body of bodies) await send(queues.queueUrl, body);
    await send(queues.queueUrl, JSON.stringify([purchased(event, { sequence: 1 })]));
    const applied = work(queues);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 0]));
    expect(await soldTickets(event.eventId)).toBe(1);
    const letters = await receiveAll(queues.deadLetterQueueUrl, 10);
    expect(letters.map(({ Body }) => Body).toSorted()).toEqual(bodies.toSorted());
    expect(applied).toEqual({ rejected: 10, unburied: 0, ignored: 0 });
  });

  it('that leave no room for a reason are compressed', async () => {
    const queues = await createMessaging();
    const body = 'nothing '.repeat(messaging.maxMessageBytes / 8);
    await send(queues.queueUrl, body);
    work(queues);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 0]));
    const [letter] = await receive(queues.deadLetterQueueUrl);
    const { reason, contentEncoding } = letter?.MessageAttributes ?? {};
    expect(reason?.StringValue).toMatch(/^not a CloudEvents batch/);
    expect(await decodeBatch(letter?.Body ?? '', contentEncoding?.StringValue)).toBe(body);
  });

  it('that do not fit even compressed are truncated, and keep the message id, the reason and the original length', async () => {
    const queues = await createMessaging();
    const body = noise(messaging.maxMessageBytes);
    const { MessageId } = await send(queues.queueUrl, body);
    work(queues);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 0]));
    const [letter] = await receive(queues.deadLetterQueueUrl);
    expect(letter?.MessageAttributes).toMatchObject({
      messageId: { StringValue: MessageId },
      reason: { StringValue: expect.stringMatching(/^not a CloudEvents batch/) },
      cutFromBytes: { StringValue: String(messaging.maxMessageBytes) },
    });
    expect(body.startsWith(letter?.Body ?? '-')).toBe(true);
    expect(letter?.Body?.length).toBeGreaterThan(messaging.maxMessageBytes - 1_000);
  });

  it('with characters that SQS refuses are compressed, and arrive unchanged', async () => {
    const queues = await createMessaging();
    const event = await openTestEvent();
    const bad = { ...purchased(event, { sequence: 2 }), time: 'at \uffff o\u2019clock \u{1f3ab}' };
    await sendCompressed(queues.queueUrl, [purchased(event, { sequence: 1 }), bad]);
    work(queues);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 0]));
    expect(await soldTickets(event.eventId)).toBe(1);
    const [letter] = await receive(queues.deadLetterQueueUrl);
    const batch = await decodeBatch(letter?.Body ?? '', letter?.MessageAttributes?.contentEncoding?.StringValue);
    expect(JSON.parse(batch)).toEqual([bad]);
  });

  it('from a message with thousands of malformed entries are one letter: the whole message', async () => {
    const queues = await createMessaging();
    const event = await openTestEvent();
    const batch = [...Array.from({ length: 5_000 }, () => 7), purchased(event, { sequence: 1 })];
    await sendCompressed(queues.queueUrl, batch);
    work(queues);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 0]));
    expect(await soldTickets(event.eventId)).toBe(1);
    const [letter, ...others] = await receive(queues.deadLetterQueueUrl);
    expect(others).toEqual([]);
    expect(letter?.MessageAttributes?.reason?.StringValue).toBe(
      '5000 of 5001 entries are malformed; the first: the entry must be an object',
    );
    const whole = await decodeBatch(letter?.Body ?? '', letter?.MessageAttributes?.contentEncoding?.StringValue);
    expect(JSON.parse(whole)).toEqual(batch);
  });

  it('for an entry nested too deeply for JSON.stringify hold the whole message', async () => {
    const queues = await createMessaging();
    const event = await openTestEvent();
    const deep = `[${'['.repeat(100_000)}${']'.repeat(100_000)}]`;
    await send(queues.queueUrl, deep);
    await send(queues.queueUrl, JSON.stringify([purchased(event, { sequence: 1 })]));
    work(queues);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 0]));
    expect(await soldTickets(event.eventId)).toBe(1);
    expect(await receive(queues.deadLetterQueueUrl)).toMatchObject([{ Body: deep }]);
  });

  it('that the queue refuses are truncated to fit an older limit, and the rest of their batch arrives whole', async () => {
    const queues = await createMessaging();
    await limit(queues.deadLetterQueueUrl, 100_000);
    const body = noise(200_000);
    await send(queues.queueUrl, body);
    await send(queues.queueUrl, 'short');
    const applied = work(queues);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 0]));
    const letters = await receiveAll(queues.deadLetterQueueUrl, 2);
    const [short, cut] = letters.toSorted((a, b) => (a.Body?.length ?? 0) - (b.Body?.length ?? 0));
    expect(short?.Body).toBe('short');
    expect(short?.MessageAttributes?.cutFromBytes).toBeUndefined();
    expect(cut?.MessageAttributes?.cutFromBytes?.StringValue).toBe('200000');
    expect(body.startsWith(cut?.Body ?? '-')).toBe(true);
    expect(applied).toEqual({ rejected: 2, unburied: 0, ignored: 0 });
  });

  it('that the queue refuses even truncated leave their messages for SQS to move, and delay no others', async () => {
    const queues = await createMessaging();
    const event = await openTestEvent();
    await limit(queues.deadLetterQueueUrl, 1_024);
    // More than there are receivers.
    for (let sent = 0; sent < 5; sent++) await send(queues.queueUrl, noise(100_000));
    await send(queues.queueUrl, 'short');
    const applied = work(queues);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 5]));
    expect(await receive(queues.deadLetterQueueUrl)).toMatchObject([{ Body: 'short' }]);
    expect(applied).toEqual({ rejected: 1, unburied: 5, ignored: 0 });
    await send(queues.queueUrl, JSON.stringify([purchased(event, { sequence: 1 })]));
    await waitFor(async () => expect(await soldTickets(event.eventId)).toBe(1));
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 5]));
  });

  it.each([
    ['BatchRequestTooLong', 2],
    ['InvalidMessageContents', 2],
  ])('are sent one by one if SQS refuses their batch as a whole (%s), and truncated if it refuses one', async (name, most) => {
    const queues = await createMessaging();
    const strict = await sqsThatRefuses(
      name,
      (entries) => entries.length >= most || entries.some(({ length }) => length > 90_000),
    );
    const event = await openTestEvent();
    const body = noise(100_000);
    for (const bad of ['one', 'two', 'three', body]) await send(queues.queueUrl, bad);
    await send(queues.queueUrl, JSON.stringify([purchased(event, { sequence: 1 })]));
    const applied = work(queues, strict);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 0]));
    const letters = (await receiveAll(queues.deadLetterQueueUrl, 4)).map(({ Body = '' }) => Body);
    const [cut = '', ...others] = letters.toSorted((a, b) => b.length - a.length);
    expect(others.toSorted()).toEqual(['one', 'three', 'two']);
    expect([body.startsWith(cut), cut.length > 50_000]).toEqual([true, true]);
    expect(applied).toEqual({ rejected: 4, unburied: 0, ignored: 0 });
  });

  it('wait while the dead-letter queue is away, but good messages are applied', async () => {
    const queues = await createMessaging();
    const event = await openTestEvent();
    const cable = await layCable(Number(new URL(urls.endpoint).port), resources);
    const far = new SQSClient({
      endpoint: through(cable, urls.endpoint),
      useQueueUrlAsEndpoint: false,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    resources.defer(() => far.destroy());
    await cable.cut();
    for (let sent = 0; sent < 5; sent++) await send(queues.queueUrl, 'garbage');
    await send(queues.queueUrl, JSON.stringify([purchased(event, { sequence: 1 })]));
    const applied = work(queues, far);
    await waitFor(async () => expect(await soldTickets(event.eventId)).toBe(1));
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 5]));
    await send(queues.queueUrl, JSON.stringify([purchased(event, { sequence: 2, column: 2 })]));
    await waitFor(async () => expect(await soldTickets(event.eventId)).toBe(2));
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 5]));
    expect(applied).toEqual({ rejected: 0, unburied: 5, ignored: 0 });
    expect(await depth(queues.deadLetterQueueUrl)).toEqual([0, 0]);
  });

  it('are not sent for unknown types of domain events, which are ignored and counted', async () => {
    const queues = await createMessaging();
    const event = await openTestEvent();
    const sale = purchased(event, { sequence: 1 });
    await send(queues.queueUrl, JSON.stringify([{ ...sale, type: 'onsale.tickets.teleported', data: 7 }, sale, { type: '' }]));
    const applied = work(queues);
    await waitFor(async () => expect(await depth(queues.queueUrl)).toEqual([0, 0]));
    expect(await soldTickets(event.eventId)).toBe(1);
    expect(applied).toEqual({ rejected: 0, unburied: 0, ignored: 2 });
    expect(await depth(queues.deadLetterQueueUrl)).toEqual([0, 0]);
  });
});

/** Sets a queue's maximum message size. */
const limit = (QueueUrl: string, bytes: number) =>
  sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { MaximumMessageSize: String(bytes) } }));

/** A client of the emulator's SQS that refuses some batches, by the bodies of their messages, as a whole, as only AWS does. */
async function sqsThatRefuses(name: string, refuses: (bodies: string[]) => boolean): Promise<SQSClient> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const { Entries = [] } = JSON.parse(body) as { Entries?: { MessageBody: string }[] };
    if (refuses(Entries.map(({ MessageBody }) => MessageBody))) {
      const refusal = JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message: 'refused' });
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(refusal);
      return;
    }
    // Not with fetch, whose headers are a browser's: the emulator refuses those.
    const forward = ask(urls.endpoint, { method: 'POST', headers: request.headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(response);
    });
    forward.end(body);
  };
  const client = new SQSClient({
    endpoint: await startSmallServer((request, response) => void answer(request, response), resources),
    useQueueUrlAsEndpoint: false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  resources.defer(() => client.destroy());
  return client;
}
