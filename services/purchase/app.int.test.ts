import { Compile } from 'typebox/compile';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/local/free-ports.ts';
import { app, purchaseAppOn, seen } from '../../scripts/testing/purchase-app.ts';
import { problems } from '../shared/http/problems.ts';
import { connectRedis } from '../shared/stores/redis.ts';

const tickets = '/purchase/api/v1/tickets';

const wish = { venueId: 'V', eventId: 'E', zoneId: 1, row: 'A', column: '1' };

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

describe('a request id', () => {
  it.each(['a', 'req-1.2:3_4', 'x'.repeat(64)])('that is plain is returned: %s', async (id) => {
    expect((await app.inject({ url: '/purchase/live', headers: { 'x-request-id': id } })).headers['x-request-id']).toBe(id);
  });

  it.each(['two words', '', 'x'.repeat(500), 'é', '"', '<b>', '{}'])('that is not (%j) is replaced', async (id) => {
    const answer = await app.inject({ url: '/purchase/live', headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('an unreachable Redis', () => {
  it('gives 503 with Retry-After, and the health check names it', async () => {
    const far = connectRedis(`redis://127.0.0.1:${await freePort()}`);
    far.on('error', () => {});
    resources.defer(() => far.disconnect());
    const cutOff = await purchaseAppOn(far);
    const answer = await cutOff.inject({ method: 'POST', url: tickets, payload: wish });
    expect(answer.json()).toMatchObject({ status: 503, code: 'INVENTORY_UNAVAILABLE' });
    expect(answer).toMatchObject({
      statusCode: 503,
      headers: { 'content-type': expect.stringMatching(/^application\/problem\+json/) },
    });
    expect(answer.headers['retry-after']).toBe('1');
    expect(seen.woken).toEqual([]);

    const health = await cutOff.inject('/purchase/health');
    expect(health.statusCode).toBe(503);
    expect(health.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE', checks: { redis: expect.stringMatching(/./) } });
    expect(health.json().checks.redis).not.toBe('ok');
    expect((await cutOff.inject('/purchase/live')).statusCode).toBe(200);
  });
});

describe('besides tickets', () => {
  it.each(['/purchase/live', '/purchase/health'])('%s returns 200 while all is well', async (url) => {
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.json().status]).toEqual([200, 'ok']);
  });

  it('a page to browse the API is served', async () => {
    const moved = await app.inject('/purchase/docs');
    const { location } = moved.headers;
    const page = location === undefined ? moved : await app.inject(new URL(location, 'http://x/purchase/docs').pathname);
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.body).toContain('swagger-ui');
  });
});

describe('the OpenAPI document', () => {
  const take = ['201', '400', '401', '404', '409', '413', '415', '422', '429', '503'];
  const sell = ['201', '400', '401', '402', '404', '409', '413', '415', '422', '429', '503'];
  const hold = '/purchase/api/v1/holds/{holdId}';
  const best = ['zoneId', 'quantity', 'split', 'ticketTypes', 'category', 'sameCategory', 'accessible'];
  const who = ['venueId', 'eventId', 'buyerId', 'promotion'];
  const which = ['seats', ...best, 'items'];
  const routes: [method: string, path: string, statuses: string[], parameters: string[], bodyFields?: string[]][] = [
    [
      'post',
      tickets,
      sell,
      ['idempotency-key'],
      ['venueId', 'eventId', 'buyerId', 'promotion', 'paidBy', 'zoneId', 'row', 'column', 'ticketType'],
    ],
    ['post', '/purchase/api/v1/orders', sell, ['idempotency-key'], [...who, 'paidBy', ...which]],
    [
      'post',
      '/purchase/api/v1/orders/{orderId}/cancel',
      ['200', '400', '401', '403', '404', '409', '413', '415', '422', '429', '503'],
      ['orderId', 'idempotency-key', 'order-token'],
      ['eventId', 'ticketIds', 'seats'],
    ],
    [
      'post',
      '/purchase/api/v1/orders/{orderId}/tickets/{ticketId}/exchange',
      ['200', '400', '401', '403', '404', '409', '413', '415', '422', '429', '503'],
      ['orderId', 'ticketId', 'idempotency-key'],
      ['eventId', 'zoneId', 'row', 'column'],
    ],
    ['post', '/purchase/api/v1/holds', take, ['idempotency-key'], [...who, ...which]],
    [
      'post',
      `${hold}/confirm`,
      ['200', '201', '400', '401', '402', '404', '409', '413', '415', '422', '429', '503'],
      ['holdId', 'idempotency-key'],
      ['paidBy'],
    ],
    [
      'post',
      `${hold}/extend`,
      ['200', '400', '401', '404', '409', '413', '415', '422', '429', '503'],
      ['holdId', 'idempotency-key'],
    ],
    ['delete', hold, ['204', '400', '401', '404', '409', '413', '415', '429', '503'], ['holdId']],
    [
      'delete',
      `${hold}/tickets/{ticketId}`,
      ['200', '204', '400', '401', '404', '409', '413', '415', '429', '503'],
      ['holdId', 'ticketId'],
    ],
    ['get', '/purchase/live', ['200'], []],
    ['get', '/purchase/health', ['200', '503'], []],
  ];
  const document = async () => (await app.inject('/purchase/openapi.json')).json();

  it('is OpenAPI 3.1 and describes every route and every problem code', async () => {
    const { openapi, paths, components } = await document();
    expect(openapi).toBe('3.1.0');
    const told = Object.entries<object>(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => [method, path]));
    expect(told).toEqual(expect.arrayContaining(routes.map(([method, path]) => [method, path])));
    expect(told).toHaveLength(routes.length);
    expect(components.schemas.Problem.properties.code.enum).toEqual(Object.keys(problems));
  });

  it.each(['orders', 'holds'])('says that POST /%s takes either seats, or a zone and a quantity, or items', async (path) => {
    const { requestBody } = (await document()).paths[`/purchase/api/v1/${path}`].post;
    const { schema, examples } = requestBody.content['application/json'];
    expect(schema).toMatchObject({
      oneOf: [
        { required: ['eventId', 'seats'], additionalProperties: false },
        { required: ['eventId', 'zoneId', 'quantity'], additionalProperties: false },
        { required: ['eventId', 'items'], additionalProperties: false },
      ],
    });
    const check = Compile(schema);
    const [best, chosen, mixed] = Object.values<{ value: object }>(examples).map(({ value }) => value);
    expect([best, chosen, mixed].map((body) => check.Check(body))).toEqual([true, true, true]);
    const others = [{ ...best, ...chosen }, { ...chosen, ...mixed }, { ...best, ...mixed }, {}];
    expect(others.map((body) => check.Check(body))).toEqual([false, false, false, false]);
  });

  it('has no example of an Idempotency-Key, because everyone who tries the API would share it', async () => {
    for (const [path, { post }] of Object.entries<{ post?: { parameters?: { name: string; schema: object }[] } }>(
      (await document()).paths,
    )) {
      for (const parameter of post?.parameters ?? []) {
        if (parameter.name === 'idempotency-key')
          expect(JSON.stringify(parameter), path).not.toMatch(/"(example|examples|default)"/);
      }
    }
  });

  it.each(routes)('describes what %s %s takes and returns', async (method, path, statuses, parameters, bodyFields) => {
    const { operationId, summary, responses, requestBody, parameters: told = [] } = (await document()).paths[path][method];
    expect([operationId, summary]).toEqual([expect.stringMatching(/^[a-z]\w+$/i), expect.stringMatching(/\w/)]);
    expect(Object.keys(responses).toSorted()).toEqual(statuses);
    expect(told.map(({ name }: { name: string }) => name).toSorted()).toEqual(parameters.toSorted());
    const { oneOf = [requestBody?.content['application/json'].schema] } = requestBody?.content['application/json'].schema ?? {};
    const fields = oneOf.flatMap((schema?: { properties: object }) => Object.keys(schema?.properties ?? {}));
    expect([...new Set(fields)]).toEqual(bodyFields ?? []);
    if (responses[201]) expect(Object.keys(responses[201].headers ?? {})).toEqual(path.endsWith('/holds') ? [] : ['Location']);
    for (const status of statuses.filter((status) => status >= '400')) {
      const { content, headers } = responses[status];
      expect(content).toMatchObject({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } });
      const limited = ['Retry-After', 'RateLimit-Policy', 'RateLimit'];
      expect(Object.keys(headers ?? {})).toEqual(status === '429' ? limited : status === '503' ? ['Retry-After'] : []);
    }
  });
});
