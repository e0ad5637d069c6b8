import { readFileSync } from 'node:fs';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../scripts/local/free-ports.ts';
import { type CollectedSpan, startCollector } from '../../scripts/testing/collector.ts';
import { domainEvents } from '../../scripts/testing/domain-events.ts';
import { buy, get, inParallel, post } from '../../scripts/testing/http.ts';
import { purchased } from '../../scripts/testing/purchases.ts';
import { startTestService } from '../../scripts/testing/services.ts';
import { createMessaging, db, openTestEvent, redis, seatedZone, sqs } from '../../scripts/testing/stores.ts';

let resources: AsyncDisposableStack;
beforeEach(async () => {
  await redis.flushdb();
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

const traceId = '0af7651916cd43dd8448eb211c80319c';
const buyersSpan = 'b7ad6b7169203331';
const sampled = { traceparent: `00-${traceId}-${buyersSpan}-01` };

/** The spans in the trace of a sale, its publishing and its projection, in the order in which they start. */
const path = ['POST /purchase/api/v1/tickets', 'take-seats', 'outbox', 'ticket-events publish', 'ticket-sql receive', 'project'];

async function startSystem(env: Record<string, string>) {
  const messaging = await createMessaging();
  const [purchase, persistence] = await Promise.all([
    startTestService('purchase', messaging, { resources, env }),
    startTestService('persistence', messaging, { resources, env }),
  ]);
  return { messaging, purchase, persistence, tickets: `${purchase.base}/purchase/api/v1/tickets` };
}

const seat = ({ venueId, eventId }: { venueId: string; eventId: string }, column = 1) => ({
  ...{ venueId, eventId, zoneId: 1, row: 'A', column },
});

const untilApplied = (eventId: string, count: number) =>
  waitFor(async () => {
    const rows = await db.selectFrom('order_events').select('sequence').where('event_id', '=', eventId).execute();
    expect(rows).toHaveLength(count);
  });

const byName = (spans: CollectedSpan[], name: string) => spans.filter((span) => span.name === name);

/** An order's spans, in the order of `path`, found by its id among all exported ones. */
function pathOf(spans: CollectedSpan[], orderId: unknown): CollectedSpan[] {
  const [found] = spans.filter(({ attributes }) => attributes['onsale.order.id'] === orderId);
  const ofOrder = spans.filter(
    ({ traceId: of, attributes }) =>
      of === found?.traceId && [undefined, orderId].includes(attributes['onsale.order.id'] as string),
  );
  return path.flatMap((name) => byName(ofOrder, name));
}

describe('tracing', { timeout: 300_000 }, () => {
  it("one trace leads from the buyer's request to the commit, and is found by the order's id", async () => {
    const collector = await startCollector(resources);
    const event = await openTestEvent();
    const { purchase, tickets } = await startSystem({ ...collector.env, LOG_LEVEL: 'debug' });
    const { status, headers, body } = await post(tickets, seat(event), sampled);
    expect(status).toBe(201);
    await waitFor(() => expect(pathOf(collector.spans, body.orderId).map(({ name }) => name)).toEqual(path));

    const spans = pathOf(collector.spans, body.orderId);
    const [server] = spans;
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const parents = [buyersSpan, ...spans.slice(1).map(() => server?.spanId)];
    expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual(parents);
    expect(spans.map(({ service }) => service)).toEqual([
      ...path.slice(0, 4).map(() => 'onsale-purchase'),
      ...path.slice(4).map(() => 'onsale-persistence'),
    ]);
    expect(server?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/purchase/api/v1/tickets',
      'http.response.status_code': 201,
      'http.response.header.x-request-id': [headers.get('x-request-id')],
    });
    expect(spans[1]?.attributes).toMatchObject({ 'db.system.name': 'redis', 'onsale.decision': 'sold' });
    for (const { attributes } of spans.slice(1)) expect(attributes['onsale.event.id']).toBe(event.eventId);
    for (const { attributes } of spans.slice(2)) expect(attributes['onsale.sequence']).toBe(1);
    const starts = spans.map(({ startMs }) => startMs);
    // The spans of the script and of the wait in the outbox start at whole milliseconds, by Redis' clock.
    for (const [at, start] of starts.entries()) expect(start).toBeGreaterThanOrEqual((starts[at - 1] ?? 0) - 2);
    for (const { startMs, endMs } of spans) expect(endMs).toBeGreaterThanOrEqual(startMs);

    await purchase.stop();
    const lines = readFileSync(purchase.logFile, 'utf8').trim().split('\n');
    const sold = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === 'sold');
    expect(sold).toMatchObject([{ orderId: body.orderId, trace_id: traceId, span_id: server?.spanId }]);
  });

  it('each SNS message and each SQS batch has a span of its own, with links to and from each of its domain events', async () => {
    const collector = await startCollector(resources);
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 20)] });
    const { tickets } = await startSystem(collector.env);
    const columns = Array.from({ length: 20 }, (_, at) => at + 1);
    const sold = await inParallel(columns, 20, (column) => post(tickets, seat(event, column)));
    const orders = sold.map(({ body }) => body.orderId);
    await waitFor(() => {
      for (const orderId of orders) expect(pathOf(collector.spans, orderId).map(({ name }) => name)).toEqual(path);
    });
    const traces = orders.map((orderId) => pathOf(collector.spans, orderId)[0]?.traceId);
    expect(new Set(traces).size).toBe(20);

    for (const [member, shared] of [
      ['ticket-events publish', 'ticket-events message'],
      ['project', 'ticket-sql batch'],
    ] as const) {
      const members = byName(collector.spans, member);
      const packed = await waitFor(() => {
        const found = byName(collector.spans, shared);
        expect(found.flatMap(({ links }) => links).toSorted()).toEqual(members.map(({ spanId }) => spanId).toSorted());
        return found;
      });
      expect(members).toHaveLength(20);
      expect(packed.length).toBeLessThan(20);
      for (const span of packed) {
        expect(span.parentSpanId).toBeUndefined();
        const linking = members.filter(({ links }) => links.includes(span.spanId));
        expect(linking.map(({ spanId }) => spanId).toSorted()).toEqual(span.links.toSorted());
      }
    }
    const messages = byName(collector.spans, 'ticket-events message').map(({ attributes }) => attributes['messaging.message.id']);
    expect(new Set(messages).size).toBe(messages.length);
  });

  it('an invalid domain event ends its trace with an error; its neighbour is applied even with an invalid traceparent', async () => {
    const collector = await startCollector(resources);
    const event = await openTestEvent();
    const { messaging } = await startSystem(collector.env);
    const good = { ...purchased(event, { sequence: 1 }), traceparent: 'not one' };
    const bad = { ...purchased(event, { sequence: 2, row: 'B' }), ...sampled, specversion: '0.3' };
    const MessageBody = JSON.stringify([good, bad]);
    await sqs.send(new SendMessageCommand({ QueueUrl: messaging.queueUrl, MessageBody }));
    await untilApplied(event.eventId, 1);
    const project = await waitFor(() => byName(collector.spans, 'project')[0] ?? expect.fail('not exported yet'));
    expect(project).toMatchObject({ traceId, parentSpanId: buyersSpan, isError: true });
    expect(project.attributes).toMatchObject({ 'onsale.order.id': bad.data.orderId, 'error.type': 'dead letter' });
    expect(byName(collector.spans, 'project')).toHaveLength(1);
  });

  it('switched off, exports nothing and starts no trace, but passes on the traceparent that a buyer sent', async () => {
    const collector = await startCollector(resources);
    const event = await openTestEvent();
    const { tickets } = await startSystem({ ...collector.env, OTEL_TRACES_EXPORTER: 'none' });
    await post(tickets, seat(event, 1));
    await post(tickets, seat(event, 2), sampled);
    await untilApplied(event.eventId, 2);
    await resources.disposeAsync();
    expect(collector.spans).toEqual([]);
    expect((await domainEvents(event)).map(({ traceparent }) => traceparent)).toEqual(['', sampled.traceparent]);
  });

  it.each([
    ['0', 0],
    ['1', 4],
  ])('with a ratio of %s, %i of four buyers without a trace get one, and health is never traced', async (ratio, expected) => {
    const collector = await startCollector(resources);
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 5)] });
    const sampler = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio };
    const { purchase, tickets } = await startSystem({ ...collector.env, ...sampler });
    for (const column of [1, 2, 3, 4]) await post(tickets, seat(event, column));
    await get(`${purchase.base}/purchase/health`);
    // The buyer's own sampling decision overrides the ratio.
    const { body } = await post(tickets, seat(event, 5), sampled);
    await waitFor(() => expect(pathOf(collector.spans, body.orderId).map(({ name }) => name)).toEqual(path));
    await untilApplied(event.eventId, 5);
    // A shared span is recorded if any of its members is, whatever the ratio.
    await waitFor(() => expect(byName(collector.spans, 'ticket-sql batch')).not.toEqual([]));
    await purchase.stop();
    expect(byName(collector.spans, 'ticket-events message')).not.toEqual([]);
    expect(byName(collector.spans, path[0] as string)).toHaveLength(expected + 1);
    expect(collector.spans.filter(({ name }) => name.includes('health'))).toEqual([]);
    const carried = (await domainEvents(event)).map(({ traceparent }) => traceparent !== '');
    expect(carried).toEqual([...Array.from({ length: 4 }, () => expected > 0), true]);
  });

  it('without a collector, purchase sells and persistence applies as usual; both log a warning, and drain', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 10)] });
    const away = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`, OTEL_BSP_SCHEDULE_DELAY: '50' };
    const { purchase, persistence } = await startSystem(away);
    const columns = Array.from({ length: 10 }, (_, at) => at + 1);
    const answers = await inParallel(columns, 10, (column) => buy(purchase.base, seat(event, column)));
    expect(answers.map(({ status }) => status)).toEqual(columns.map(() => 201));
    await untilApplied(event.eventId, 10);
    await Promise.all([purchase.stop(), persistence.stop()]);
    for (const { exited, logFile } of [purchase, persistence]) {
      // Not forced to exit, as after a drain that takes too long.
      expect(await exited).toEqual([0, null]);
      const lines = readFileSync(logFile, 'utf8').trim().split('\n');
      const warnings = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ level }) => level === 'warn');
      expect(warnings).toContainEqual(expect.objectContaining({ msg: 'traces are not exported' }));
    }
  });
});
