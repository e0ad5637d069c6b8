import { once } from 'node:events';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { testQueryApp } from '../../../scripts/testing/apps.ts';
import { layCable, through } from '../../../scripts/testing/cable.ts';
import { connectFarRedis } from '../../../scripts/testing/far-redis.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { createMessaging, db, openTestEvent, redis, seatedZone, sqs, urls } from '../../../scripts/testing/stores.ts';
import { createSalesCounters } from '../../purchase/sales-counters/sales-counters.ts';
import { startWritingCounters } from '../../purchase/sales-counters/write-counters.ts';

import { createDepthReader } from '../../shared/events/queue-depth.ts';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { noAccounts } from '../../shared/identity/verifier.ts';
import { type Inventory, readInventory } from '../../shared/inventory/inventory.ts';
import { countsKey, inventoryKey, takenKey } from '../../shared/inventory/keys.ts';
import { openInventory } from '../../shared/inventory/open-inventory.ts';
import { connectDatabase } from '../../shared/stores/database.ts';
import type { OpsMessage } from './messages.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const token = 'a-token-that-nobody-guesses';
const queues = await createMessaging();
const readDepth = createDepthReader(sqs, queues);

async function listen(app: HttpServer): Promise<string> {
  resources.defer(() => app.close());
  return await app.listen({ port: 0, host: '127.0.0.1' });
}

const app = await testQueryApp({ db, redis, opsToken: token, readDepth });
const base = await listen(app);

const ownOrigin = { origin: 'http://localhost', host: 'localhost' };
const signIn = (given: string, eventId = '', headers: Record<string, string> = ownOrigin) =>
  app.inject({
    method: 'POST',
    url: '/query/ops/session',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams({ token: given, eventId }).toString(),
  });

const cookieOf = ({ headers }: { headers: Record<string, unknown> }) => String(headers['set-cookie']).split(';')[0] ?? '';

const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

type Second = Extract<OpsMessage, { type: 'second' }>;

const socketUrl = (eventId: string, at = base) => `${at.replace('http', 'ws')}/query/ops/events/${eventId}`;

/** The response to a handshake that is refused. */
async function refusal(eventId: string, headers: Record<string, string>) {
  const [, response] = await once(new WebSocket(socketUrl(eventId), { headers }), 'unexpected-response');
  return { status: response.statusCode, headers: response.headers, body: await json(response) };
}

/** Follows an event as the page does; `last` is the newest second. */
async function follow({ eventId }: Pick<Inventory, 'eventId'>, at = base) {
  const headers = { cookie: cookieOf(await signIn(token)), origin: at };
  const socket = new WebSocket(socketUrl(eventId, at), { headers });
  resources.defer(() => socket.close());
  const messages: OpsMessage[] = [];
  socket.on('message', (data) => void messages.push(JSON.parse(String(data))));
  await once(socket, 'open');
  const last = (): Second => messages.findLast((message) => message.type === 'second') ?? expect.fail('no second yet');
  const faults = () => {
    const { inventory } = last();
    return inventory === 'missing' ? inventory : inventory?.zones.map(({ fault }) => fault);
  };
  return { socket, messages, last, faults };
}

