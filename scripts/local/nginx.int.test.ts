import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import getPort from 'get-port';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { exchange, message, parseResponse } from '../testing/raw-http.ts';
import { testFolder } from '../testing/services.ts';
import { startNginx } from './nginx.ts';
import { findServers } from './servers.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

type Seen = { method: string; url: string; headers: Record<string, unknown>; body: string };
/** What the upstream was asked, whole requests only. */
const seen: Seen[] = [];
/** Requests that the upstream leaves without an answer until a test gives one. */
const waiting: ServerResponse[] = [];
/** The upstream's ends of WebSockets. */
const tunnels: { socket: Socket; headers: Record<string, unknown> }[] = [];

/** In the place of persistence: says what it was asked, unless the path asks for something else. */
const upstream = createServer((request, response) => {
  const { method = '', url = '', headers } = request;
  const answer = (body: string) => {
    seen.push({ method, url, headers, body });
    if (url.endsWith('/hang-up')) request.socket.destroy();
    else if (url.endsWith('/wait')) waiting.push(response);
    else response.end(JSON.stringify(seen.at(-1)));
  };
  text(request).then(answer, () => {});
});
upstream.on('upgrade', (request, socket: Socket) => {
  tunnels.push({ socket, headers: request.headers });
  socket.on('error', () => {});
  socket.write(message(['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']));
});
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
resources.defer(() => void upstream.close());
resources.defer(() => upstream.closeAllConnections());

const { nginx } = await findServers(['nginx'], () => {});
const nobody = await getPort();

async function start() {
  const folder = testFolder(resources);
  const port = await getPort();
  const services = { purchase: nobody, query: nobody, persistence: (upstream.address() as AddressInfo).port };
  const started = await startNginx(nginx, { folder, port, services });
  resources.defer(() => started.stop());
  return { ...started, folder, port };
}
const { port, folder } = await start();

const waitFor = <T>(condition: () => T | Promise<T>, timeout = 15_000) => vi.waitFor(condition, { timeout, interval: 20 });

async function ask(requestLine: string, headers: string[] = [], body = '') {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  const sent = message([requestLine, 'Host: shop.example:8000', 'Connection: close', ...length, ...headers], body);
  return parseResponse(await exchange(port, sent));
}

const asked = async (...request: Parameters<typeof ask>) => JSON.parse((await ask(...request)).body) as Seen;

