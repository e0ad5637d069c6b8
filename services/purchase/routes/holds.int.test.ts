import { describe, expect, it } from 'vitest';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { aTime, aToken, aUuid } from '../../../scripts/testing/patterns.ts';
import { accepted, app, seen } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, confirm, extend, hold, order, release, seats } from '../../../scripts/testing/requests.ts';
import { db, openTestEvent, planOf, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { problem } from '../../shared/http/problems.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';

/** A hold whose id the tests try to guess, and an event that it does not belong to. */
const secretHold = await accepted(hold(await openTestEvent(), ['A1']));
const other = await openTestEvent();

/** Redis' clock, in milliseconds. */
async function redisNow() {
  const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
  return seconds * 1_000 + Math.floor(micros / 1_000);
}

/** Sends a request for a hold. Returns the hold, and the least and the most milliseconds that it can have been given. */
async function spanOf(request: ReturnType<typeof hold>, status: number) {
  const before = await redisNow();
  const held = await accepted(request, status);
  const until = Date.parse(held.expiresOn);
  return { held, least: until - (await redisNow()), most: until - before };
}

describe('a hold', () => {
  it('returns 201 with its seats, their exact total and its expiry, and does not wake the relay: nothing is sold', async () => {
    const own = await openTestEvent({ currency: 'KWD', zones: [seatedZone(1, 3, 3, 10), seatedZone(7, 3, 3, 12_345)] });
    const { venueId, eventId } = own;
    const answer = await app.inject(hold(own, { venueId, buyerId: 'Ann', seats: seats('b3', '7/A1') }));
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual({
      holdId: expect.stringMatching(`^${eventId}~[A-Za-z0-9_-]{22}$`),
      venueId,
      eventId,
      buyerId: 'Ann',
      expiresOn: aTime,
      totalPrice: '12.355',
      currency: 'KWD',
      seats: [
        { ticketId: aUuid, zoneId: 1, row: 'B', column: '3', price: '0.010' },
        { ticketId: aUuid, zoneId: 7, row: 'A', column: '1', price: '12.345' },
      ],
    });
    expect(answer.headers).not.toHaveProperty('location');
    expect(seen.woken).toEqual([]);
    expect(await domainEvents(own)).toEqual([]);
  });

  it("lasts ten minutes by Redis' clock, or as long as the event specifies", async () => {
    const usual = await spanOf(hold(await openTestEvent(), ['A1']), 201);
    expect(usual.least).toBeLessThanOrEqual(600_000);
    expect(usual.most).toBeGreaterThanOrEqual(600_000);
    const short = await spanOf(hold(await openTestEvent({ holdMs: 90_000 }), ['A1']), 201);
    expect(short.least).toBeLessThanOrEqual(90_000);
    expect(short.most).toBeGreaterThanOrEqual(90_000);
  });

  it('keeps its seats from every other buyer, whose order or hold then takes nothing at all', async () => {
    const own = await openTestEvent();
    await accepted(hold(own, ['A1', 'A2']));
    for (const take of [order, hold]) {
      const { errors } = await refusal(take(own, ['a2', 'A3']), 'SEAT_TAKEN');
      expect(errors).toEqual([{ pointer: '#/seats/0', detail: 'zone 1, row A, column 2: The seat is taken' }]);
    }
    await accepted(order(own, ['A3']));
  });

  it('before the event is on sale is refused', async () => {
    const own = await openTestEvent({ onSaleAtMs: Date.UTC(2099, 4, 1, 10) });
    const refused = await refusal(hold(own, ['A1']), 'NOT_ON_SALE');
    expect(refused).toEqual(problem('NOT_ON_SALE', { detail: 'On sale from 2099-05-01T10:00:00.000Z' }));
  });
});

describe('confirming a hold', () => {
  it('returns 201 with the order and its location, and wakes the relay', async () => {
    const own = await openTestEvent();
    const { venueId, eventId } = own;
    const held = await accepted(hold(own, { buyerId: 'Ann', seats: seats('b3', 'A1') }));
    const answer = await app.inject(confirm(held));
    expect(answer.statusCode).toBe(201);
    const body = answer.json();
    const { orderId, createdOn } = body;
    const sold = { orderId, venueId, eventId, status: 'PAID', currency: 'USD', createdOn };
    expect(body).toEqual({
      ...sold,
      orderId: aUuid,
      createdOn: aTime,
      buyerId: 'Ann',
      totalPrice: '200.00',
      orderToken: aToken,
      tickets: [
        { ...sold, ticketId: aUuid, zoneId: 1, row: 'B', column: '3', price: '100.00' },
        { ...sold, ticketId: aUuid, zoneId: 1, row: 'A', column: '1', price: '100.00' },
      ],
    });
    expect(answer.headers.location).toBe(`/query/api/v1/orders/${orderId}`);
    expect(seen.woken).toEqual([eventId]);
    expect(await domainEvents(own)).toMatchObject([{ type: 'onsale.tickets.purchased', data: { orderId, buyerId: 'Ann' } }]);
    await refusal(order(own, ['A1']), 'SEAT_TAKEN');
  });

  it('again returns 200 with the same order as it is now, and sells nothing more', async () => {
    const own = await openTestEvent();
    const held = await accepted(hold(own, ['A1', 'A2']));
    const sold = await accepted(confirm(held));
    expect(await accepted(confirm(held), 200)).toEqual(sold);
    const less = await accepted(cancel(sold, [sold.tickets[0].ticketId]), 200);
    expect(await accepted(confirm(held), 200)).toEqual({ ...less, orderToken: sold.orderToken });
    expect(await domainEvents(own)).toHaveLength(2);
  });

  it('by 50 concurrent requests returns 201 once and 200 otherwise, always with the same order', async () => {
    const own = await openTestEvent();
    const held = await accepted(hold(own, ['A1', 'A2']));
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.inject(confirm(held))));
    const { 201: sold = [], 200: before = [] } = Object.groupBy(answers, ({ statusCode }) => statusCode);
    expect([sold.length, before.length]).toEqual([1, 49]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(await domainEvents(own)).toHaveLength(1);
  });

  it('costs the price at the time of the hold, whatever the price is now', async () => {
    const own = await openTestEvent({ zones: [seatedZone(1, 3, 3, 4_550)] });
    const held = await accepted(hold(own, ['A1', 'A2']));
    const dearer = { ...own, zones: [seatedZone(1, 3, 3, 9_999)] };
    expect(await openEvent(db, redis, planOf(dearer))).toEqual({ kind: 'changed' });
    const sold = await accepted(confirm(held));
    expect(sold).toMatchObject({ totalPrice: '91.00', tickets: [{ price: '45.50' }, { price: '45.50' }] });
    expect(await accepted(order(own, ['B1']))).toMatchObject({ totalPrice: '99.99' });
  });

  it('ends it: it can be neither extended nor released', async () => {
    const own = await openTestEvent();
    const held = await accepted(hold(own, ['A1']));
    await accepted(confirm(held));
    expect(await refusal(extend(held), 'HOLD_CONFIRMED')).toEqual(problem('HOLD_CONFIRMED'));
    expect(await refusal(release(held), 'HOLD_CONFIRMED')).toEqual(problem('HOLD_CONFIRMED'));
  });
});