describe('the token', () => {
  it('opens the page with a cookie for half a day, limited to this page and hidden from scripts', async () => {
    const response = await signIn(token, 'Event1');
    expect(response).toMatchObject({ statusCode: 303, headers: { location: '/query/ops?eventId=Event1' } });
    expect(response.headers['set-cookie']).toMatch(/; Max-Age=43200; Path=\/query\/ops; HttpOnly; SameSite=Strict$/);
    const page = await app.inject({ url: '/query/ops?eventId=Event1', headers: { cookie: cookieOf(response) } });
    expect(page).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    });
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
  });

  it('sets a Secure cookie if the load balancer ended TLS', async () => {
    const response = await signIn(token, '', { ...ownOrigin, 'x-forwarded-proto': 'https' });
    expect(response.headers['set-cookie']).toContain('; Secure');
  });

  it("signs nobody in from another site's page, or from no page at all", async () => {
    for (const origin of [{ origin: 'https://evil.example' }, { origin: 'null' }, {}]) {
      const response = await signIn(token, 'Event1', { host: 'localhost', cookie: 'onsale_ops=1', ...origin });
      expect([response.statusCode, response.json().code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
      expect(response.headers['set-cookie']).toBeUndefined();
    }
  });

  it('works as a bearer token too', async () => {
    const ask = (authorization: string) => app.inject({ url: '/query/ops?eventId=Event1', headers: { authorization } });
    expect((await ask(`Bearer ${token}`)).statusCode).toBe(200);
    expect((await ask('Bearer another')).statusCode).toBe(401);
  });

  it.each([
    ['none', {}],
    ['a forged cookie', { cookie: `onsale_ops=${Date.now() + 1e9}` }],
    ['a cookie signed with another token', { cookie: `onsale_ops=${Date.now() + 1e9}.c2lnbmF0dXJl` }],
  ])('is required: with %s, nothing is revealed', async (_case, headers) => {
    const page = await app.inject({ url: '/query/ops', headers });
    expect(page.statusCode).toBe(401);
    expect(page.body).toContain('action="/query/ops/session"');
    const { eventId } = await openTestEvent();
    expect(await refusal(eventId, { ...headers, origin: base })).toMatchObject({ status: 401, body: { code: 'NOT_SIGNED_IN' } });
  });

  it('is required again after half a day', async () => {
    const cookie = cookieOf(await signIn(token));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 12 * 3_600_000 + 1 });
    try {
      expect((await app.inject({ url: '/query/ops?eventId=Event1', headers: { cookie } })).statusCode).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that is wrong is reported as wrong and sets no cookie', async () => {
    const response = await signIn('not the token', 'Event1');
    expect(response.statusCode).toBe(401);
    expect(response.body).toContain('That token is wrong.');
    expect(response.body).toContain('name="eventId" value="Event1"');
    expect(response.headers['set-cookie']).toBeUndefined();
    expect((await signIn('x'.repeat(5_000))).statusCode).toBe(400);
  });

  it('that is wrong too often gets a 429 for a while, and a log line without it; the right one is still accepted', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => void lines.push(line) });
    await using own = await testQueryApp({ db, redis, logger, opsToken: token });
    const ask = (bearer: string, address = '203.0.113.7') =>
      own.inject({
        url: '/query/ops?eventId=Event1',
        headers: { authorization: `Bearer ${bearer}`, 'x-forwarded-for': `made-up, ${address}` },
      });
    const statuses: number[] = [];
    for (let tries = 0; tries < 12; tries++) statuses.push((await ask('secret-guess')).statusCode);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const limited = await ask('secret-guess');
    expect(limited.headers['retry-after']).toMatch(/^([1-9]|10)$/);
    expect(limited.body).toMatch(/Too many wrong tokens\. Try again in \d+ s\./);
    expect((await ask('secret-guess', '203.0.113.8')).statusCode).toBe(401);
    expect((await ask(token)).statusCode).toBe(200);
    const headers = { authorization: 'Bearer secret-guess', 'x-forwarded-for': '203.0.113.7' };
    const plain = await own.inject({ url: '/query/ops/events/Event1', headers });
    expect([plain.statusCode, plain.json(), plain.headers['retry-after']]).toEqual([
      429,
      expect.objectContaining({ code: 'TOO_MANY_WRONG_TOKENS' }),
      expect.any(String),
    ]);
    const told = lines.filter((line) => line.includes('wrong token'));
    expect(told.length).toBeGreaterThan(0);
    expect(JSON.parse(told[0] ?? '')).toMatchObject({ level: 40, address: '203.0.113.7', times: 1 });
    expect(lines.join('')).not.toContain('secret-guess');
  });

  it('that is not configured means that there is no page, unless there are accounts', async () => {
    await using without = await testQueryApp({ db, redis, opsToken: '', verifier: noAccounts });
    expect((await without.inject({ url: '/query/ops', headers: { authorization: 'Bearer ' } })).statusCode).toBe(404);
    await using withAccounts = await testQueryApp({ db, redis, opsToken: '' });
    expect((await withAccounts.inject({ url: '/query/ops', headers: { authorization: 'Bearer ' } })).statusCode).toBe(401);
  });
});