describe('what reaches a service', () => {
  it('has its path and query as they were sent: encoded, doubled or leading away', async () => {
    const targets = ['/events', '/events?a=%20b+c', '/events/a%2Fb//c/%41;d?e', '/events/../purchase/x', '/events/./%2e%2e/x'];
    for (const target of targets) expect(await asked(`GET ${target} HTTP/1.1`)).toMatchObject({ method: 'GET', url: target });
  });

  it('has its headers and its body, and says where it came from', async () => {
    const headers = [
      'Authorization: Bearer secret',
      'Idempotency-Key: "k"',
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Proto: ftp',
    ];
    expect(await asked('POST /events HTTP/1.1', headers, '{"a":1}')).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: {
        host: 'shop.example:8000',
        authorization: 'Bearer secret',
        'idempotency-key': '"k"',
        'x-forwarded-for': '203.0.113.9, 127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-port': String(port),
      },
    });
  });

  it.each([
    ['mine', 'mine'],
    ['', expect.stringMatching(/^[\da-f]{32}$/)],
    ['not one word', expect.stringMatching(/^[\da-f]{32}$/)],
    ['x'.repeat(65), expect.stringMatching(/^[\da-f]{32}$/)],
  ])("has the client's X-Request-Id %j, or a new one, which the client is told too", async (id, expected) => {
    const { headers, body } = await ask('GET /events HTTP/1.1', [`X-Request-Id: ${id}`]);
    const onward = (JSON.parse(body) as Seen).headers['x-request-id'];
    expect(onward).toEqual(expected);
    expect(headers.get('x-request-id')).toBe(onward);
  });

  it.each<[string, string]>([
    ['of HTTP/1.0', message(['POST /events HTTP/1.0', 'Content-Length: 2'], '{}')],
    [
      'that says Connection: close',
      message(['POST /events HTTP/1.1', 'Host: x', 'Connection: close', 'Content-Length: 2'], '{}'),
    ],
    ['for a whole URL', message(['POST http://x:1/events HTTP/1.1', 'Host: x', 'Connection: close', 'Content-Length: 2'], '{}')],
    [
      'with Keep-Alive',
      message(['POST /events HTTP/1.0', 'Connection: close', 'Keep-Alive: timeout=5', 'Content-Length: 2'], '{}'),
    ],
    [
      'that asks for HTTP/2, as curl does',
      message(
        [
          'POST /events HTTP/1.1',
          'Host: x',
          'Connection: close, Upgrade, HTTP2-Settings',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMAAABkAAQ',
          'Content-Length: 2',
        ],
        '{}',
      ),
    ],
    [
      'that asks for a WebSocket with a POST',
      message(
        ['POST /events HTTP/1.1', 'Host: x', 'Connection: close, Upgrade', 'Upgrade: websocket', 'Content-Length: 2'],
        '{}',
      ),
    ],
    [
      'in chunks',
      message(
        ['POST /events HTTP/1.1', 'Host: x', 'Connection: close', 'Transfer-Encoding: chunked'],
        '1\r\n{\r\n1\r\n}\r\n0\r\n\r\n',
      ),
    ],
  ])('can be a request %s', async (_what, sent) => {
    const { status, body } = parseResponse(await exchange(port, sent));
    expect([status, JSON.parse(body)]).toMatchObject([200, { method: 'POST', url: '/events', body: '{}' }]);
    expect(JSON.parse(body).headers).not.toHaveProperty('upgrade');
    expect(JSON.parse(body).headers).not.toHaveProperty('keep-alive');
  });

  it('can be a request that waits for "100 Continue" before it sends its body', async () => {
    const head = message(['POST /events HTTP/1.1', 'Host: x', 'Connection: close', 'Expect: 100-continue', 'Content-Length: 2']);
    const heard = await exchange(port, `${head}{}`);
    expect(heard).toMatch(/^HTTP\/1\.1 100 /);
    expect(parseResponse(heard.slice(heard.indexOf('\r\n\r\n') + 4))).toMatchObject({ status: 200 });
  });

  it('are several requests over one connection', async () => {
    const first = message(['GET /events/1 HTTP/1.1', 'Host: x', 'Connection: keep-alive', 'Keep-Alive: timeout=5']);
    const heard = await exchange(port, first + message(['GET /events/2 HTTP/1.1', 'Host: x', 'Connection: close']));
    expect([heard.includes('"url":"/events/1"'), heard.includes('"url":"/events/2"')]).toEqual([true, true]);
  });
});

describe("nginx's own answer", () => {
  const large = 'x'.repeat(20_000);
  it.each<[string, string, string[], string, number, string]>([
    ['a path of no service', 'GET /event/x HTTP/1.1', [], '', 404, 'NOT_FOUND'],
    ['a path that begins like a prefix', 'GET /eventsx HTTP/1.1', [], '', 404, 'NOT_FOUND'],
    ['a prefix that is encoded', 'GET /%65vents HTTP/1.1', [], '', 404, 'NOT_FOUND'],
    ["a path of nginx's own", 'GET /problems/503 HTTP/1.1', [], '', 404, 'NOT_FOUND'],
    ['a malformed path', 'GET /events/%zz HTTP/1.1', [], '', 400, 'INVALID_REQUEST'],
    ['a malformed request', 'GET', [], '', 400, 'INVALID_REQUEST'],
    ['a method that no service serves', 'TRACE /events HTTP/1.1', [], '', 400, 'INVALID_REQUEST'],
    ['another version of HTTP', 'GET /events HTTP/3.0', [], '', 400, 'INVALID_REQUEST'],
    ['two lengths', 'POST /events HTTP/1.1', ['Transfer-Encoding: chunked'], '{}', 400, 'INVALID_REQUEST'],
    ['a body too large', 'POST /events HTTP/1.1', [], large, 413, 'PAYLOAD_TOO_LARGE'],
    ['a header too large', 'GET /events HTTP/1.1', [`X: ${large}`], '', 431, 'HEADERS_TOO_LARGE'],
    ['a path too long', `GET /events/${large} HTTP/1.1`, [], '', 431, 'HEADERS_TOO_LARGE'],
    ['a service that is away', 'POST /purchase HTTP/1.1', [], '{}', 503, 'SERVICE_UNAVAILABLE'],
    ['a service that hangs up', 'POST /events/hang-up HTTP/1.1', [], '{}', 502, 'BAD_GATEWAY'],
  ])('to %s is a problem', async (_what, requestLine, headers, sent, status, code) => {
    const answer = await ask(requestLine, headers, sent);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([status, { status, code }]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f]{32}$/);
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : undefined);
  });

  it('comes after one try, not several: the service may have done what it was asked', async () => {
    const before = seen.length;
    for (const method of ['GET', 'POST']) await ask(`${method} /events/hang-up HTTP/1.1`);
    expect(seen.slice(before).map(({ method }) => method)).toEqual(['GET', 'POST']);
  });
});

