import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../scripts/local/free-ports.ts';
import { answersIn, dial, exchange, headersIn, type RawAnswer } from '../../../scripts/testing/raw-answers.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { startTestServer } from '../../../scripts/testing/test-server.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { type ProblemCode, problems } from './problems.ts';
import { serveMetrics } from './serve-metrics.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const origin = 'https://shop.example';
const { app, lines } = await startTestServer(resources, { corsOrigins: `${origin},http://localhost:3000` });
const id = '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b';
const head = (line: string, ...headers: string[]) => `${[`${line} HTTP/1.1`, 'host: x', ...headers].join('\r\n')}\r\n\r\n`;
const close = 'connection: close';

/** Expects a complete problem response with this code and a request id. */
function expectProblem(answer: RawAnswer | undefined, code: ProblemCode, more: object = {}): void {
  expect(answer).toMatchObject({
    status: problems[code].status,
    headers: {
      'content-type': expect.stringMatching(/^application\/problem\+json/),
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[\w-]{1,64}$/),
    },
  });
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code, ...problems[code], ...more });
}

describe('a path', () => {
  it.each([
    ['PUT', '/api/things', 'GET, HEAD, POST, OPTIONS'],
    ['HEAD', '/api/things/1/confirm', 'POST, OPTIONS'],
    ['GET', '/api/things/1/confirm?x=1', 'POST, OPTIONS'],
    ['PATCH', `/api/things/${id}`, 'GET, HEAD, DELETE, OPTIONS'],
    ['PROPFIND', '/live', 'GET, HEAD, OPTIONS'],
    ['TRACE', '/live', 'GET, HEAD, OPTIONS'],
  ] as const)('answers a method that it does not support with 405 and lists the others: %s %s', async (method, url, allow) => {
    const [answer, second] = await exchange(app, head(`${method} ${url}`, close));
    if (method === 'HEAD') expect(answer?.status).toBe(405);
    else expectProblem(answer, 'METHOD_NOT_ALLOWED');
    expect(new Set(answer?.headers['allow']?.split(', '))).toEqual(new Set(allow.split(', ')));
    expect(second).toBeUndefined();
  });

  it.each(['GET', 'POST', 'OPTIONS', 'DELETE'] as const)(
    'that does not exist answers %s with 404 before the body is read',
    async (method) => {
      const [answer] = await exchange(app, head(`${method} /nothing`, 'content-type: text/plain', 'content-length: 9', close));
      expectProblem(answer, 'NOT_FOUND');
    },
  );

  it.each([
    ['/api/things', 'GET, HEAD, POST, OPTIONS'],
    [`/api/things/${id}`, 'GET, HEAD, DELETE, OPTIONS'],
    ['*', 'GET, HEAD, POST, DELETE, OPTIONS'],
  ])('lists its methods to OPTIONS: %s', async (url, allow) => {
    const [answer] = await exchange(app, head(`OPTIONS ${url}`, close));
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(answer?.headers['x-request-id']).toMatch(/./);
    expect(new Set(answer?.headers['allow']?.split(', '))).toEqual(new Set(allow.split(', ')));
  });

  it.each(['/live', '/api/things', `/api/things/${id}`])('answers HEAD like GET, without the body: %s', async (url) => {
    const [get] = await exchange(app, head(`GET ${url}`, 'x-request-id: one', close));
    const socket = dial(app);
    socket.write(head(`HEAD ${url}`, 'x-request-id: one', close));
    const [lines = '', body] = (await text(socket)).split('\r\n\r\n');
    expect(body).toBe('');
    const headers = { ...get?.headers, date: expect.any(String) };
    expect(lines).toMatch(/^HTTP\/1.1 200 /);
    expect(headersIn(lines.split('\r\n').slice(1))).toEqual(headers);
  });
});

const post = (body: string, ...headers: string[]) =>
  `${head('POST /api/things', 'content-type: application/json', `content-length: ${Buffer.byteLength(body, 'latin1')}`, ...headers)}${body}`;