describe('extending a hold', () => {
  it('returns 200 with its full time again, once', async () => {
    const own = await openTestEvent({ holdMs: 300_000 });
    const first = await accepted(hold(own, { buyerId: 'Ann', seats: seats('A1', 'B2') }));
    const { held, least, most } = await spanOf(extend(first), 200);
    expect(held).toEqual({ ...first, expiresOn: aTime });
    expect(Date.parse(held.expiresOn)).toBeGreaterThanOrEqual(Date.parse(first.expiresOn));
    expect(least).toBeLessThanOrEqual(300_000);
    expect(most).toBeGreaterThanOrEqual(300_000);
    expect(await refusal(extend(first), 'HOLD_EXTENDED')).toEqual(problem('HOLD_EXTENDED'));
    await accepted(confirm(first));
  });

  it('by 20 concurrent requests succeeds for one of them', async () => {
    const held = await accepted(hold(await openTestEvent(), ['A1']));
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.inject(extend(held))));
    const { 200: extended = [], 409: refused = [] } = Object.groupBy(answers, ({ statusCode }) => statusCode);
    expect([extended.length, refused.length]).toEqual([1, 19]);
    for (const answer of refused) expect(answer.json()).toEqual(problem('HOLD_EXTENDED'));
  });
});

describe('releasing a hold', () => {
  it('returns 204 without a body, and deletes it: its seats can be bought immediately, and nothing was sold', async () => {
    const own = await openTestEvent();
    const held = await accepted(hold(own, ['A1', 'A2']));
    const answer = await app.inject(release(held));
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(await domainEvents(own)).toEqual([]);
    for (const request of [release(held), confirm(held), extend(held)]) {
      expect(await refusal(request, 'HOLD_NOT_FOUND')).toEqual(problem('HOLD_NOT_FOUND'));
    }
    await accepted(order(own, ['A1', 'A2']));
  });

  it('while it is confirmed leaves it either sold or free, never both', async () => {
    const own = await openTestEvent();
    const rows = 'ABCDEFGHIJ'.split('');
    const answers = await Promise.all(
      rows.map(async (row, at) => {
        const held = await accepted(hold(own, [`${row}1`]));
        const [first, second] = at % 2 === 0 ? [confirm, release] : [release, confirm];
        const [one, two] = await Promise.all(
          [first, second].map(async (request) => (await app.inject(request(held))).statusCode),
        );
        return at % 2 === 0 ? { confirmed: one, released: two } : { confirmed: two, released: one };
      }),
    );
    for (const answer of answers) {
      expect([
        { confirmed: 201, released: 409 },
        { confirmed: 404, released: 204 },
      ]).toContainEqual(answer);
    }
    const free = rows.filter((_row, at) => answers[at]?.released === 204).map((row) => `${row}1`);
    if (free.length > 0) await accepted(order(own, free));
  });
});

