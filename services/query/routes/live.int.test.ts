import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { testQueryApp } from '../../../scripts/testing/apps.ts';
import { connectFarRedis } from '../../../scripts/testing/far-redis.ts';
import { type LiveClient, watchLive } from '../../../scripts/testing/live-client.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { db, openTestEvent, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';

import { createHttpServer, type HttpServer } from '../../shared/http/http-server.ts';
import { stranger } from '../../shared/identity/principal.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { countsKey, inventoryKey, takenKey } from '../../shared/inventory/keys.ts';
import { openInventory } from '../../shared/inventory/open-inventory.ts';
import { createRequestLimits, limitRequests } from '../../shared/limits/limit-requests.ts';
import { createSeatReader } from '../live/seat-reader.ts';
import { createWatchers } from '../live/watchers.ts';
import { registerLiveRoutes } from './live.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000 });

async function listen(app: HttpServer): Promise<string> {
  resources.defer(() => app.close());
  return await app.listen({ port: 0, host: '127.0.0.1' });
}

const base = await listen(await testQueryApp({ db, redis }));

/** A server with only the live routes, and limits that a test can reach. */
async function limited(limits: Parameters<typeof registerLiveRoutes>[2]) {
  const app = createHttpServer({ logger: silentLogger, handlerMs: 1_000 });
  await registerLiveRoutes(app, createWatchers({ readSeats: createSeatReader(redis), logger: silentLogger }), limits);
  return { app, base: await listen(app) };
}

async function watch({ eventId }: Inventory, at = base): Promise<LiveClient> {
  const client = await watchLive(at, eventId);
  resources.defer(() => client.close());
  return client;
}

const path = (eventId: string) => `/query/ws/v1/events/${eventId}`;
const handshake = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** The response to a handshake that is refused. */
async function refusal(eventId: string, at = base) {
  const outgoing = request(at + path(eventId), { headers: handshake }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: (await json(response)) as Record<string, unknown> };
}