describe('a body', () => {
  it.each(['gzip', 'br', 'identity', 'x'])('with a Content-Encoding is 415: %s', async (encoding) => {
    const [answer] = await exchange(app, post('{"size":1}', `content-encoding: ${encoding}`, close));
    expectProblem(answer, 'UNSUPPORTED_MEDIA_TYPE', { errors: [{ header: 'Content-Encoding', detail: expect.any(String) }] });
  });

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense'])(
    'of another type is 415: %s',
    async (type) => {
      const [answer] = await exchange(app, `${head('POST /api/things', `content-type: ${type}`, 'content-length: 2', close)}{}`);
      expectProblem(answer, 'UNSUPPORTED_MEDIA_TYPE');
    },
  );

  it.each([
    ['{"size":1,"__proto__":{"x":1}}', /__proto__/],
    ['{"size":1,"x":{"__proto__":1}}', /__proto__/],
    ['{"size":1,"constructor":{"prototype":{}}}', /constructor/],
    ['{"size":', /not valid JSON/],
    ['{"size":01}', /not valid JSON/],
    ['{"size":NaN}', /not valid JSON/],
    ['\0', /not valid JSON/],
    [' ', /not valid JSON/],
    ['\xff\xfe{', /not valid JSON/],
  ])('that cannot be parsed is rejected with the reason: %j', async (body, detail) => {
    const [answer] = await exchange(app, post(body, close));
    expectProblem(answer, 'INVALID_REQUEST', { detail: expect.stringMatching(detail) });
  });

  it.each([
    ['[]', '#'],
    ['null', '#'],
    ['"x"', '#'],
    ['{}', '#/size'],
    ['{"size":1e400}', '#/size'],
    ['{"size":"1"}', '#/size'],
    ['{"size":1,"size":"1"}', '#/size'],
    [`{"size":${'['.repeat(8_000)}${']'.repeat(8_000)}}`, '#/size'],
    ['{"size":1,"\\ud800":1}', '#/%EF%BF%BD'],
    ['{"size":1,"a/b~c":1}', '#/a~1b~0c'],
    ['{"size":1,"name":{"toString":1}}', '#/name'],
  ])('that does not match the schema is 400 with a pointer: %j', async (body, pointer) => {
    const [answer] = await exchange(app, post(body, close));
    expectProblem(answer, 'INVALID_REQUEST', { errors: [{ pointer, detail: expect.any(String) }] });
  });

  it.each(['\xef\xbb\xbf{"size":1}', '{"size":1,"name":"\\ud800"}', '{"size":1,"name":"\xff"}', '{"size":2,"size":1}'])(
    'that is merely odd is accepted or rejected, but never a 5xx: %j',
    async (body) => {
      const [answer] = await exchange(app, post(body, close));
      expect(answer?.status).toBeLessThan(500);
    },
  );
});

describe('a route of the API', () => {
  it.each([
    ['GET', '/api/things', 'foo'],
    ['GET', `/api/things/${id}`, 'foo'],
    ['HEAD', '/api/things', 'foo'],
    ['POST', '/api/things', '__proto__'],
    ['POST', '/api/things/1/confirm', 'a/b'],
    ['DELETE', `/api/things/${id}`, 'force'],
  ] as const)('rejects an unknown parameter: %s %s?%s', async (method, url, name) => {
    const body = url === '/api/things' && method === 'POST' ? { payload: { size: 1 } } : {};
    const answer = await app.inject({ method, url: `${url}?${encodeURIComponent(name)}=1`, ...body });
    expect(answer.statusCode).toBe(400);
    if (method !== 'HEAD')
      expect(answer.json()).toMatchObject({ errors: [{ parameter: name, detail: 'is not a known parameter' }] });
  });

  it.each([
    [{ quantity: 2 }, '#/quantity'],
    [[], '#'],
    ['"all"', '#'],
    [{ 'a/b': 1 }, '#/a~1b'],
  ])('rejects a body if it takes none: %j', async (payload, pointer) => {
    for (const [method, url] of [
      ['POST', '/api/things/1/confirm'],
      ['DELETE', `/api/things/${id}`],
    ] as const) {
      const answer = await app.inject({ method, url, payload, headers: { 'content-type': 'application/json' } });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().errors).toEqual([{ pointer, detail: expect.any(String) }]);
    }
  });

  it.each([undefined, {}, 'null'])('accepts an empty body: %j', async (payload) => {
    const headers = payload === undefined ? {} : { headers: { 'content-type': 'application/json' }, payload };
    expect((await app.inject({ method: 'POST', url: '/api/things/1/confirm', ...headers })).statusCode).toBe(200);
    expect((await app.inject({ method: 'DELETE', url: `/api/things/${id}`, ...headers })).statusCode).toBe(204);
  });

  it('rejects a GET with a body', async () => {
    const [answer] = await exchange(app, `${head('GET /api/things', 'content-length: 2', close)}{}`);
    expectProblem(answer, 'INVALID_REQUEST', { errors: [{ pointer: '#', detail: expect.any(String) }] });
  });

  it('is strict, but health is not: it tolerates parameters that monitors add', async () => {
    expect((await app.inject('/live?probe=1')).statusCode).toBe(200);
  });
});

