import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { inParallel } from '../../scripts/testing/http.ts';
import { startTestService, type TestService } from '../../scripts/testing/services.ts';
import { createMessaging, openTestEvent, urls } from '../../scripts/testing/stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const times = 200;
const long = 'x'.repeat(7_000);
const { eventId, venueId } = await openTestEvent();
const messaging = await createMessaging();
const withoutAccess = (url: string) => url.replace(/\/\/(.*@)?/, '//nobody:wrong@');

type Line = { level: string; msg: string; time: string };

/** The complete lines of a service's log so far, with their lengths. */
function linesOf({ logFile }: TestService): (Line & { length: number })[] {
  const lines = readFileSync(logFile, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => ({ ...(JSON.parse(line) as Line), length: line.length }));
}

/** Sends bytes on a new connection, and waits until it is closed; with `isRude`, resets it once they are sent. */
async function sendRaw(base: string, bytes: string, isRude = false): Promise<void> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  await once(socket, 'connect');
  socket.write(bytes, () => isRude && socket.resetAndDestroy());
  await closed;
}

const head = (line: string, ...headers: string[]) => `${[`${line} HTTP/1.1`, 'host: x', ...headers].join('\r\n')}\r\n\r\n`;

/** Requests that anyone can send to any service, besides those that its own routes accept. */
const anywhere = (base: string, prefix: string): Record<string, () => Promise<unknown>> => ({
  'a missing path': () => fetch(`${base}${prefix}/${long}`),
  'a malformed path': () => fetch(`${base}${prefix}/%${long}`),
  'another method': () => fetch(`${base}${prefix}/live`, { method: 'DELETE' }),
  'an encoding': () => fetch(`${base}${prefix}/live`, { method: 'POST', body: 'x', headers: { 'content-encoding': long } }),
  health: () => fetch(`${base}${prefix}/health`),
  garbage: () => sendRaw(base, `${long}\r\n\r\n`),
  'half a body': () => sendRaw(base, `${head(`POST ${prefix}/live`, 'content-length: 100')}{`, true),
  'a bad chunk': () => sendRaw(base, `${head(`POST ${prefix}/live`, 'transfer-encoding: chunked')}${long}`),
  CONNECT: () => sendRaw(base, head('CONNECT other:443')),
  'an Upgrade': () => sendRaw(base, head(`GET ${prefix}/${long}`, 'upgrade: websocket', 'connection: upgrade, close')),
});

const post = (url: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': long },
    body: JSON.stringify(body),
  });

const signIn = (base: string, origin: string) =>
  fetch(`${base}/query/ops/session`, { method: 'POST', headers: { origin }, body: new URLSearchParams({ token: long }) });

const handshake = (url: string) =>
  new Promise<void>((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws'));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.on('open', () => socket.send(long));
  });

const services = {
  purchase: ({ base }: TestService) => ({
    ...anywhere(base, '/purchase'),
    'a purchase': () => post(`${base}/purchase/api/v1/tickets`, { venueId, eventId, zoneId: 1, row: 'A', column: 1 }),
    'an invalid purchase': () => post(`${base}/purchase/api/v1/tickets`, { venueId: long, [long]: long }),
  }),
  query: ({ base }: TestService) => ({
    ...anywhere(base, '/query'),
    'a count': () => fetch(`${base}/query/api/v1/tickets/count/${eventId}`),
    seats: () => fetch(`${base}/query/api/v1/events/${eventId}/availability`),
    'a handshake': () => handshake(`${base}/query/ws/v1/events/${eventId}`),
    "the operator's page": () =>
      fetch(`${base}/query/ops`, { headers: { authorization: `Bearer ${long}`, cookie: `onsale_ops=${long.slice(0, 500)}` } }),
    'a wrong token': () => signIn(base, base),
    "another site's page": () => signIn(base, 'https://evil.example'),
    'a socket at a path that has none': () => handshake(`${base}/query/ops/assets/x`),
  }),
  persistence: ({ base }: TestService) => anywhere(base, '/events'),
  accounts: ({ base }: TestService) => anywhere(base, '/accounts'),
  catalogue: ({ base }: TestService) => anywhere(base, '/catalogue'),
};

describe.each(Object.entries(services))('a flood of requests to %s', (service, requestsTo) => {
  it.each([
    ['are available', {}],
    [
      'reject its credentials',
      {
        REDIS_URL: withoutAccess(urls.redisUrl),
        REDIS_READER_URL: withoutAccess(urls.redisUrl),
        DATABASE_URL: withoutAccess(urls.databaseUrl),
        DATABASE_READER_URL: withoutAccess(urls.databaseReaderUrl),
      },
    ],
  ])('logs only few and short lines, while its stores %s', { timeout: 300_000 }, async (_what, env) => {
    const token = { OPS_TOKEN: 'a-token-of-an-operator-1234' };
    const running = await startTestService(service as keyof typeof services, messaging, { resources, env: { ...env, ...token } });
    const before = linesOf(running).length;
    const startedAt = Date.now();
    for (const [what, send] of Object.entries(requestsTo(running))) {
      await inParallel(Array.from({ length: times }), 50, () => send().catch((error) => expect.fail(`${what}: ${error}`)));
    }
    const seconds = (Date.now() - startedAt) / 1_000;
    await running.stop();
    const lines = linesOf(running).slice(before);
    for (const [kind, of = []] of Object.entries(Object.groupBy(lines, ({ level, msg }) => `${level} ${msg}`))) {
      expect(of.length, kind).toBeLessThanOrEqual(10 + 11 * Math.ceil(seconds));
      expect(of.length, kind).toBeLessThan(times);
    }
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(10_000);
  });
});
