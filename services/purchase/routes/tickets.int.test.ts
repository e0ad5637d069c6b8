import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { purchaseAppOn, seen } from '../../../scripts/testing/purchase-app.ts';
import { openTestEvent, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { type ProblemCode, problems } from '../../shared/problems.ts';
import { inventoryKey, outboxKey } from '../keys.ts';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const tickets = '/purchase/api/v1/tickets';
const pastBodyLimit = 16 * 1024;

/** What is decided without asking Redis. */
const beforeTheScript: ProblemCode[] = ['INVALID_REQUEST', 'NOT_FOUND', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

const app = await purchaseAppOn(redis);

/** What every refusal is tried on: 26 × 30 seats in zone 1, general admission in zone 2. */
const event = await openTestEvent({ zones: [seatedZone(1, 26, 30), { zoneId: 2, capacity: 5, priceMinor: 100 }] });
const other = await openTestEvent();
const seatOf = ({ venueId, eventId }: { venueId: string; eventId: string }) => ({
  venueId,
  eventId,
  zoneId: 1,
  row: 'A',
  column: '1',
});
const seat = seatOf(event);

const post = (body: unknown, headers: Record<string, string> = {}): InjectOptions => ({
  method: 'POST',
  url: tickets,
  headers: { 'content-type': 'application/json', ...headers },
  payload: typeof body === 'string' ? body : JSON.stringify(body),
});

const readers: Record<string, (key: string) => Promise<unknown>> = {
  hash: (key) => redis.hgetall(key),
  set: async (key) => (await redis.smembers(key)).toSorted(),
  stream: (key) => redis.xrange(key, '-', '+'),
  string: (key) => redis.getBuffer(key),
};

/** All that Redis holds. */
async function dump() {
  const keys = await redis.keys('*');
  const entries = keys.map(async (key) => [key, await readers[await redis.type(key)]?.(key)]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Sends what must be refused with `code`, as a problem, and must leave Redis as it was; gives the problem. */
async function refusal(request: InjectOptions, code: ProblemCode) {
  const before = await dump();
  const answer = await app.inject(request);
  const { status, title } = problems[code];
  expect(answer.json()).toMatchObject({ type: `urn:onsale:problem:${code}`, title, status, code });
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.headers['x-request-id']).toMatch(/^[\w.:-]{1,64}$/);
  expect(seen.woken).toEqual([]);
  if (beforeTheScript.includes(code)) expect(seen.orders).toBe(0);
  expect(await dump()).toEqual(before);
  await assertConserved(redis, event.eventId);
  return answer.json();
}

describe('a purchase', () => {
  it('answers 201 with the ticket and with where it will be found, and wakes the relay', async () => {
    const own = await openTestEvent({ currency: 'EUR', zones: [seatedZone(7, 2, 3, 4_550)] });
    const answer = await app.inject(post({ ...seatOf(own), zoneId: 7, row: 'b', column: 3 }));
    expect(answer.statusCode).toBe(201);
    const ticket = answer.json();
    expect(ticket).toEqual({
      ticketId: expect.stringMatching(uuidV7),
      orderId: expect.stringMatching(uuidV7),
      venueId: own.venueId,
      eventId: own.eventId,
      zoneId: 7,
      row: 'B',
      column: '3',
      status: 'PAID',
      price: '45.50',
      currency: 'EUR',
      createdOn: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(answer.headers.location).toBe(`/query/api/v1/tickets/${ticket.ticketId}`);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(seen.woken).toEqual([own.eventId]);
    await assertConserved(redis, own.eventId);
  });

  it.each([{ row: 'a' }, { column: 1 }, { row: 'a', column: 1 }])(
    'knows a seat by all its names: once sold, %j is taken too',
    async (name) => {
      const own = await openTestEvent();
      expect((await app.inject(post({ ...seatOf(own), ...name }))).json()).toMatchObject({ row: 'A', column: '1' });
      for (const again of [{}, name]) {
        const answer = await app.inject(post({ ...seatOf(own), ...again }));
        expect([answer.statusCode, answer.json().code]).toEqual([409, 'SEAT_TAKEN']);
      }
      await assertConserved(redis, own.eventId);
    },
  );

  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  it.each([
    [traceparent, traceparent],
    ['junk', ''],
  ])('with the trace context "%s" gives its domain event "%s"', async (given, kept) => {
    const own = await openTestEvent();
    await app.inject(post(seatOf(own), { traceparent: given, 'content-type': 'application/json; charset=utf-8' }));
    const [entry] = await redis.xrange(outboxKey(own.eventId), '-', '+');
    expect(entry?.[1][entry[1].indexOf('traceparent') + 1]).toBe(kept);
  });
});

describe('a body that names no seat', () => {
  it.each<[object, ProblemCode]>([
    [{ column: 31 }, 'SEAT_NOT_FOUND'],
    [{ column: '9999' }, 'SEAT_NOT_FOUND'],
    [{ row: 'AA' }, 'SEAT_NOT_FOUND'],
    [{ row: 'ZZZ' }, 'SEAT_NOT_FOUND'],
    [{ zoneId: 2 }, 'SEAT_NOT_FOUND'],
    [{ zoneId: 3 }, 'ZONE_NOT_FOUND'],
    [{ zoneId: 100_000 }, 'ZONE_NOT_FOUND'],
    [{ venueId: other.venueId }, 'EVENT_NOT_FOUND'],
    [{ eventId: other.eventId }, 'EVENT_NOT_FOUND'],
    [{ venueId: event.venueId.toUpperCase() }, 'EVENT_NOT_FOUND'],
    [{ eventId: unique('unknown') }, 'EVENT_NOT_FOUND'],
  ])('(%j) is answered 404 %s', async (change, code) => {
    await refusal(post({ ...seat, ...change }), code);
  });

  const noText = [null, true, ['$'], {}];
  const noName = ['', '\0', '$\0', '$\n', ' $', '🎟️', '$🎟️', '{$}', '$}', '$}{x', '$:taken:1', '../$', '.', '$é', 'x'.repeat(65)];
  const wrong = {
    venueId: [...noName, ...noText, 1],
    eventId: [...noName, ...noText, 1],
    zoneId: [0, -1, 1.5, 100_001, 1e21, '1', '', [1], ...noText],
    row: ['', '1', 'A1', 'A ', ' A', 'A\0', 'A\n', 'AAAA', 'Ａ', 'Á', 'ſ', '🎟️', 1, ['A'], ...noText],
    column: [...'0|-1|+1|01| 1|1 |1\n|1\0|1.0|1e0|0x1|１||10000'.split('|'), 0, -1, 1.5, 10_000, 1e21, [1], ...noText],
  };
  const faults = Object.entries(wrong).flatMap(([field, values]) => values.map((value) => [field, value] as const));
  it.each(faults)('(%s %j) is answered 400 with a pointer to the field and to nothing else', async (field, value) => {
    const filled = JSON.parse(JSON.stringify(value).replace('$', field === 'venueId' ? event.venueId : event.eventId));
    const { errors } = await refusal(post({ ...seat, [field]: filled }), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer: `#/${field}`, detail: expect.stringMatching(/^must /) }]);
  });

  it.each(Object.keys(seat))('(no %s) is answered 400 with a pointer to what is missing', async (field) => {
    const { errors } = await refusal(post({ ...seat, [field]: undefined }), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer: `#/${field}`, detail: 'is missing' }]);
  });

  it.each([
    ['price', '#/price'],
    ['toString', '#/toString'],
    ['rows/0', '#/rows~10'],
    ['a~#% ', '#/a~0%23%25%20'],
    ['🎟', '#/%F0%9F%8E%9F'],
    ['\ud800', '#/%EF%BF%BD'],
  ])('(unknown field %j) is answered 400 with a pointer to it', async (field, pointer) => {
    const { errors } = await refusal(post({ ...seat, [field]: 1 }), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer, detail: 'is not a known field' }]);
  });

  it('is answered with every fault at once, but with no more than 20', async () => {
    const { errors } = await refusal(post({ zoneId: '1', row: 1, junk: 0 }), 'INVALID_REQUEST');
    const pointers = errors.map(({ pointer }: { pointer: string }) => pointer).toSorted();
    expect(pointers).toEqual(['#/column', '#/eventId', '#/junk', '#/row', '#/venueId', '#/zoneId']);
    const junk = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`f${at}`, 0]));
    expect((await refusal(post({ ...seat, ...junk }), 'INVALID_REQUEST')).errors).toHaveLength(20);
  });
});

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const json = JSON.stringify(seat);

