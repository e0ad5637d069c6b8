import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOutbox } from '../../../services/purchase/outbox/outbox.ts';
import { startRelay } from '../../../services/purchase/outbox/relay.ts';
import { createPublish } from '../../../services/shared/events/publish.ts';
import { outboxKey, publishedKey } from '../../../services/shared/inventory/keys.ts';
import { seats } from '../../testing/seats.ts';
import { silentLogger } from '../../testing/silent-logger.ts';
import { exchange, openHall, project, rowSeats, sell, startTestWorker, takeNew, testSystem } from '../../testing/sold-event.ts';
import { db, redis, sns, sqs, unique } from '../../testing/stores.ts';
import type { System } from '../system.ts';
import { traceOrder } from './trace-order.ts';

let resources: AsyncDisposableStack;
let system: System;
beforeEach(async () => {
  await redis.flushdb();
  resources = new AsyncDisposableStack();
  system = await testSystem();
});
afterEach(() => resources.disposeAsync());

const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

function startTestRelay(eventId: string) {
  const publish = createPublish(sns, system.messaging.topicArn);
  const relay = startRelay({
    outbox: createOutbox(redis, unique('task')),
    publish,
    logger: silentLogger,
    retentionMs: 3_600_000,
  });
  resources.defer(() => relay.stop());
  relay.wake(eventId);
}

/** The steps shown for an order, without their times. */
async function stepsOf(orderId: string): Promise<string[]> {
  const lines = (await traceOrder(system, orderId))?.split('\n') ?? [];
  const from = lines.findIndex((line) => line.startsWith('step'));
  return lines.slice(from + 1, lines.indexOf('', from)).map((line) => line.split(' ')[0] ?? '');
}

describe("an order's path", () => {
  it('waits in the outbox, first until a relay reads it, then until SNS accepts it', async () => {
    const event = await openHall();
    const { orderId } = await sell(event, rowSeats('A', 1, 2), 'Ann');
    const text = await traceOrder(system, orderId);
    expect(text).toContain(`Order ${orderId}, ${event.eventId} at ${event.venueId}, buyer Ann`);
    expect(text).toMatch(/sold +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} +[+-]\d+ ms {2}domain event 1 for 2 tickets/);
    expect(text).toMatch(/WAITS +in the outbox: no relay has read it, for \d+ ms/);
    expect(text).toMatch(/zone 1, A2 +PAID +-/);
    expect(await stepsOf(orderId)).toEqual(['drafted', 'sold', 'outbox', 'WAITS']);
    await createOutbox(redis, 'a-relay').readNew(event.eventId, 10);
    expect(await traceOrder(system, orderId)).toMatch(/WAITS .*relay a-relay took it \d+ ms ago, and SNS has not accepted it/);
  });

  it('goes on to SNS, with the id of its message, and to MySQL', async () => {
    const event = await openHall();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    const request = { seats: [{ zoneId: 1, row: 'A', column: 1 }] };
    const sold = await seats.sell({ eventId: event.eventId, request, traceparent });
    await sell(event, rowSeats('A', 2));
    const { orderId } = sold.kind === 'sold' ? sold.order : expect.fail('not sold');
    startTestRelay(event.eventId);
    await waitFor(async () => expect(await stepsOf(orderId)).toEqual(['drafted', 'sold', 'outbox', 'published', 'WAITS']));
    const published = await traceOrder(system, orderId);
    expect(published).toContain('for 1 ticket, in unsampled trace 0af7651916cd43dd8448eb211c80319c\n');
    expect(published).toMatch(/published +\S+ \S+ +\+\d+ ms {2}SNS message [0-9a-f-]{36}, with 1 other\n/);
    expect(published).toMatch(/WAITS +in the queue or with a worker/);

    startTestWorker(system, resources);
    await waitFor(async () => expect(await stepsOf(orderId)).toEqual(['drafted', 'sold', 'outbox', 'published', 'applied']));
    const text = (await traceOrder(system, orderId)) ?? '';
    expect(text).toMatch(/applied +\S+ \S+ +[+-]\d+ ms {2}to MySQL/);
    expect(text).toMatch(/zone 1, A1 +PAID +PAID/);
    const times = [...text.matchAll(/^\w+ +(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})/gm)].map(([, day, time]) =>
      Date.parse(`${day}T${time}Z`),
    );
    expect(times).toHaveLength(5);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const time of times) expect(Math.abs(Date.now() - time)).toBeLessThan(60_000);
  });

  it('includes each cancellation, even one that MySQL lacks, and the resulting state of the tickets', async () => {
    const event = await openHall();
    const { eventId } = event;
    const { orderId, tickets } = await sell(event, rowSeats('A', 1, 2, 3));
    const cancel = (column: number) => seats.cancelOrder({ eventId, orderId, ticketIds: [tickets[column - 1]?.ticketId ?? ''] });
    await cancel(1);
    await project(event);
    await cancel(2);
    expect(await stepsOf(orderId)).toEqual([
      ...['drafted', 'sold', 'outbox', 'published', 'applied'],
      ...['cancelled', 'outbox', 'published', 'applied'],
      ...['cancelled', 'outbox', 'WAITS'],
    ]);
    const text = await traceOrder(system, orderId);
    expect(text).toMatch(/zone 1, A1 +CANCELLED +CANCELLED\n.*zone 1, A2 +CANCELLED +PAID\n.*zone 1, A3 +PAID +PAID\n/);
    // The test stands in for the relay, and records no SNS message.
    expect(text).toContain('SNS accepted it; the time was not recorded');
  });

  it('includes exchanges, from Redis and from MySQL alone', async () => {
    const event = await openHall();
    const order = await sell(event, rowSeats('A', 1, 2));
    await exchange(event, order, 0, { row: 'B', column: 7 });
    await project(event);
    const sold = ['drafted', 'sold', 'outbox', 'published', 'applied'];
    expect(await stepsOf(order.orderId)).toEqual([...sold, 'exchanged', 'outbox', 'published', 'applied']);
    const text = await traceOrder(system, order.orderId);
    expect(text).toContain('domain event 1 for 2 tickets');
    expect(text).toMatch(/exchanged .* domain event 2 for 1 ticket\n/);
    expect(text).toMatch(/zone 1, A1 +CANCELLED +CANCELLED\n.*zone 1, A2 +PAID +PAID\n.*zone 1, B7 +PAID +PAID\n/);
    await redis.flushdb();
    const known = await traceOrder(system, order.orderId);
    expect(known).toMatch(/sold .* domain event 1 for 2 tickets/);
    expect(known).toMatch(/exchanged .* domain event 2 for 1 ticket\n/);
  });

  it('ends in the dead-letter queue with the reason', async () => {
    const event = await openHall();
    const { orderId } = await sell(event, rowSeats('A', 1));
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: system.messaging.deadLetterQueueUrl,
        MessageBody: JSON.stringify(await takeNew(event)),
        MessageAttributes: { reason: { DataType: 'String', StringValue: 'for a test' } },
      }),
    );
    expect(await traceOrder(system, orderId)).toMatch(
      /WAITS +in the dead-letter queue \(npm run onsale -- redrive\): for a test, for /,
    );
  });

  it('is shown from MySQL alone if Redis has lost everything', async () => {
    const event = await openHall();
    const { orderId } = await sell(event, rowSeats('A', 1), 'Ann');
    await seats.cancelOrder({ eventId: event.eventId, orderId, ticketIds: [] });
    await project(event);
    await redis.flushdb();
    await db.deleteFrom('order_events').where('event_id', '=', event.eventId).where('sequence', '=', 2).execute();
    const text = await traceOrder(system, orderId);
    expect(text).toContain(`Order ${orderId}, ${event.eventId} at ${event.venueId}, buyer Ann`);
    expect(text).toMatch(/outbox +no longer has it\napplied/);
    expect(text).toMatch(/cancelled .*\noutbox +no longer has it\nWAITS +in vain: neither the outbox nor MySQL has it/);
    expect(text).toMatch(/zone 1, A1 +- +CANCELLED/);
  });

  it('shows what only Redis keeps, with the order, once the outbox no longer has it', async () => {
    const event = await openHall();
    const { eventId } = event;
    const { orderId } = await sell(event, rowSeats('A', 1));
    await seats.cancelOrder({ eventId, orderId, ticketIds: [] });
    await takeNew(event);
    await redis.del(outboxKey(eventId));
    const waits = `outbox +no longer has it\\nWAITS +only with the order in Redis, .*onsale -- replay ${eventId}.*\\n`;
    expect(await traceOrder(system, orderId)).toMatch(
      new RegExp(`sold .* domain event 1 .*\\n${waits}cancelled .* domain event 2 .*\\n${waits}`),
    );
  });

  it('is undefined for an unknown or malformed id', async () => {
    await openHall();
    expect(await traceOrder(system, uuidv7())).toBeUndefined();
    expect(await traceOrder(system, 'Order1')).toBeUndefined();
  });
});

