import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { freePort } from '../../scripts/local/free-ports.ts';
import { layCable, through } from '../../scripts/testing/cable.ts';
import { buy, get, post } from '../../scripts/testing/http.ts';
import { startTestService } from '../../scripts/testing/services.ts';
import { createMessaging, openTestEvent, redis, sqs, urls } from '../../scripts/testing/stores.ts';
import type { ServiceName } from '../shared/http/path-table.ts';

let resources: AsyncDisposableStack;
beforeEach(async () => {
  await redis.flushdb();
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 100 });

/** Starts a service that serves its metrics on a known port. `metrics` reads them: values by name, labels included. */
async function startWithMetrics(
  service: ServiceName,
  messaging: Parameters<typeof startTestService>[1],
  more: { endpoint?: string; env?: Record<string, string> } = {},
) {
  const port = await freePort();
  const env = { ...more.env, METRICS_PORT: String(port) };
  const started = await startTestService(service, messaging, { resources, ...more, env });
  const metrics = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  };
  await waitFor(async () => expect(await metrics()).toMatchObject({ process_cpu_seconds_total: expect.any(Number) }));
  return { ...started, metrics };
}

it('while SNS is away, health (200) and metrics report the size and age of the outbox; afterwards, that it is empty', async () => {
  const { eventId, venueId } = await openTestEvent();
  const cable = await layCable(Number(new URL(urls.endpoint).port), resources);
  const endpoint = through(cable, urls.endpoint).replace(/\/$/, '');
  await cable.cut();
  const purchase = await startWithMetrics('purchase', await createMessaging(), { endpoint });
  const health = () => get(`${purchase.base}/purchase/health`);
  expect(await health()).toMatchObject({ status: 200, body: { backlog: { outbox: { events: 0, oldestSeconds: 0 } } } });
  for (const column of [1, 2, 3]) expect((await buy(purchase.base, { eventId, venueId, column })).status).toBe(201);
  await waitFor(async () => {
    const { status, body } = await health();
    expect([status, body]).toMatchObject([200, { checks: { redis: 'ok' }, backlog: { outbox: { events: 3 } } }]);
    expect(body).toHaveProperty(
      'backlog.outbox.oldestSeconds',
      expect.toSatisfy((seconds) => seconds >= 1),
    );
    const told = await purchase.metrics();
    expect(told).toMatchObject({
      onsale_outbox_unpublished_events: 3,
      onsale_purchase_waiting_requests: 0,
      onsale_purchase_shed_total: 0,
    });
    expect(told['onsale_outbox_oldest_seconds']).toBeGreaterThanOrEqual(1);
  });
  await cable.mend();
  await waitFor(async () => {
    expect((await health()).body).toMatchObject({ backlog: { outbox: { events: 0, oldestSeconds: 0 } } });
    expect(await purchase.metrics()).toMatchObject({ onsale_outbox_unpublished_events: 0, onsale_outbox_oldest_seconds: 0 });
  });
});

it('two purchase processes report as one: each scrape adds up the counts of both, but counts the outbox once', async () => {
  const { eventId, venueId } = await openTestEvent();
  const cables = {
    sns: await layCable(Number(new URL(urls.endpoint).port), resources),
    redis: await layCable(Number(new URL(urls.redisUrl).port), resources),
  };
  const endpoint = through(cables.sns, urls.endpoint).replace(/\/$/, '');
  const env = { WEB_CONCURRENCY: '2', REDIS_URL: through(cables.redis, urls.redisUrl) };
  const purchase = await startWithMetrics('purchase', await createMessaging(), { endpoint, env });
  await cables.sns.cut();
  for (const column of [1, 2, 3]) expect((await buy(purchase.base, { eventId, venueId, column })).status).toBe(201);
  // Each request opens its own connection, which either process may accept.
  for (let attempt = 0; attempt < 20; attempt++) {
    const seat = { venueId, eventId, zoneId: 1, row: 'A', column: 1 };
    expect((await post(`${purchase.base}/purchase/api/v1/tickets`, seat, { connection: 'close' })).status).toBe(409);
  }
  const sold = 'http_request_method="POST",http_route="/purchase/api/v1/tickets",http_response_status_code="201"';
  const all = {
    onsale_tickets_sold_total: 3,
    'onsale_refusals_total{code="SEAT_TAKEN"}': 20,
    [`http_server_request_duration_seconds_count{${sold}}`]: 3,
    onsale_outbox_unpublished_events: 3,
    onsale_purchase_shed_total: 0,
  };
  await waitFor(async () => expect(await purchase.metrics()).toMatchObject(all));
  for (let scrape = 0; scrape < 5; scrape++) expect(await purchase.metrics()).toMatchObject(all);
  await cables.redis.cut();
  await waitFor(async () =>
    expect(await purchase.metrics()).toMatchObject({ ...all, onsale_outbox_unpublished_events: Number.NaN }),
  );
});

it('the health (200) and metrics of persistence report how many messages its queues have', async () => {
  const messaging = await createMessaging();
  const cable = await layCable(Number(new URL(urls.databaseUrl).port), resources);
  const env = { DATABASE_URL: through(cable, urls.databaseUrl) };
  const persistence = await startWithMetrics('persistence', messaging, { env });
  const empty = { messages: 0, inFlight: 0, deadLetters: 0 };
  await waitFor(async () =>
    expect(await get(`${persistence.base}/events/health`)).toMatchObject({ status: 200, body: { backlog: { queue: empty } } }),
  );
  const notOurs = new SendMessageCommand({ QueueUrl: messaging.queueUrl, MessageBody: 'not a domain event' });
  await Promise.all([1, 2].map(() => sqs.send(notOurs)));
  await waitFor(async () => {
    expect((await get(`${persistence.base}/events/health`)).body).toMatchObject({
      backlog: { queue: { ...empty, deadLetters: 2 } },
    });
    expect(await persistence.metrics()).toMatchObject({
      onsale_queue_messages: 0,
      onsale_queue_in_flight_messages: 0,
      onsale_dead_letters: 2,
    });
  });
});