describe('a request that Node rejects', () => {
  const metrics = resources.use(new AsyncDisposableStack());
  const cases: [string, string, ProblemCode][] = [
    ['garbage', 'garbage\r\n\r\n', 'INVALID_REQUEST'],
    ['a TLS hello', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 'INVALID_REQUEST'],
    ['no Host', 'GET /live HTTP/1.1\r\nconnection: close\r\n\r\n', 'INVALID_REQUEST'],
    ['two lengths', 'POST /live HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}', 'INVALID_REQUEST'],
    ['an unknown Expect', head('GET /live', 'expect: the-unexpected', close), 'EXPECTATION_FAILED'],
    ['huge headers', head('GET /live', `x-junk: ${'x'.repeat(20_000)}`), 'HEADERS_TOO_LARGE'],
    ['CONNECT', 'CONNECT other:443 HTTP/1.1\r\nhost: x\r\n\r\n', 'METHOD_NOT_ALLOWED'],
    ['a bad escape', head('GET /live%', close), 'INVALID_REQUEST'],
    ['half a request', 'GET /live HT', 'INVALID_REQUEST'],
  ];

  it.each(cases)('(%s) gets one problem with a request id, and the connection is closed', async (_what, bytes, code) => {
    const socket = dial(app);
    socket.end(bytes, 'latin1');
    const answers = answersIn(await text(socket));
    expectProblem(answers[0], code);
    expect(answers).toHaveLength(1);
  });

  it.each(cases)('(%s) is answered in the same way on the metrics port', async (_what, bytes, code) => {
    const port = await freePort();
    await serveMetrics(createMetrics().registry, {
      config: { METRICS_PORT: port, HOST: '127.0.0.1' },
      logger: silentLogger,
      resources: metrics,
    });
    const socket = dial(port);
    socket.end(bytes.replaceAll('/live', '/metrics'), 'latin1');
    expectProblem(answersIn(await text(socket))[0], code);
  });

  it.each([
    ['an invalid chunk', 'transfer-encoding: chunked', 'zz\r\n', 'INVALID_REQUEST'],
    ['endless chunk extensions', 'transfer-encoding: chunked', `1;${'x'.repeat(20_000)}`, 'PAYLOAD_TOO_LARGE'],
  ] as const)(
    'while reading its body (%s) gets one problem with the request id from its header',
    async (_what, header, body, code) => {
      const request = head('POST /api/things', 'content-type: application/json', 'x-request-id: mine', header);
      const answers = await exchange(app, request + body);
      expectProblem(answers[0], code);
      expect(answers).toMatchObject([{ headers: { 'x-request-id': 'mine', connection: 'close' } }]);
    },
  );

  it('while reading its body gets no second response if it was already answered', async () => {
    const socket = dial(app);
    socket.write(head('POST /nothing', 'transfer-encoding: chunked'));
    const [first] = await once(socket, 'data');
    socket.write('zz\r\n');
    expectProblem(answersIn(String(first))[0], 'NOT_FOUND');
    expect(await text(socket)).toBe('');
  });

  it.each([
    ['garbage\r\n\r\n', 'clientError', 400],
    [head('CONNECT other:443'), 'connect', 405],
  ] as const)('while an earlier request is being answered (%j) waits for that response', async (refused, event, status) => {
    const slow = await startTestServer(resources);
    const socket = dial(slow.app);
    const received = text(socket);
    socket.write(`${head('GET /api/slow')}${head('GET /live')}${refused}`);
    await once(slow.app.server, event);
    slow.openGate('the answer');
    const answers = answersIn(await received);
    expect(answers.map(({ status, body }) => [status, body.slice(0, 15)])).toEqual([
      [200, 'the answer'],
      [200, '{"status":"ok"}'],
      [status, expect.stringMatching(/^\{/)],
    ]);
    expect(slow.lines).toEqual([]);
  });

  it('does no harm if its client resets the connection', async () => {
    const connecting = once(app.server, 'connect');
    const socket = dial(app);
    socket.write(`${head('GET /api/slow')}${head('CONNECT other:443')}`);
    const [, theirs] = await connecting;
    const closed = new Promise((resolve) => theirs.once('close', resolve));
    socket.resetAndDestroy();
    await closed;
    expect(await exchange(app, head('GET /live', close))).toMatchObject([{ status: 200 }]);
  });

  it('is not logged, and neither is a client that disconnects in the middle', async () => {
    const before = lines.length;
    const closed = new Promise((resolve) => app.server.once('connection', (theirs) => theirs.once('close', resolve)));
    const socket = dial(app);
    socket.write(`${head('POST /api/things', 'content-type: application/json', 'content-length: 100')}{"`);
    await once(socket, 'connect');
    socket.resetAndDestroy();
    await closed;
    await exchange(app, head('GET /live', close));
    expect(lines.slice(before)).toEqual([]);
  });
});

it('ignores an unsupported Upgrade and answers the request normally', async () => {
  for (const upgrade of ['h2c', 'websocket', 'TLS/1.0']) {
    const answers = await exchange(app, head('GET /live', `upgrade: ${upgrade}`, 'connection: upgrade, close'));
    expect(answers).toMatchObject([{ status: 200, body: '{"status":"ok"}' }]);
  }
});

it('answers a request that arrives on an open connection while the server stops like any other', async () => {
  const stopping = await startTestServer(resources);
  const socket = dial(stopping.app);
  const received = text(socket);
  socket.write(head('GET /api/slow'));
  await once(stopping.app.server, 'request');
  const closed = stopping.app.close();
  await vi.waitFor(() => expect(stopping.app.server.listening).toBe(false));
  socket.write(head('POST /nothing'));
  await once(stopping.app.server, 'request');
  stopping.openGate('done');
  const [first, second] = answersIn(await received);
  expect(first).toMatchObject({ status: 200, body: 'done' });
  expectProblem(second, 'NOT_FOUND');
  await closed;
  expect(stopping.lines).toEqual([]);
});

it('stops without waiting for clients that keep their connection open after the last response', async () => {
  const stopping = await startTestServer(resources);
  const socket = dial(stopping.app);
  socket.write(head('GET /api/slow'));
  await once(stopping.app.server, 'request');
  const closed = stopping.app.close();
  await vi.waitFor(() => expect(stopping.app.server.listening).toBe(false));
  stopping.openGate('done');
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
  await closed;
});

describe('security headers', () => {
  it('always forbid browsers to guess content types', async () => {
    for (const url of ['/live', '/nothing', '/api/bug']) {
      expect((await app.inject(url)).headers['x-content-type-options'], url).toBe('nosniff');
    }
  });

  it('require https from browsers that connected over https', async () => {
    const headersOf = async (proto: string) =>
      (await app.inject({ url: '/live', headers: { 'x-forwarded-proto': proto } })).headers;
    expect((await headersOf('https'))['strict-transport-security']).toMatch(/^max-age=\d{7,}$/);
    expect((await headersOf('http'))['strict-transport-security']).toBeUndefined();
  });
});

describe('a page from another origin', () => {
  const preflight = (from: string, url = '/api/things') =>
    app.inject({
      method: 'OPTIONS',
      url,
      headers: { origin: from, 'access-control-request-method': 'POST', 'access-control-request-headers': 'order-token' },
    });

  it('that is allowed may send commands and read responses', async () => {
    const answer = await preflight(origin);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': expect.stringMatching(/\bPOST\b/),
      vary: 'Origin',
    });
    const may = String(answer.headers['access-control-allow-headers']).toLowerCase();
    for (const header of ['idempotency-key', 'order-token', 'authorization', 'content-type', 'traceparent'])
      expect(may).toContain(header);

    for (const url of ['/api/things', '/nothing', `/${'%'}`]) {
      const { headers } = await app.inject({ url, headers: { origin } });
      expect(headers, url).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
      for (const header of ['location', 'link', 'retry-after', 'x-request-id', 'etag']) {
        expect(String(headers['access-control-expose-headers']).toLowerCase()).toContain(header);
      }
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it.each([
    'https://evil.example',
    `${origin}.evil.example`,
    origin.toUpperCase(),
    'http://shop.example',
    'null',
    `${origin}:8443`,
  ])('that is not allowed gets no CORS headers: %s', async (from) => {
    for (const answer of [await preflight(from), await app.inject({ url: '/api/things', headers: { origin: from } })]) {
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(answer.headers.vary).toBe('Origin');
    }
  });

  it('gets no CORS headers from a server without allowed origins, and no Vary that would split caches', async () => {
    const closed = await startTestServer(resources);
    const { headers } = await closed.app.inject({ url: '/live', headers: { origin } });
    expect(headers.vary).toBeUndefined();
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
