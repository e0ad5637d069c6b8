import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, expect, it, vi } from 'vitest';
import { createSeats } from '../../services/purchase/seats/create-seats.ts';
import type { HttpServer } from '../../services/shared/http/http-server.ts';
import { testPurchaseApp, testQueryApp } from '../testing/apps.ts';
import { watchLive } from '../testing/live-client.ts';
import { testFolder } from '../testing/services.ts';
import { db, openTestEvent, redis } from '../testing/stores.ts';
import { freePort, portsOfServices } from './free-ports.ts';
import { startNginx } from './nginx.ts';
import { findServers } from './servers.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

let checked = 0;
const purchase = await testPurchaseApp({
  seats: createSeats({ redis }),
  checks: {
    async failing() {
      checked++;
      throw new Error('away');
    },
  },
});
resources.defer(() => purchase.close());
await purchase.listen({ port: 0, host: '127.0.0.1' });
const query = await testQueryApp({ db, redis });
resources.defer(() => query.close());
await query.listen({ port: 0, host: '127.0.0.1' });
const portOf = ({ server }: HttpServer) => (server.address() as AddressInfo).port;
const services = await portsOfServices({ purchase: portOf(purchase), query: portOf(query) });
const { nginx } = await findServers(['nginx'], () => {});
const port = await freePort();
const balancer = await startNginx(nginx, { folder: testFolder(resources), port, services });
resources.defer(() => balancer.stop());

type Sent = { method?: string; path?: string; headers?: Record<string, string>; body?: string };

/** Sends a request as given: no client corrects paths, lengths or headers. */
async function send({ method = 'POST', path = '/purchase/api/v1/tickets', headers = {}, body = '' }: Sent) {
  const sent = { 'content-type': 'application/json', ...headers };
  return await new Promise<{ status: number; headers: Record<string, unknown>; body: Record<string, unknown> }>(
    (resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, method, path, headers: sent }, (answer) => {
        json(answer).then((parsed) => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parsed as Record<string, unknown> });
        }, reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    },
  );
}

const event = await openTestEvent();
const wish = JSON.stringify({ venueId: event.venueId, eventId: event.eventId, zoneId: 1, row: 'A', column: '1' });
const mebibyte = 'x'.repeat(1_048_576);

it.each<[string, Sent, number, string]>([
  ['1 MiB', { body: mebibyte }, 413, 'PAYLOAD_TOO_LARGE'],
  ['1 MiB in chunks', { body: mebibyte, headers: { 'transfer-encoding': 'chunked' } }, 413, 'PAYLOAD_TOO_LARGE'],
  ['1 MiB after "Expect: 100-continue"', { body: mebibyte, headers: { expect: '100-continue' } }, 413, 'PAYLOAD_TOO_LARGE'],
  ['deep JSON', { body: '['.repeat(100_000) + ']'.repeat(100_000) }, 413, 'PAYLOAD_TOO_LARGE'],
  ['deep JSON that is not long', { body: '['.repeat(8_000) + ']'.repeat(8_000) }, 400, 'INVALID_REQUEST'],
  ['a text', { body: wish, headers: { 'content-type': 'text/plain' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['a malformed URL', { path: '/purchase/%zz' }, 400, 'INVALID_REQUEST'],
  ['a way out of its prefix', { path: '/purchase/../query/health' }, 404, 'NOT_FOUND'],
  ['headers of 20 kB', { headers: { x: 'x'.repeat(20_000) } }, 431, 'HEADERS_TOO_LARGE'],
  ['a method that is not served', { method: 'PUT', body: wish }, 405, 'METHOD_NOT_ALLOWED'],
  ['a path without a service', { path: '/purchases/health', method: 'GET' }, 404, 'NOT_FOUND'],
  ['a service that is down', { path: '/events/health', method: 'GET' }, 503, 'SERVICE_UNAVAILABLE'],
])('answers %s with a problem', async (_what, sent, status, code) => {
  const answer = await send(sent);
  expect([answer.status, answer.body]).toEqual([status, expect.objectContaining({ status, code })]);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.headers['x-request-id']).toMatch(/^[\da-f]{32}$/);
  expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
});

it('names the services for any other path', async () => {
  const { body } = await send({ method: 'GET', path: '/elsewhere' });
  expect(body.detail).toBe(
    'The services are at /purchase/* (purchase), /query/* (query), /events/* (persistence), /accounts/* (accounts), /catalogue/* (catalogue), /checkout/* (checkout)',
  );
});

it('forwards a purchase with its request id', async () => {
  const answer = await send({ body: wish, headers: { 'x-request-id': 'mine', expect: '100-continue' } });
  expect(answer).toMatchObject({ status: 201, headers: { 'x-request-id': 'mine' }, body: { row: 'A', column: '1' } });
});

it('returns the 503 of a service immediately, without a retry', async () => {
  expect(await send({ method: 'GET', path: '/purchase/health' })).toMatchObject({
    status: 503,
    body: { checks: { failing: 'unreachable' } },
  });
  expect(checked).toBe(1);
});

it.each([
  ['{}', 1008],
  [mebibyte, 1009],
])('forwards a WebSocket, and the code that closes it: %.10s', async (sent, code) => {
  const { eventId } = await openTestEvent();
  const client = await watchLive(`http://127.0.0.1:${port}`, eventId);
  await vi.waitFor(() => expect(client.zones.get(1)).toMatchObject({ available: 100 }), { timeout: 100_000 });
  client.send(sent);
  expect(await client.closed).toMatchObject({ code });
});

it.each([
  ['websocket', 'of a service that has none'],
  ['h2c', 'which curl --http2 asks for'],
])('forwards a request that asks for an Upgrade to %s, %s, without it', async (upgrade) => {
  const { venueId, eventId } = await openTestEvent();
  const body = JSON.stringify({ venueId, eventId, zoneId: 1, row: 'A', column: '1' });
  expect(await send({ body, headers: { connection: 'Upgrade', upgrade } })).toMatchObject({ status: 201 });
});