it('serves everything that the page loads, and nothing else', async () => {
  const { body } = await app.inject({ url: '/query/ops?eventId=Event1', headers: { authorization: `Bearer ${token}` } });
  const named = [...body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(1);
  for (const path of named) {
    const asset = await app.inject({ url: new URL(path, 'http://host/query/ops').pathname });
    expect(asset.statusCode, path).toBe(200);
    expect(asset.headers['content-type']).toMatch(path.endsWith('.css') ? /^text\/css/ : /^application\/javascript/);
  }
  const strays = ['', '.', 'index.html', 'tsconfig.json', 'seconds.unit.test.ts', 'uPlot.esm.d.ts', 'uPlot.cjs.js'];
  for (const name of [...strays, '..%2Fpage.ts', '%2e%2e%2fsession.ts', '%2e%2e/session.ts']) {
    const response = await app.inject({ url: `/query/ops/assets/${name}` });
    expect([response.statusCode, response.json()], name).toEqual([404, expect.objectContaining({ code: 'NOT_FOUND' })]);
  }
});

it('lets browsers keep what the page loads, and ask each time whether it changed', async () => {
  const url = '/query/ops/assets/main.js';
  const { headers, body } = await app.inject({ url });
  expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
  const again = await app.inject({ url, headers: { 'if-none-match': String(headers.etag) } });
  expect([again.statusCode, again.body, again.headers['cache-control']]).toEqual([304, '', 'no-cache']);
  expect(await app.inject({ url, headers: { 'if-none-match': '"another"' } })).toMatchObject({ statusCode: 200, body });
  expect(await app.inject({ url, method: 'HEAD' })).toMatchObject({ statusCode: 200, body: '', headers: { etag: headers.etag } });
  expect((await app.inject({ url, method: 'POST' })).statusCode).toBe(405);
});

it('without an event in the URL, the page shows the event that is selling', async () => {
  const event = await openTestEvent();
  const counters = createSalesCounters();
  const writing = startWritingCounters({ redis, counters, logger: silentLogger });
  const outcome = await seats.sell(purchaseOf(event, { column: 1 }));
  counters.count(event.eventId, outcome as Extract<typeof outcome, { kind: 'sold' }>);
  await writing.stop();
  await vi.waitFor(async () => {
    const { headers } = await app.inject({ url: '/query/ops', headers: { authorization: `Bearer ${token}` } });
    expect(headers.location).toBe(`/query/ops?eventId=${event.eventId}`);
  }, 5_000);
});

describe('a handshake', () => {
  it("is refused with the operator's cookie from another site's page, or from no page at all", async () => {
    const { eventId } = await openTestEvent();
    const cookie = cookieOf(await signIn(token));
    for (const headers of [{ cookie, origin: 'https://evil.example' }, { cookie, origin: 'null' }, { cookie }]) {
      expect(await refusal(eventId, headers)).toMatchObject({ status: 403, body: { code: 'ORIGIN_NOT_ALLOWED' } });
    }
  });

  it('is refused beyond a hundred sockets even if many come together; a failed or closed one gives its place back', async () => {
    const own = await listen(await testQueryApp({ db, redis, opsToken: token, readDepth }));
    const { eventId } = await openTestEvent();
    const headers = { authorization: `Bearer ${token}` };
    // Each takes a place and is then refused by the protocol.
    const broken = Array.from({ length: 150 }, async () => {
      const handshake = { ...headers, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
      const [response] = await once(request(`${own}/query/ops/events/${eventId}`, { headers: handshake }).end(), 'response');
      return response.resume().statusCode;
    });
    expect(new Set(await Promise.all(broken))).toSatisfy((seen: Set<number>) => seen.isSubsetOf(new Set([400, 503])));

    const dial = () => {
      const socket = new WebSocket(socketUrl(eventId, own), { headers });
      resources.defer(() => socket.terminate());
      const opened = once(socket, 'open').then(() => 101);
      const refused = once(socket, 'unexpected-response').then(([, response]) => response.resume().statusCode as number);
      return { socket, outcome: Promise.race([opened, refused]).catch(() => 0) };
    };
    const dialled = await waitFor(async () => {
      const all = Array.from({ length: 150 }, dial);
      const outcomes = await Promise.all(all.map(({ outcome }) => outcome));
      const open = all.filter((_, at) => outcomes[at] === 101);
      try {
        expect([open.length, outcomes.filter((outcome) => outcome === 503).length]).toEqual([100, 50]);
      } catch (error) {
        for (const { socket } of open) socket.terminate();
        throw error;
      }
      return open;
    });
    dialled[0]?.socket.close();
    await waitFor(async () => expect(await dial().outcome).toBe(101));
    expect(await dial().outcome).toBe(503);
  });
});

describe("an event's follower", () => {
  it('first gets the event and its history, and then every second the state of Redis, MySQL and SQS', async () => {
    // Later than the other tests' events: the list has the latest 200.
    const onSaleAtMs = Date.UTC(2026, 1, 1);
    const zones = [seatedZone(1, 10, 10), { zoneId: 2, capacity: 50, priceMinor: 5_000 }];
    const event = await openTestEvent({ onSaleAtMs, zones });
    const counters = createSalesCounters();
    const sold = await seats.sell(purchaseOf(event, { column: 1 }));
    if (sold.kind !== 'sold') expect.fail(sold.code);
    await seats.hold({ eventId: event.eventId, request: { zoneId: 2, quantity: 3, split: false } });
    counters.count(event.eventId, sold);
    counters.count(event.eventId, { kind: 'refused', isReplay: false, code: 'SEAT_TAKEN' });
    counters.countResponse(12);
    await startWritingCounters({ redis, counters, logger: silentLogger }).stop();

    const doing = { ticketsSold: 1, revenue: '100.00', refused: { SEAT_TAKEN: 1 }, latencyMs: expect.any(Object) };
    const { last, faults } = await follow(event);
    await waitFor(() => expect(last().sale).toContainEqual(expect.objectContaining(doing)));
    const { messages } = await follow(event);
    await waitFor(() => expect(messages.length).toBeGreaterThan(0));
    expect(messages[0]).toMatchObject({ type: 'event', event: { eventId: event.eventId, currency: 'USD' } });
    expect(messages[0]).toHaveProperty('history', expect.arrayContaining([expect.objectContaining(doing)]));
    expect(messages[0]).toHaveProperty('events', expect.arrayContaining([{ eventId: event.eventId, name: 'An event' }]));
    expect(last()).toMatchObject({
      inventory: {
        capacity: 150,
        available: 146,
        held: 3,
        sold: 1,
        zones: [
          { zoneId: 1, available: 99, held: 0, sold: 1, projected: 0 },
          { zoneId: 2, available: 47, held: 3, sold: 0, projected: 0 },
        ],
      },
      projection: { tickets: 0, revenue: '0.00', lagSequences: 1 },
      outbox: { events: 1 },
      queue: { messages: 0, inFlight: 0, deadLetters: 0 },
      verification: 'never',
    });
    await waitFor(() => expect(last().projection?.lagSeconds).toBeGreaterThan(0));
    expect(faults()).toEqual([undefined, undefined]);
  });

  it('immediately sees a taken seat that nobody has, and sees a ticket missing from MySQL once nothing changes', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 10, 10), seatedZone(2, 10, 10)] });
    const { faults } = await follow(event);
    await waitFor(() => expect(faults()).toEqual([undefined, undefined]));
    const { zones = [] } = (await readInventory(redis, event.eventId)) ?? {};
    await redis.setbit(takenKey(event.eventId), (zones[1]?.firstByte ?? 0) * 8, 1);
    // As if sold, but without a domain event; every change has a version.
    await redis.hset(countsKey(event.eventId), { 'sold:1': 1, version: 1, 'version:1': 1, 'version:2': 1 });
    await redis.setbit(takenKey(event.eventId), 0, 1);
    await waitFor(() =>
      expect(faults()).toEqual(['1 sold in Redis, 0 in MySQL', '1 seats marked taken, 0 held, sold or blocked']),
    );
  });

  it("gets null for an absent store's figures, and all figures again when the store is back", async () => {
    const event = await openTestEvent();
    const far = await connectFarRedis(resources);
    const mysql = await layCable(Number(new URL(urls.databaseUrl).port), resources);
    const farDb = connectDatabase(through(mysql, urls.databaseReaderUrl), 5);
    resources.defer(() => farDb.destroy());
    let isQueueThere = true;
    const readSome = () => (isQueueThere ? readDepth() : Promise.reject(new Error('SQS is away')));
    const cutOff = await testQueryApp({ db: farDb, redis: far.redis, opsToken: token, readDepth: readSome });
    const { last } = await follow(event, await listen(cutOff));
    const whole = { sale: expect.any(Array), inventory: {}, projection: {}, outbox: {}, queue: {} };
    await waitFor(() => expect(last()).toMatchObject(whole));

    await far.cut();
    await waitFor(() => expect(last()).toMatchObject({ sale: null, inventory: null, projection: null, outbox: null, queue: {} }));
    await far.mend();
    await waitFor(() => expect(last()).toMatchObject(whole));

    await mysql.cut();
    await waitFor(() =>
      expect(last()).toMatchObject({ projection: null, inventory: { zones: [{ projected: null }] }, outbox: {} }),
    );
    await mysql.mend();
    isQueueThere = false;
    await waitFor(() => expect(last()).toMatchObject({ ...whole, queue: null }));
  });

  it('learns that the inventory is missing, rather than unreadable, until the event is opened again', async () => {
    const event = await openTestEvent();
    const { last } = await follow(event);
    await waitFor(() => expect(last().inventory).toMatchObject({ sold: 0 }));
    await redis.del(inventoryKey(event.eventId));
    await waitFor(() => expect(last().inventory).toBe('missing'));
    expect(last().projection).toEqual({ tickets: 0, revenue: '0.00', lagSequences: null, lagSeconds: null });
    await openInventory(redis, event);
    await waitFor(() => expect(last().inventory).toMatchObject({ sold: 0 }));
  });

  it('may not send messages, and gets a 404 for an unknown event', async () => {
    const event = await openTestEvent();
    const { socket } = await follow(event);
    socket.send('hello');
    expect((await once(socket, 'close'))[0]).toBe(1008);
    const headers = { authorization: `Bearer ${token}` };
    expect(await refusal('no-such-event', headers)).toMatchObject({ status: 404 });
    // The page asks like this to learn why a handshake was refused.
    const plainly = async (eventId: string) => (await app.inject({ url: `/query/ops/events/${eventId}`, headers })).json();
    expect(await plainly(event.eventId)).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await plainly('no-such-event')).toMatchObject({ code: 'EVENT_NOT_FOUND' });
  });
});
