import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { aTime, aToken, aUuid } from '../../../scripts/testing/patterns.ts';
import { accepted, app, seen } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { post } from '../../../scripts/testing/requests.ts';
import { openTestEvent, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { type ProblemCode, problem } from '../../shared/http/problems.ts';
import { inventoryKey } from '../../shared/inventory/keys.ts';

const tickets = '/purchase/api/v1/tickets';
const pastBodyLimit = 16 * 1024;

/** The event to try refusals on: 26 × 30 seats in zone 1, general admission in zone 2. */
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

const buy = (body: unknown, headers?: Record<string, string>) => post('tickets', body, headers);

describe('a purchase', () => {
  it('returns 201 with the ticket and its location, and wakes the relay', async () => {
    const own = await openTestEvent({ currency: 'EUR', zones: [seatedZone(7, 2, 3, 4_550)] });
    const answer = await app.inject(buy({ ...seatOf(own), zoneId: 7, row: 'b', column: 3 }));
    expect(answer.statusCode).toBe(201);
    const ticket = answer.json();
    expect(ticket).toEqual({
      ticketId: aUuid,
      orderId: aUuid,
      venueId: own.venueId,
      eventId: own.eventId,
      zoneId: 7,
      row: 'B',
      column: '3',
      status: 'PAID',
      price: '45.50',
      currency: 'EUR',
      createdOn: aTime,
      orderToken: aToken,
    });
    expect(answer.headers.location).toBe(`/query/api/v1/tickets/${ticket.ticketId}`);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(seen.woken).toEqual([own.eventId]);
  });

  it.each([{ row: 'a' }, { column: 1 }, { row: 'a', column: 1 }])(
    'knows a seat by all its names: once sold, %j is taken too',
    async (name) => {
      const own = await openTestEvent();
      expect((await app.inject(buy({ ...seatOf(own), ...name }))).json()).toMatchObject({ row: 'A', column: '1' });
      for (const again of [{}, name]) {
        const answer = await app.inject(buy({ ...seatOf(own), ...again }));
        expect([answer.statusCode, answer.json().code]).toEqual([409, 'SEAT_TAKEN']);
      }
    },
  );

  it('may name the buyer, and may name the charset in its content type', async () => {
    const own = await openTestEvent();
    const ticket = await accepted(buy({ ...seatOf(own), buyerId: 'Ann' }, { 'content-type': 'application/json; charset=utf-8' }));
    expect(ticket).not.toHaveProperty('buyerId');
    expect(await domainEvents(own)).toMatchObject([{ data: { buyerId: 'Ann' } }]);
  });

  it.each(['auth0|5f7c8ec7', 'é', '🎟️', '{A}', '../A', 'a  b', 'x'.repeat(128), '🎟'.repeat(128)])(
    'names the buyer by any line of text: %s',
    async (buyerId) => {
      const own = await openTestEvent();
      await accepted(buy({ ...seatOf(own), buyerId }));
      expect(await domainEvents(own)).toMatchObject([{ data: { buyerId } }]);
    },
  );
});

describe('a refusal of one seat', () => {
  it('says only that the seat is taken, because the body names a single seat', async () => {
    const own = await openTestEvent();
    await accepted(buy(seatOf(own)));
    expect(await refusal(buy(seatOf(own)), 'SEAT_TAKEN')).toEqual(problem('SEAT_TAKEN'));
  });

  it.each<[object, ProblemCode]>([
    [{ column: 31 }, 'SEAT_NOT_FOUND'],
    [{ zoneId: 3 }, 'ZONE_NOT_FOUND'],
    [{ venueId: other.venueId }, 'EVENT_NOT_FOUND'],
  ])('says only that %j is unknown', async (change, code) => {
    expect(await refusal(buy({ ...seat, ...change }), code)).toEqual(problem(code));
  });
});

describe('a body that names no seat', () => {
  it.each<[object, ProblemCode]>([
    [{ column: 31 }, 'SEAT_NOT_FOUND'],
    [{ column: '9999' }, 'SEAT_NOT_FOUND'],
    [{ row: 'AA' }, 'SEAT_NOT_FOUND'],
    [{ row: 'ZZZ' }, 'SEAT_NOT_FOUND'],
    ...['1', 'A1', 'AAAA', 'Ａ', 'Á', 'ſ', '🎟️', '{A}'].map((row): [object, ProblemCode] => [{ row }, 'SEAT_NOT_FOUND']),
    ...'0|-1|+1|01|1.0|1e0|0x1|１|10000|1 2|A'.split('|').map((column): [object, ProblemCode] => [{ column }, 'SEAT_NOT_FOUND']),
    [{ zoneId: 2 }, 'SEAT_NOT_FOUND'],
    [{ zoneId: 3 }, 'ZONE_NOT_FOUND'],
    [{ zoneId: 100_000 }, 'ZONE_NOT_FOUND'],
    [{ venueId: other.venueId }, 'EVENT_NOT_FOUND'],
    [{ eventId: other.eventId }, 'EVENT_NOT_FOUND'],
    [{ venueId: event.venueId.toUpperCase() }, 'EVENT_NOT_FOUND'],
    [{ eventId: unique('unknown') }, 'EVENT_NOT_FOUND'],
  ])('(%j) returns 404 %s', async (change, code) => {
    await refusal(buy({ ...seat, ...change }), code);
  });

  const noText = [null, true, ['$'], {}];
  const noName = ['', '\0', '$\0', '$\n', ' $', '🎟️', '$🎟️', '{$}', '$}', '$}{x', '$:taken:1', '../$', '.', '$é', 'x'.repeat(65)];
  const wrong = {
    venueId: [...noName, ...noText, 1],
    eventId: [...noName, ...noText, 1],
    zoneId: [0, -1, 1.5, 100_001, 1e21, '1', '', [1], ...noText],
    row: ['', 'A ', ' A', 'A\0', 'A\n', 'A\u2028', '\ud800', 'x'.repeat(11), 1, ['A'], ...noText],
    buyerId: ['', '\0', '$\0', '$\n', ' $', '$ ', '\ud800', 'x'.repeat(129), ...noText, 1],
    promotion: ['', ' A', '🎟️', '{A}', 'x'.repeat(33), ...noText, 1],
    ticketType: ['', ' A', '🎟️', '{A}', 'x'.repeat(33), ...noText, 1],
    column: [...' 1|1 |1\n|1\0|'.split('|'), 'x'.repeat(9), 0, -1, 1.5, 10_000, 1e21, [1], ...noText],
  };
  const faults = Object.entries(wrong).flatMap(([field, values]) => values.map((value) => [field, value] as const));
  it.each(faults)('(%s %j) returns 400 with a pointer to that field alone', async (field, value) => {
    const filled = JSON.parse(JSON.stringify(value).replace('$', field === 'venueId' ? event.venueId : event.eventId));
    const { errors } = await refusal(buy({ ...seat, [field]: filled }), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer: `#/${field}`, detail: expect.stringMatching(/^must /) }]);
  });

  it.each(Object.keys(seat))('(no %s) returns 400 with a pointer to the missing field', async (field) => {
    const { errors } = await refusal(buy({ ...seat, [field]: undefined }), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer: `#/${field}`, detail: 'is missing' }]);
  });

  it.each([
    ['price', '#/price'],
    ['toString', '#/toString'],
    ['rows/0', '#/rows~10'],
    ['a~#% ', '#/a~0%23%25%20'],
    ['🎟', '#/%F0%9F%8E%9F'],
    ['\ud800', '#/%EF%BF%BD'],
  ])('(unknown field %j) returns 400 with a pointer to it', async (field, pointer) => {
    const { errors } = await refusal(buy({ ...seat, [field]: 1 }), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer, detail: 'is not a known field' }]);
  });

  it('is refused with all its faults together, but no more than 20', async () => {
    const { errors } = await refusal(buy({ zoneId: '1', row: 1, junk: 0 }), 'INVALID_REQUEST');
    const pointers = errors.map(({ pointer }: { pointer: string }) => pointer).toSorted();
    expect(pointers).toEqual(['#/column', '#/eventId', '#/junk', '#/row', '#/venueId', '#/zoneId']);
    const junk = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`f${at}`, 0]));
    expect((await refusal(buy({ ...seat, ...junk }), 'INVALID_REQUEST')).errors).toHaveLength(20);
  });
});

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const json = JSON.stringify(seat);

