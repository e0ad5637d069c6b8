import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { testQueryApp } from '../../scripts/testing/apps.ts';
import { dial, exchange } from '../../scripts/testing/raw-answers.ts';
import { db, openTestEvent, redis } from '../../scripts/testing/stores.ts';
import { createHttpServer } from '../shared/http/http-server.ts';
import { type ProblemCode, problems } from '../shared/http/problems.ts';
import { lineRules } from '../shared/telemetry/logger.ts';
import type { Watcher } from './live/watch.ts';
import { registerLiveRoutes } from './routes/live.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const lines: string[] = [];
const logger = pino({ level: 'info', ...lineRules() }, { write: (line) => void lines.push(line) });
const app = await testQueryApp({ db, redis, logger });
resources.defer(() => app.close());
await app.listen({ port: 0, host: '127.0.0.1' });
lines.length = 0;

const { eventId } = await openTestEvent();
const path = `/query/ws/v1/events/${eventId}`;

/** A handshake with some of its headers changed. */
function handshake(line: string, changes: Record<string, string | undefined> = {}): string {
  const headers = {
    host: 'x',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'x-request-id': 'mine',
    ...changes,
  };
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return `${line} HTTP/1.1\r\n${given.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

const connections = () => new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));

describe('a handshake', () => {
  const close = 'Upgrade, close';

  it.each<[string, string, ProblemCode]>([
    ['another version', handshake(`GET ${path}`, { 'sec-websocket-version': '7' }), 'INVALID_REQUEST'],
    ['no version', handshake(`GET ${path}`, { 'sec-websocket-version': undefined }), 'INVALID_REQUEST'],
    ['no key', handshake(`GET ${path}`, { 'sec-websocket-key': undefined }), 'INVALID_REQUEST'],
    ['a short key', handshake(`GET ${path}`, { 'sec-websocket-key': 'short' }), 'INVALID_REQUEST'],
    ['no protocol', handshake(`GET ${path}`, { 'sec-websocket-protocol': ',' }), 'INVALID_REQUEST'],
    ['no host', handshake(`GET ${path}`, { host: undefined }), 'INVALID_REQUEST'],
    ['an encoding', handshake(`GET ${path}`, { 'content-encoding': 'gzip' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['an unknown event', handshake(`GET ${path}-missing`), 'EVENT_NOT_FOUND'],
    ['an invalid event id', handshake('GET /query/ws/v1/events/-', { connection: close }), 'INVALID_REQUEST'],
    ['a malformed path', handshake('GET /query/ws/v1/events/%', { connection: close }), 'INVALID_REQUEST'],
    ['an overlong path', handshake(`GET ${path}${'x'.repeat(500)}`, { connection: close }), 'INVALID_REQUEST'],
    ['a POST', handshake(`POST ${path}`, { connection: close }), 'METHOD_NOT_ALLOWED'],
    ['a POST with a body', `${handshake(`POST ${path}`, { connection: close, 'content-length': '2' })}{}`, 'METHOD_NOT_ALLOWED'],
    ["the operator's page, without signing in", handshake(`GET /query/ops/events/${eventId}`), 'NOT_SIGNED_IN'],
    ['a path without sockets', handshake('GET /query/ops/assets/missing.js', { connection: close }), 'NOT_FOUND'],
  ])('that is refused (%s) returns a problem with its request id and closes the connection', async (_what, bytes, code) => {
    const [response, ...others] = await exchange(app, bytes);
    expect(response).toMatchObject({
      status: problems[code].status,
      headers: {
        'content-type': expect.stringMatching(/^application\/problem\+json/),
        'x-content-type-options': 'nosniff',
        'x-request-id': 'mine',
        connection: 'close',
      },
    });
    expect(JSON.parse(response?.body ?? '')).toMatchObject({ code });
    expect(others).toEqual([]);
  });

  it('that is pipelined behind a request is handled like a GET, and the connection survives', async () => {
    const get = 'GET /query/health HTTP/1.1\r\nhost: x\r\n\r\n';
    const responses = await exchange(app, get + handshake(`GET ${path}`, { connection: close }));
    expect(responses.map(({ status }) => status)).toEqual([200, 400]);
  });

  it('that is accepted returns its request id', async () => {
    const socket = dial(app);
    socket.write(handshake(`GET ${path}`));
    const [response] = await once(socket, 'data');
    expect(String(response)).toMatch(/^HTTP\/1.1 101 .*\r\nx-request-id: mine\r\n/is);
    socket.destroy();
  });

  it('of any kind leaves neither a connection nor a log line behind', async () => {
    await vi.waitFor(async () => expect(await connections()).toBe(0), 5_000);
    expect(lines).toEqual([]);
  });
});

it('a handshake that is accepted while the service stops gets a close frame, and the service still stops', async () => {
  const stopping = createHttpServer({ logger });
  const found = Promise.withResolvers<Watcher>();
  const find = vi.fn(() => found.promise);
  await registerLiveRoutes(stopping, { find, stop() {} });
  await stopping.listen({ port: 0, host: '127.0.0.1' });
  const socket = dial(stopping);
  const received = text(socket);
  socket.write(handshake(`GET ${path}`));
  await vi.waitFor(() => expect(find).toHaveBeenCalled());
  const closed = stopping.close();
  await vi.waitFor(() => expect(stopping.server.listening).toBe(false));
  found.resolve({ isAvailable: () => true, join: () => ({ askSnapshot() {}, leave() {} }), stop() {} });
  const sent = await received;
  const [head = '', frame = ''] = sent.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1.1 101 .*x-request-id: mine/is);
  expect(frame).toContain('The service is stopping');
  await closed;
});
