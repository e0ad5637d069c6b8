import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readDeadLetters, sendBack } from '../../services/catalogue/verify/dead-letters.ts';
import { verifyEvent } from '../../services/catalogue/verify/verify-event.ts';
import { encodeBatch } from '../../services/shared/events/batch-encoding.ts';
import { purchased } from '../testing/purchases.ts';
import { openHall, rowSeats, sell, startTestWorker, takeNew, testSystem } from '../testing/sold-event.ts';
import { depth, openTestEvent, receive, sqs } from '../testing/stores.ts';
import { redrive } from './redrive.ts';
import type { System } from './system.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waits = { patienceMs: 0, atMostMs: 0, lookMs: 0 };
const yes = async () => true;

/** Puts a message into the dead-letter queue. */
const bury = ({ messaging }: System, MessageBody: string, attributes: Record<string, string> = {}) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: messaging.deadLetterQueueUrl,
      MessageBody,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    }),
  );

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });

describe('the dead-letter queue', () => {
  it('is read, including compressed messages, and keeps them', async () => {
    const system = await testSystem();
    const event = await openTestEvent();
    const { eventId } = event;
    const many = Array.from({ length: 100 }, (_, at) => purchased(event, { sequence: at + 1 }));
    const { body, contentEncoding = '' } = await encodeBatch(JSON.stringify(many));
    await bury(system, body, { contentEncoding });
    await bury(system, '{broken', { reason: 'not JSON' });
    for (let sequence = 101; sequence <= 125; sequence++) {
      await bury(system, JSON.stringify([purchased(event, { sequence })]), { reason: 'for a test' });
    }
    for (const _again of [1, 2]) {
      const { letters, unseen } = await readDeadLetters(system.messaging);
      expect(unseen).toBe(0);
      expect(letters).toHaveLength(27);
      expect(letters.flatMap(({ events }) => events)).toHaveLength(125);
      expect(letters.find(({ events }) => events.length === 100)).toMatchObject({
        reason: 'no worker acknowledged it, although it was delivered repeatedly',
        events: expect.arrayContaining([{ eventId, sequence: 100, type: 'onsale.tickets.purchased' }]),
      });
      expect(await depth(system.messaging.deadLetterQueueUrl)).toEqual([27, 0]);
    }
  });

  it('stays unchanged until the operator agrees to send it back', async () => {
    const system = await testSystem();
    await bury(system, '{broken', { reason: 'not JSON' });
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    expect(await redrive(system.messaging, { confirm: async () => false, say })).toEqual({ sent: 0 });
    expect(said).toEqual(['1 message in the dead-letter queue:', '  1 × not JSON', '      1 without a readable domain event']);
    expect(await depth(system.messaging.deadLetterQueueUrl)).toEqual([1, 0]);
  });

  it('is sent back and applied; an unreadable message comes back with its reason and its encoding', async () => {
    const system = await testSystem();
    const event = await openHall();
    const { eventId } = event;
    await sell(event, rowSeats('A', 1, 2));
    await sell(event, rowSeats('B', 1));
    for (const lost of await takeNew(event)) await bury(system, JSON.stringify([lost]), { reason: 'a mistake of ours' });
    await bury(system, 'H4sIbroken', { contentEncoding: 'gzip+base64', reason: 'not a batch' });
    expect((await verifyEvent(system, eventId, () => {}, waits)).differences).toEqual([
      expect.stringMatching(/^MySQL lacks 2 domain events: 1-2, in the dead-letter queue; to see why.*onsale -- redrive/),
    ]);

    const said: string[] = [];
    expect(await redrive(system.messaging, { confirm: yes, say: (line) => said.push(line) })).toEqual({ sent: 3 });
    expect(said).toContain(`      ${eventId}, onsale.tickets.purchased: 1-2`);
    const [messages] = await depth(system.messaging.queueUrl);
    expect(messages).toBe(3);
    startTestWorker(system, resources);
    await waitFor(async () => expect(await depth(system.messaging.queueUrl)).toEqual([0, 0]));
    expect(await verifyEvent(system, eventId)).toMatchObject({ differences: [], inFlight: 0 });
    const [letter, ...others] = await receive(system.messaging.deadLetterQueueUrl);
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      Body: 'H4sIbroken',
      MessageAttributes: {
        contentEncoding: { StringValue: 'gzip+base64' },
        reason: { StringValue: expect.stringMatching(/^not a CloudEvents/) },
      },
    });
  });

  it('keeps truncated messages: redriven, they would be rejected again and lose their reason', async () => {
    const system = await testSystem();
    await bury(system, 'the beginn', { reason: 'not JSON', messageId: '1', cutFromBytes: '2000000' });
    await bury(system, 'whole', { reason: 'not JSON', messageId: '2' });
    const said: string[] = [];
    expect(await redrive(system.messaging, { confirm: yes, say: (line) => said.push(line) })).toEqual({ sent: 1 });
    expect(said).toContain('1 of them is truncated and stays: it could not be applied');
    const [back] = await receive(system.messaging.queueUrl);
    expect(back).toMatchObject({ Body: 'whole' });
    expect(back?.MessageAttributes).toBeUndefined();
    expect(await receive(system.messaging.deadLetterQueueUrl)).toMatchObject([
      { Body: 'the beginn', MessageAttributes: { reason: { StringValue: 'not JSON' } } },
    ]);
  });

  it('is sent back without messages that arrive meanwhile, and without those that are gone', async () => {
    const system = await testSystem();
    await bury(system, 'first');
    const letters = [...(await readDeadLetters(system.messaging)).letters, { messageId: 'gone' }];
    await bury(system, 'second');
    expect(await sendBack(system.messaging, letters, () => {})).toBe(1);
    expect(await receive(system.messaging.queueUrl)).toMatchObject([{ Body: 'first' }]);
    expect(await receive(system.messaging.deadLetterQueueUrl)).toMatchObject([{ Body: 'second' }]);
  });

  it('keeps a message that the main queue did not accept', async () => {
    const system = await testSystem();
    await bury(system, 'first');
    const nowhere = { ...system.messaging, queueUrl: `${system.messaging.queueUrl}-gone` };
    await expect(redrive(nowhere, { confirm: yes, say: () => {} })).rejects.toThrow(/queue/i);
    expect(await depth(system.messaging.deadLetterQueueUrl)).toEqual([1, 0]);
  });
});
