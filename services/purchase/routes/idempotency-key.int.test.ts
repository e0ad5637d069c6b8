import type { InjectOptions } from 'fastify';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../scripts/local/free-ports.ts';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { accepted, app, purchaseAppOn, seen } from '../../../scripts/testing/purchase-app.ts';
import { dump, refusal } from '../../../scripts/testing/refusal.ts';
import { confirm, extend, hold, readyRequests, release, withKey } from '../../../scripts/testing/requests.ts';
import { openTestEvent, redis, unique } from '../../../scripts/testing/stores.ts';
import { problem } from '../../shared/http/problems.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { inventoryKey, openedEventsKey } from '../../shared/inventory/keys.ts';
import { connectRedis } from '../../shared/stores/redis.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const posts = Object.entries(readyRequests).map(([name, { ready }]) => [`POST ${name}`, ready] as const);
const all = [
  ...posts,
  ['DELETE hold', async (event: Inventory): Promise<InjectOptions> => release(await accepted(hold(event, ['A1'])))] as const,
];

/** The same request for another event, whose id is in the path or in the body. */
const ofEvent = (request: InjectOptions, from: string, to: string): InjectOptions =>
  JSON.parse(JSON.stringify(request).replaceAll(from, to));

describe.each(all)('%s', (_name, ready) => {
  it('returns 503 with Retry-After while Redis is unreachable, and does nothing', async () => {
    const event = await openTestEvent();
    const request = await ready(event);
    const far = connectRedis(`redis://127.0.0.1:${await freePort()}`);
    far.on('error', () => {});
    resources.defer(() => far.disconnect());
    const cutOff = await purchaseAppOn(far);
    const before = await dump();
    seen.woken = [];
    for (const sent of [request, withKey(request, 'x'.repeat(16))]) {
      const answer = await cutOff.inject(sent);
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.json()).toEqual(problem('INVENTORY_UNAVAILABLE'));
    }
    expect(seen.woken).toEqual([]);
    expect(await dump()).toEqual(before);
    expect((await app.inject(withKey(request, 'x'.repeat(16)))).statusCode).toBeLessThan(300);
  });

  it("returns 503 if the event's inventory is gone, and never treats it as free or unknown", async () => {
    const event = await openTestEvent();
    const request = await ready(event);
    await redis.rename(inventoryKey(event.eventId), `${inventoryKey(event.eventId)}:away`);
    await refusal(request, 'INVENTORY_UNAVAILABLE');
    await redis.rename(`${inventoryKey(event.eventId)}:away`, inventoryKey(event.eventId));
    expect((await app.inject(request)).statusCode).toBeLessThan(300);
  });

  it('returns 404 for an event that was never opened, but 503 if Redis knows no event at all', async () => {
    const event = await openTestEvent();
    const request = ofEvent(await ready(event), event.eventId, unique('unknown'));
    expect(await refusal(request, 'EVENT_NOT_FOUND')).toEqual(problem('EVENT_NOT_FOUND'));
    // In the same slot, because a cluster refuses to rename across slots.
    const away = `{${openedEventsKey}}:away`;
    await redis.rename(openedEventsKey, away);
    await refusal(request, 'INVENTORY_UNAVAILABLE');
    await redis.rename(away, openedEventsKey);
  });
});

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe.each(posts.filter(([name]) => !/holds|extend/.test(name)))('%s', (_name, ready) => {
  it.each([
    [traceparent, traceparent],
    ['junk', ''],
    [`${traceparent}-01`, ''],
    [traceparent.toUpperCase(), ''],
  ])('with the traceparent "%s" stores "%s" in its domain event', async (given, kept) => {
    const event = await openTestEvent();
    const request = await ready(event);
    await app.inject({ ...request, headers: { ...request.headers, traceparent: given } });
    expect((await domainEvents(event)).at(-1)?.traceparent).toBe(kept);
  });
});

const long = 'x'.repeat(255);
const spaced = [' ', ' a', 'a ', 'a b', 'a\tb'];
const badKeys = ['', '"', '""', 'a"', '"a', '"a"b"', '"a\\"b"', 'a\\b', '"a", "b"', `${long}x`, `"${long}x"`, ...spaced];
const unprintable = ['\0', 'a\0', 'a\n', '"a\r\n"', 'a\x1b', 'a\x7f', 'é', '🎟️'];

describe.each(posts)('%s', (_name, ready) => {
  it('with an Idempotency-Key that is empty, too long or unprintable returns 400 with the name of the header', async () => {
    const request = await ready(await openTestEvent());
    for (const key of [...badKeys, ...unprintable]) {
      const { errors } = await refusal(withKey(request, key), 'INVALID_REQUEST');
      expect(errors, key).toEqual([{ header: 'idempotency-key', detail: expect.stringMatching(/^must /) }]);
    }
  });

  it.each(['x'.repeat(16), long, `"${long}"`, '" a key with spaces "', "{a}:*?[b]'/~{a}:*?[b]'/~"])(
    'accepts the Idempotency-Key %j',
    async (key) => {
      const request = withKey(await ready(await openTestEvent()), key);
      const first = await app.inject(request);
      expect(first.statusCode).toBeLessThan(300);
      expect((await app.inject(request)).body).toBe(first.body);
    },
  );
});

describe.each([
  ['POST confirm', confirm],
  ['POST extend', extend],
  ['DELETE hold', release],
])('%s, which takes no body,', (_name, requestOf) => {
  // As fetch in browsers and other clients send it: a DELETE has no Content-Length.
  it.each([{}, { 'content-length': '0' }])('accepts a content type without a body (%j)', async (length) => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
      const request = requestOf(await accepted(hold(await openTestEvent(), ['A1'])));
      const answer = await app.inject({ ...request, headers: { 'content-type': type, ...length } });
      expect(answer.statusCode, answer.body).toBeLessThan(300);
    }
  });

  it('refuses a body that has content, is malformed, of another type or too large, as documented', async () => {
    const request = requestOf(await accepted(hold(await openTestEvent(), ['A1'])));
    const withBody = (type: string, payload: string) => ({ ...request, headers: { 'content-type': type }, payload });
    await refusal(withBody('application/json', '{'), 'INVALID_REQUEST');
    // Ignoring this field would sell the whole hold to a client that wants a part of it.
    const { errors } = await refusal(withBody('application/json', '{"ticketIds":[]}'), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer: '#/ticketIds', detail: 'is not a known field' }]);
    for (const other of ['[]', '"A1"', '1', 'true']) await refusal(withBody('application/json', other), 'INVALID_REQUEST');
    await refusal(withBody('application/x-www-form-urlencoded', 'a=1'), 'UNSUPPORTED_MEDIA_TYPE');
    await refusal(withBody('application/json', ' '.repeat(16 * 1024 + 1)), 'PAYLOAD_TOO_LARGE');
  });
});
