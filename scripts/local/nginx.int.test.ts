import { afterAll, describe, expect, it } from 'vitest';
import { type Seen, startTestNginx, startUpstream } from '../testing/nginx.ts';
import { exchange, message, parseResponse } from '../testing/raw-http.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const upstream = await startUpstream(resources);
const { port } = await startTestNginx(resources, upstream.port);

async function ask(requestLine: string, headers: string[] = [], body = '') {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  const sent = message([requestLine, 'Host: shop.example:8000', 'Connection: close', ...length, ...headers], body);
  return parseResponse(await exchange(port, sent));
}

const asked = async (...request: Parameters<typeof ask>) => JSON.parse((await ask(...request)).body) as Seen;

describe('a request that reaches a service', () => {
  it('has its path and query as sent: encoded, with double slashes, or with dots that lead elsewhere', async () => {
    const targets = [
      '/events',
      '/events?a=%20b+c',
      '/events/a%2Fb//c/%41;d?e',
      '/events/../purchase/x',
      '/events/./%2e%2e/x',
      '/events/..',
    ];
    for (const target of targets) expect(await asked(`GET ${target} HTTP/1.1`)).toMatchObject({ method: 'GET', url: target });
  });

  it('has its headers and its body, and the address that it came from', async () => {
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
  ])("has the client's X-Request-Id %j, or a new one, which the client receives too", async (id, expected) => {
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
  ])('can be one %s', async (_what, sent) => {
    const { status, body } = parseResponse(await exchange(port, sent));
    expect([status, JSON.parse(body)]).toMatchObject([200, { method: 'POST', url: '/events', body: '{}' }]);
    expect(JSON.parse(body).headers).not.toHaveProperty('upgrade');
    expect(JSON.parse(body).headers).not.toHaveProperty('keep-alive');
  });

  it('can be one that waits for "100 Continue" before it sends its body', async () => {
    const head = message(['POST /events HTTP/1.1', 'Host: x', 'Connection: close', 'Expect: 100-continue', 'Content-Length: 2']);
    const heard = await exchange(port, `${head}{}`);
    expect(heard).toMatch(/^HTTP\/1\.1 100 /);
    expect(parseResponse(heard.slice(heard.indexOf('\r\n\r\n') + 4))).toMatchObject({ status: 200 });
  });

  it('can be one of several over one connection', async () => {
    const first = message(['GET /events/1 HTTP/1.1', 'Host: x', 'Connection: keep-alive', 'Keep-Alive: timeout=5']);
    const heard = await exchange(port, first + message(['GET /events/2 HTTP/1.1', 'Host: x', 'Connection: close']));
    expect([heard.includes('"url":"/events/1"'), heard.includes('"url":"/events/2"')]).toEqual([true, true]);
  });
});

describe('the largest body', () => {
  const mebibyte = 'x'.repeat(2 ** 20);

  it('is 1 MiB for catalogue', async () => {
    const { status, body } = await ask('PUT /catalogue/x HTTP/1.1', [], mebibyte);
    expect([status, JSON.parse(body).body.length]).toEqual([200, 2 ** 20]);
    const more = await ask('PUT /catalogue/x HTTP/1.1', [], `${mebibyte}x`);
    expect([more.status, JSON.parse(more.body).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it.each(['/events', '/events/../catalogue', '/catalogue/../events', '/cataloguex'])(
    'is far smaller for every other path: %s',
    async (path) => {
      const before = upstream.seen.length;
      expect(await ask(`PUT ${path} HTTP/1.1`, [], mebibyte)).toMatchObject({ status: 413 });
      expect(upstream.seen.length).toBe(before);
    },
  );
});

describe("nginx's own response", () => {
  const large = 'x'.repeat(20_000);
  it.each<[string, string, string[], string, number, string]>([
    ['a path without a service', 'GET /event/x HTTP/1.1', [], '', 404, 'NOT_FOUND'],
    ['a path that begins like a prefix', 'GET /eventsx HTTP/1.1', [], '', 404, 'NOT_FOUND'],
    ['an encoded prefix', 'GET /%65vents HTTP/1.1', [], '', 404, 'NOT_FOUND'],
    ["a path of nginx's own", 'GET /problems/503 HTTP/1.1', [], '', 404, 'NOT_FOUND'],
    ['a malformed path', 'GET /events/%zz HTTP/1.1', [], '', 400, 'INVALID_REQUEST'],
    ['a malformed request', 'GET', [], '', 400, 'INVALID_REQUEST'],
    ['a method that no service serves', 'TRACE /events HTTP/1.1', [], '', 405, 'METHOD_NOT_ALLOWED'],
    ['another version of HTTP', 'GET /events HTTP/3.0', [], '', 400, 'INVALID_REQUEST'],
    ['two lengths', 'POST /events HTTP/1.1', ['Transfer-Encoding: chunked'], '{}', 400, 'INVALID_REQUEST'],
    ['a body too large', 'POST /events HTTP/1.1', [], large, 413, 'PAYLOAD_TOO_LARGE'],
    ['a header too large', 'GET /events HTTP/1.1', [`X: ${large}`], '', 431, 'HEADERS_TOO_LARGE'],
    ['a path too long', `GET /events/${large} HTTP/1.1`, [], '', 431, 'HEADERS_TOO_LARGE'],
    ['a service that is down', 'POST /purchase HTTP/1.1', [], '{}', 503, 'SERVICE_UNAVAILABLE'],
    ['a service that hangs up', 'POST /events/hang-up HTTP/1.1', [], '{}', 502, 'BAD_GATEWAY'],
  ])('to %s is a problem', async (_what, requestLine, headers, sent, status, code) => {
    const response = await ask(requestLine, headers, sent);
    expect([response.status, JSON.parse(response.body)]).toMatchObject([status, { status, code }]);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-request-id')).toMatch(/^[\da-f]{32}$/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : undefined);
    expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' : undefined);
  });

  it('comes after one attempt, because the service may have acted on the request', async () => {
    const before = upstream.seen.length;
    for (const method of ['GET', 'POST']) await ask(`${method} /events/hang-up HTTP/1.1`);
    expect(upstream.seen.slice(before).map(({ method }) => method)).toEqual(['GET', 'POST']);
  });
});