describe('slow and broken clients', () => {
  it('300 half-sent POSTs stop nobody else, never reach the service, and are hung up on', async () => {
    const before = seen.length;
    const half = `${message(['POST /events/half HTTP/1.1', 'Host: x', 'Content-Length: 100'])}{"`;
    const slow = Array.from({ length: 300 }, () => connect({ port, host: '127.0.0.1' }));
    const closed = slow.map((socket) => once(socket, 'close'));
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    for (const socket of slow) socket.resume().write(half);
    for (let at = 0; at < 20; at++) expect(await ask('POST /events/whole HTTP/1.1', [], '{}')).toMatchObject({ status: 200 });
    expect(slow.filter(({ destroyed }) => destroyed)).toEqual([]);
    await Promise.all(closed);
    expect(new Set(seen.slice(before).map(({ url }) => url))).toEqual(new Set(['/events/whole']));
  });

  it('a request in hand is answered when nginx is told to stop', async () => {
    const own = await start();
    const answer = exchange(own.port, message(['GET /events/wait HTTP/1.1', 'Host: x', 'Connection: close']));
    const held = await waitFor(() => waiting.pop() ?? expect.fail('it is still on its way'));
    const stopped = own.stop();
    await waitFor(() => expect(exchange(own.port, 'x\r\n\r\n')).rejects.toThrow('ECONNREFUSED'));
    held.end('answered');
    expect(parseResponse(await answer)).toMatchObject({ status: 200, body: expect.stringContaining('answered') });
    await stopped;
  });
});

describe('a WebSocket', () => {
  const handshake = message([
    'GET /events/ws HTTP/1.1',
    'Host: x',
    'Connection: keep-alive, Upgrade',
    'Upgrade: WebSocket',
    'Authorization: Bearer secret',
    'Origin: http://x',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]);

  async function open() {
    const client = connect({ port, host: '127.0.0.1' });
    resources.defer(() => void client.destroy());
    client.on('error', () => {});
    client.write(handshake);
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 101 /);
    const tunnel = tunnels.pop() ?? expect.fail('there is no tunnel');
    return { client, ...tunnel };
  }

  it('opens with the headers that its client sent, and passes bytes both ways', async () => {
    const { client, socket, headers } = await open();
    expect(headers).toMatchObject({ upgrade: 'websocket', authorization: 'Bearer secret', origin: 'http://x' });
    client.write('there');
    expect(String((await once(socket, 'data'))[0])).toBe('there');
    socket.write('back');
    expect(String((await once(client, 'data'))[0])).toBe('back');
  });

  it.each(['end', 'destroy'] as const)(
    'is over for the service when its client goes (%s), and the other way round',
    async (how) => {
      const [one, other] = [await open(), await open()];
      const overForService = once(one.socket.resume(), 'end');
      one.client[how]();
      await overForService;
      const overForClient = once(other.client.resume(), 'end');
      other.socket[how]();
      await overForClient;
    },
  );

  it.runIf(existsSync('/proc/self/status') && !nginx.docker)('passes 100 MiB on without keeping them', async () => {
    const { client, socket } = await open();
    let passed = 0;
    socket.on('data', ({ length }) => {
      passed += length;
    });
    const mebibyte = Buffer.alloc(2 ** 20);
    for (let sent = 0; sent < 100; sent++) client.write(mebibyte);
    await waitFor(() => expect(passed).toBe(100 * mebibyte.length));
    const master = readFileSync(join(folder, 'nginx.pid'), 'utf8').trim();
    const workers = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ');
    for (const worker of workers) expect(peakMebibytes(worker)).toBeLessThan(50);
  });
});

const peakMebibytes = (pid: string) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1_024;