describe('a malformed request', () => {
  it.each<[string, InjectOptions, ProblemCode]>([
    ['a body that is cut short', post('{"venueId":'), 'INVALID_REQUEST'],
    ['a body with more behind it', post(`${json}}`), 'INVALID_REQUEST'],
    ['a body with comments', post(`${json} // please`), 'INVALID_REQUEST'],
    ['NaN', post(json.replace('"1"', 'NaN')), 'INVALID_REQUEST'],
    ['an empty body', post(''), 'INVALID_REQUEST'],
    ['no body at all', { method: 'POST', url: tickets }, 'INVALID_REQUEST'],
    ['__proto__', post(json.replace('{', '{"__proto__":{"admin":true},')), 'INVALID_REQUEST'],
    ['__proto__ in escapes', post(json.replace('{', '{"\\u005f_proto__":{"admin":true},')), 'INVALID_REQUEST'],
    ['a prototype', post(json.replace('{', '{"constructor":{"prototype":{}},')), 'INVALID_REQUEST'],
    ['1 MiB', post({ ...seat, row: 'A'.repeat(2 ** 20) }), 'PAYLOAD_TOO_LARGE'],
    ['JSON nested beyond the limit', post(nested(pastBodyLimit)), 'PAYLOAD_TOO_LARGE'],
    ['plain text', post(json, { 'content-type': 'text/plain' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', post('row=A', { 'content-type': 'application/x-www-form-urlencoded' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['XML', post('<seat/>', { 'content-type': 'application/xml' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['almost JSON', post(json, { 'content-type': 'application/jsonp' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['an unreadable content type', post(json, { 'content-type': 'json' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['no content type', { method: 'POST', url: tickets, payload: json }, 'UNSUPPORTED_MEDIA_TYPE'],
    ['an unknown path', { ...post(json), url: '/purchase/api/v1/seats' }, 'NOT_FOUND'],
    ['a path above the prefix', { ...post(json), url: `/purchase/../${tickets}/..` }, 'NOT_FOUND'],
    ['another method', { method: 'DELETE', url: tickets }, 'NOT_FOUND'],
    ['a malformed URL', { ...post(json), url: `${tickets}%zz` }, 'INVALID_REQUEST'],
    ['a URL that is no UTF-8', { ...post(json), url: `${tickets}/%C0%80` }, 'INVALID_REQUEST'],
  ])('(%s) is refused', async (_what, request, code) => {
    await refusal(request, code);
  });

  it.each(['null', '[]', '1', '"A1"', nested(pastBodyLimit / 2 - 1)])('(the body %.9s…) is refused as a whole', async (body) => {
    const { errors } = await refusal(post(body), 'INVALID_REQUEST');
    expect(errors).toContainEqual({ pointer: '#', detail: 'must be object' });
  });

  it.each(['row', 'nest'])('(deeply nested JSON in "%s") is refused at that field', async (field) => {
    const body = JSON.stringify({ ...seat, [field]: 0 }).replace(/0(?=[,}])/, nested(7_000));
    const { errors } = await refusal(post(body), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer: `#/${field}`, detail: expect.any(String) }]);
  });
});

describe('the inventory', () => {
  it('that is not on sale yet is answered 409 with the time', async () => {
    const own = await openTestEvent({ onSaleAtMs: Date.UTC(2099, 4, 1, 10) });
    const { detail } = await refusal(post(seatOf(own)), 'NOT_ON_SALE');
    expect(detail).toBe('On sale from 2099-05-01T10:00:00.000Z');
  });

  it('that Redis has lost is answered 503 with Retry-After, never as free or unknown', async () => {
    const own = await openTestEvent();
    await redis.del(inventoryKey(own.eventId));
    const request = post(seatOf(own));
    await refusal(request, 'INVENTORY_UNAVAILABLE');
    expect((await app.inject(request)).headers['retry-after']).toBe('1');
  });
});