/** A client that completes the handshake and then neither reads nor sends anything. */
async function deafClient({ eventId }: Inventory, at: string): Promise<Socket> {
  const { hostname, port } = new URL(at);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  const headers = Object.entries({ host: hostname, ...handshake }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path(eventId)} HTTP/1.1\r\n${headers.join('')}\r\n`);
  const [response] = (await once(socket, 'data')) as [Buffer];
  expect(response.toString()).toMatch(/^HTTP\/1.1 101 /);
  return socket;
}

describe('a client', () => {
  it('gets the seats as they are, and then every hold, sale and release as it happens', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 2, 10), { zoneId: 2, capacity: 50, priceMinor: 100 }] });
    await seats.sell(purchaseOf(event, { row: 'B', column: 10 }));
    const client = await watch(event);
    const zone = { zoneId: 1, capacity: 20, rows: 2, columns: 10, bytesPerRow: 2, blockedSeats: Buffer.alloc(4) };
    await waitFor(() =>
      expect([...client.zones.values()]).toEqual([
        { ...zone, available: 19, held: 0, sold: 1, blocked: 0, taken: Buffer.from([0, 0, 0, 0b0100_0000]) },
        { zoneId: 2, capacity: 50, available: 50, held: 0, sold: 0, blocked: 0 },
      ]),
    );
    const held = await seats.hold(purchaseOf(event, { column: 3 }));
    await seats.sell(purchaseOf(event, { request: { zoneId: 2, quantity: 4, split: false } }));
    await waitFor(() =>
      expect([...client.zones.values()]).toEqual([
        { ...zone, available: 18, held: 1, sold: 1, blocked: 0, taken: Buffer.from([0b0010_0000, 0, 0, 0b0100_0000]) },
        { zoneId: 2, capacity: 50, available: 46, held: 0, sold: 4, blocked: 0 },
      ]),
    );
    if (held.kind !== 'held') expect.fail();
    await seats.releaseHold({ eventId: event.eventId, holdId: held.holdId });
    await waitFor(() => expect(client.zones.get(1)).toMatchObject({ available: 19, held: 0 }));
    expect(client.zones.get(1)?.taken?.[0]).toBe(0);
    expect(client.seen).toMatchObject({ snapshot: 1, asked: 0 });
  });

  it('gets a snapshot when it asks for one', async () => {
    const client = await watch(await openTestEvent());
    client.send('{"type":"snapshot"}');
    await waitFor(() => expect(client.seen.snapshot).toBe(2));
  });

  it('gets a snapshot when the event is opened again with other zones', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 2, 10)] });
    const client = await watch(event);
    await seats.sell(purchaseOf(event));
    await openInventory(redis, { ...event, zones: [seatedZone(1, 3, 10), seatedZone(2, 1, 1)] });
    await waitFor(() => expect(client.seen.snapshot).toBe(2));
    expect([client.zones.size, client.zones.get(1)]).toEqual([2, expect.objectContaining({ capacity: 30, sold: 1 })]);
  });

  it.each([
    ['is not JSON', 'snapshot', 1008],
    ['is another type', '{"type":"buy"}', 1008],
    ['has no type', 'null', 1008],
    ['is too long', `{"type":"snapshot","x":"${'x'.repeat(1_024)}"}`, 1009],
  ])('is disconnected, with the reason, when its message %s', async (_what, text, code) => {
    const client = await watch(await openTestEvent());
    client.send(text);
    const closed = await client.closed;
    expect(closed.code).toBe(code);
    if (code === 1008) expect(closed.reason).toBe('Only {"type":"snapshot"} is accepted');
  });

  it('is disconnected when it sends too many messages', async () => {
    const client = await watch(await openTestEvent());
    for (let times = 0; times < 200; times++) client.send('{"type":"snapshot"}');
    expect(await client.closed).toEqual({ code: 1008, reason: 'Too many messages' });
  });

  it('that replies to no ping is disconnected; one that replies is not', async () => {
    const server = await limited({ pingMs: 50 });
    const event = await openTestEvent();
    const client = await watch(event, server.base);
    const deaf = await deafClient(event, server.base);
    deaf.resume();
    await once(deaf, 'close');
    await seats.sell(purchaseOf(event));
    await waitFor(() => expect(client.zones.get(1)).toMatchObject({ sold: 1 }));
  });
});

describe('an inventory that cannot be read', () => {
  it('is reported to clients when Redis has lost it; they get a snapshot once it is opened again', async () => {
    const event = await openTestEvent();
    await seats.sell(purchaseOf(event));
    const client = await watch(event);
    await waitFor(() => expect(client.zones.get(1)).toMatchObject({ sold: 1 }));
    await redis.del(inventoryKey(event.eventId), countsKey(event.eventId), takenKey(event.eventId));
    await waitFor(() => expect(client.isStale()).toBe(true));
    await openInventory(redis, event);
    await waitFor(() => expect(client.isStale()).toBe(false));
    expect(client.zones.get(1)).toMatchObject({ sold: 0, available: 100 });
    await seats.sell(purchaseOf(event));
    await waitFor(() => expect(client.zones.get(1)).toMatchObject({ sold: 1 }));
    expect(client.seen).toMatchObject({ unavailable: 1, asked: 0 });
  });

  it('is reported to clients during a Redis outage, and new clients are refused; both recover with Redis', async () => {
    const event = await openTestEvent();
    const far = await connectFarRedis(resources);
    const at = await listen(await testQueryApp({ db, redis: far.redis }));
    const client = await watch(event, at);
    await far.cut();
    await waitFor(() => expect(client.isStale()).toBe(true));
    expect(await refusal(event.eventId, at)).toMatchObject({ status: 503, body: { code: 'INVENTORY_UNAVAILABLE' } });
    const other = await openTestEvent();
    expect(await refusal(other.eventId, at)).toMatchObject({ status: 503, body: { code: 'INVENTORY_UNAVAILABLE' } });
    await seats.sell(purchaseOf(event));
    await far.mend();
    await waitFor(() => expect(client.isStale()).toBe(false));
    expect(client.zones.get(1)).toMatchObject({ sold: 1 });
    const late = await waitFor(() => watch(other, at));
    expect(late.seen.unavailable).toBe(0);
  });
});

describe('a handshake', () => {
  it('is refused with a problem if the event was never opened, is lost, or has an invalid id', async () => {
    const event = await openTestEvent();
    expect(await refusal(unique('event'))).toMatchObject({ status: 404, body: { code: 'EVENT_NOT_FOUND' } });
    await redis.del(inventoryKey(event.eventId));
    const lost = await refusal(event.eventId);
    expect(lost).toMatchObject({ status: 503, body: { code: 'INVENTORY_UNAVAILABLE' }, headers: { 'retry-after': '1' } });
    expect(lost.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(await refusal('E!')).toMatchObject({ status: 400, body: { errors: [{ parameter: 'eventId' }] } });
  });

  it('is refused only while one process serves its maximum number of clients', async () => {
    const server = await limited({ maxSockets: 2 });
    const event = await openTestEvent();
    const [first] = [await watch(event, server.base), await watch(event, server.base)];
    expect(await refusal(event.eventId, server.base)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'SERVICE_UNAVAILABLE' },
    });
    first.close();
    await first.closed;
    await waitFor(() => watch(event, server.base));
  });

  it('counts as a request of its network', async () => {
    const app = createHttpServer({ logger: silentLogger });
    app.decorateRequest('principal', null as never);
    app.addHook('onRequest', async (request) => {
      request.principal = stranger;
    });
    const rate = { REQUESTS_PER_SECOND: 1, REQUESTS_AT_ONCE: 2 };
    limitRequests(
      app,
      createRequestLimits({ CLIENT_LIMITS: true, TRUSTED_PROXIES: 1, API_KEY_PLANS: 'standard=1/1/1', ...rate }),
    );
    await registerLiveRoutes(app, createWatchers({ readSeats: createSeatReader(redis), logger: silentLogger }));
    const at = await listen(app);
    const unknown = unique('event');
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await refusal(unknown, at)).status));
    expect(statuses.toSorted().slice(0, 2)).toEqual([404, 404]);
    expect(statuses).toContain(429);
  });

  it('leaves places to others, however many one network takes', async () => {
    let network = 'one';
    const server = await limited({ maxSockets: 5, maxSocketsOfNetwork: 2, networkOf: () => network });
    const event = await openTestEvent();
    const [first] = [await watch(event, server.base), await watch(event, server.base)];
    expect(await refusal(event.eventId, server.base)).toMatchObject({ status: 503 });
    network = 'other';
    await watch(event, server.base);
    network = 'one';
    first.close();
    await first.closed;
    await waitFor(() => watch(event, server.base));
  });

  it('is refused beyond that number even if many come together; a failed one gives its place back', async () => {
    const server = await limited({ maxSockets: 5 });
    const event = await openTestEvent();
    const broken = Array.from({ length: 20 }, async () => {
      const { 'sec-websocket-key': _missing, ...headers } = handshake;
      const [response] = await once(request(server.base + path(event.eventId), { headers }).end(), 'response');
      return response.resume().statusCode;
    });
    expect(new Set(await Promise.all(broken))).toSatisfy((seen: Set<number>) => seen.isSubsetOf(new Set([400, 503])));
    await waitFor(async () => {
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => watch(event, server.base)));
      const open = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      if (open.length !== 5) for (const client of open) client.close();
      expect(open).toHaveLength(5);
    });
    expect(server.app.websocketServer.clients.size).toBe(5);
  });

  it('is required on the path: a plain GET is a 400 that says so', async () => {
    const response = await fetch(base + path('E'));
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ errors: [{ header: 'Upgrade', detail: 'must be websocket' }] }),
    ]);
  });

  it.each(['h2c', 'websocket'])('is impossible on any other path: an Upgrade to %s there is ignored', async (upgrade) => {
    const outgoing = request(`${base}/query/live`, { headers: { ...handshake, upgrade } }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect([response.statusCode, await json(response)]).toEqual([200, { status: 'ok' }]);
  });
});

describe('a service that stops', () => {
  it('tells its clients, and does not wait for clients that do not reply', { timeout: 300_000 }, async () => {
    const { app, base: at } = await limited({});
    const event = await openTestEvent();
    const client = await watch(event, at);
    const deaf = await deafClient(event, at);
    await app.close();
    expect(await client.closed).toEqual({ code: 1001, reason: 'The service is stopping' });
    deaf.resume();
    await once(deaf, 'close');
  });
});