describe('a client that does not know a hold', () => {
  const { eventId, holdId } = secretHold;
  const secret: string = holdId.slice(eventId.length + 1);

  const each = [
    ['confirm', confirm],
    ['extend', extend],
    ['release', release],
  ] as const;

  it.each(each)('cannot %s it: a wrong secret, or the right one with another event, is not found', async (_what, request) => {
    const first = secret.startsWith('x') ? 'y' : 'x';
    const guesses = [`${first}${secret.slice(1)}`, 'A'.repeat(22), secret.toLowerCase(), [...secret].reverse().join('')];
    for (const guess of guesses) await refusal(request({ holdId: `${eventId}~${guess}` }), 'HOLD_NOT_FOUND');
    await refusal(request({ holdId: `${other.eventId}~${secret}` }), 'HOLD_NOT_FOUND');
    await refusal(request({ holdId: `${unique('unknown')}~${secret}` }), 'EVENT_NOT_FOUND');
  });

  it.each(each)('cannot %s it by a malformed id: that returns 400 with the parameter', async (_what, request) => {
    const malformed = [secret, `~${secret}`, `${holdId}A`, holdId.slice(0, -1), `${eventId}~${secret.slice(1)}*`, `${holdId}%0A`];
    for (const id of [...malformed, `${eventId}%00~${secret}`, `%7B${eventId}%7D~${secret}`, `${'e'.repeat(65)}~${secret}`]) {
      const { errors } = await refusal(request({ holdId: id }), 'INVALID_REQUEST');
      expect(errors).toEqual([{ parameter: 'holdId', detail: expect.stringMatching(/^must /) }]);
    }
  });

  it('sees no two holds with the same secret, nor the secret in any other response', async () => {
    const own = await openTestEvent();
    const holds = await Promise.all('ABCDEFGHIJ'.split('').map((row) => accepted(hold(own, [`${row}1`]))));
    expect(new Set(holds.map((each) => each.holdId.split('~')[1])).size).toBe(10);
    const refused = await refusal(order(secretHold, ['A1']), 'SEAT_TAKEN');
    expect(JSON.stringify(refused)).not.toContain(secret);
  });
});