describe('a malformed request', () => {
  it.each<[string, InjectOptions, ProblemCode]>([
    ['a truncated body', buy('{"venueId":'), 'INVALID_REQUEST'],
    ['a body with trailing characters', buy(`${json}}`), 'INVALID_REQUEST'],
    ['a body with comments', buy(`${json} // please`), 'INVALID_REQUEST'],
    ['NaN', buy(json.replace('"1"', 'NaN')), 'INVALID_REQUEST'],
    ['an empty body', buy(''), 'INVALID_REQUEST'],
    ['no body at all', { method: 'POST', url: tickets }, 'INVALID_REQUEST'],
    ['__proto__', buy(json.replace('{', '{"__proto__":{"admin":true},')), 'INVALID_REQUEST'],
    ['an escaped __proto__', buy(json.replace('{', '{"\\u005f_proto__":{"admin":true},')), 'INVALID_REQUEST'],
    ['a prototype', buy(json.replace('{', '{"constructor":{"prototype":{}},')), 'INVALID_REQUEST'],
    ['1 MiB', buy({ ...seat, row: 'A'.repeat(2 ** 20) }), 'PAYLOAD_TOO_LARGE'],
    ['JSON nested beyond the limit', buy(nested(pastBodyLimit)), 'PAYLOAD_TOO_LARGE'],
    ['plain text', buy(json, { 'content-type': 'text/plain' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', buy('row=A', { 'content-type': 'application/x-www-form-urlencoded' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['XML', buy('<seat/>', { 'content-type': 'application/xml' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['almost JSON', buy(json, { 'content-type': 'application/jsonp' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['an unreadable content type', buy(json, { 'content-type': 'json' }), 'UNSUPPORTED_MEDIA_TYPE'],
    ['no content type', { method: 'POST', url: tickets, payload: json }, 'UNSUPPORTED_MEDIA_TYPE'],
    ['an unknown path', { ...buy(json), url: '/purchase/api/v1/seats' }, 'NOT_FOUND'],
    ['a path above the prefix', { ...buy(json), url: `/purchase/../${tickets}/..` }, 'NOT_FOUND'],
    ['another method', { method: 'DELETE', url: tickets }, 'METHOD_NOT_ALLOWED'],
    ['a malformed URL', { ...buy(json), url: `${tickets}%zz` }, 'INVALID_REQUEST'],
    ['a URL that is not UTF-8', { ...buy(json), url: `${tickets}/%C0%80` }, 'INVALID_REQUEST'],
  ])('(%s) is refused', async (_what, request, code) => {
    await refusal(request, code);
  });

  it.each(['null', '[]', '1', '"A1"', nested(pastBodyLimit / 2 - 1)])('(the body %.9s…) is refused as a whole', async (body) => {
    const { errors } = await refusal(buy(body), 'INVALID_REQUEST');
    expect(errors).toContainEqual({ pointer: '#', detail: 'must be an object' });
  });

  it.each(['row', 'nest'])('(deeply nested JSON in "%s") is refused at that field', async (field) => {
    const body = JSON.stringify({ ...seat, [field]: 0 }).replace(/0(?=[,}])/, nested(7_000));
    const { errors } = await refusal(buy(body), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer: `#/${field}`, detail: expect.any(String) }]);
  });
});

describe('the inventory', () => {
  it('that is not on sale yet returns 409 with the time', async () => {
    const own = await openTestEvent({ onSaleAtMs: Date.UTC(2099, 4, 1, 10) });
    const refused = await refusal(buy(seatOf(own)), 'NOT_ON_SALE');
    expect(refused).toEqual(problem('NOT_ON_SALE', { detail: 'On sale from 2099-05-01T10:00:00.000Z' }));
  });

  it('that Redis has lost returns 503 with Retry-After, and is never treated as free or unknown', async () => {
    const own = await openTestEvent();
    await redis.del(inventoryKey(own.eventId));
    await refusal(buy(seatOf(own)), 'INVENTORY_UNAVAILABLE');
  });
});