describe('the record of published messages', () => {
  it('is not needed: if Redis rejects it, the relay goes on undisturbed', async () => {
    const warn = vi.spyOn(silentLogger, 'warn');
    const event = await openHall();
    await redis.set(publishedKey(event.eventId), 'not a stream');
    const { orderId } = await sell(event, rowSeats('A', 1));
    startTestRelay(event.eventId);
    startTestWorker(system, resources);
    await waitFor(async () => expect(await redis.xpending(outboxKey(event.eventId), 'relay')).toEqual([0, null, null, null]));
    await redis.del(publishedKey(event.eventId));
    expect(warn).not.toHaveBeenCalled();
    await waitFor(async () => expect(await stepsOf(orderId)).toEqual(['drafted', 'sold', 'outbox', 'published', 'applied']));
    expect(await traceOrder(system, orderId)).toContain('SNS accepted it; the time was not recorded');
  });

  it('has one entry per round, is found by sequence number, and is trimmed together with the outbox', async () => {
    const event = await openHall();
    const { eventId } = event;
    for (const column of [1, 2, 3]) await sell(event, rowSeats('A', column));
    startTestRelay(eventId);
    await waitFor(async () => expect(await redis.xlen(publishedKey(eventId))).toBe(1));
    const [[, fields] = ['', []]] = await redis.xrange(publishedKey(eventId), '-', '+');
    expect(fields).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), '1-3']);
    await waitFor(async () => expect(await redis.xpending(outboxKey(eventId), 'relay')).toEqual([0, null, null, null]));
    await createOutbox(redis, unique('task')).trim(eventId, Date.now() + 3_600_000);
    expect(await redis.xlen(publishedKey(eventId))).toBe(0);
    // Entries of the same millisecond as the last one stay with it.
    const left = (await redis.xrange(outboxKey(eventId), '-', '+')).map(([id]) => id.split('-')[0]);
    expect(new Set(left).size).toBe(1);
  });
});
