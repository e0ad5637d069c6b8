import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { asBuyerOf, asOperator } from '../../../scripts/testing/apps.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { confirm, extend, hold, order, post, release, seats, takers, withKey } from '../../../scripts/testing/requests.ts';
import { db, openTestEvent, planOf, redis, unique } from '../../../scripts/testing/stores.ts';
import { accountWith, asAccount, asKey, asService } from '../../../scripts/testing/tokens.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';

type Headers = Record<string, string>;
const as = (headers: Headers, request: InjectOptions): InjectOptions => ({
  ...request,
  headers: { ...request.headers, ...headers },
});

/** The status of a request's answer, its problem's code, and what the problem points at. */
async function answerTo(request: InjectOptions): Promise<[status: number, code?: string, pointer?: string]> {
  const answer = await app.inject(request);
  const { code, errors } = answer.json<{ code?: string; errors?: { pointer: string }[] }>();
  const pointer = errors?.[0]?.pointer;
  if (code === undefined) return [answer.statusCode];
  return pointer === undefined ? [answer.statusCode, code] : [answer.statusCode, code, pointer];
}

const notYours = [400, 'INVALID_REQUEST', '#/buyerId'];
const newOrganiser = () => unique('organiser').slice(0, 32);

/** An account, its headers and its buyerId. */
async function signedIn(roles: Parameters<typeof accountWith>[0] = {}) {
  const account = accountWith(roles);
  return { headers: await asAccount(account), buyerId: `account:${account.accountId}` };
}

describe.each(takers)('%s', (name, take) => {
  it("is for the signed-in account, whether it names its buyerId or not; it cannot name another's", async () => {
    const event = await openTestEvent();
    const { headers, buyerId } = await signedIn();
    // A ticket does not tell its buyer, but the order does.
    const buyerOf = async (body: { buyerId?: string; orderId: string; orderToken: string }) =>
      name === 'POST tickets'
        ? (await accepted(post(`orders/${body.orderId}/cancel`, { eventId: event.eventId }, asBuyerOf(body.orderId)), 200))
            .buyerId
        : body.buyerId;
    expect(await buyerOf(await accepted(as(headers, take(event, { seats: seats('A1') }))))).toBe(buyerId);
    expect(await buyerOf(await accepted(as(headers, take(event, { buyerId, seats: seats('A2') }))))).toBe(buyerId);
    for (const other of ['Ann', (await signedIn()).buyerId, 'account:'])
      expect(await answerTo(as(headers, take(event, { buyerId: other, seats: seats('A3') })))).toEqual(notYours);
  });

  it("is refused to a stranger, and to a key that may not sell, in an account's name", async () => {
    const organiserId = newOrganiser();
    const event = await openTestEvent({ organiserId });
    const { buyerId } = await signedIn();
    for (const headers of [{}, asKey(organiserId, ['orders:write']), asKey(newOrganiser(), ['sell'])])
      expect(await answerTo(as(headers, take(event, { buyerId, seats: seats('A1') })))).toEqual(notYours);
    await accepted(take(event, { buyerId: 'accountant', seats: seats('A1') }));
  });

  it('can be in the name of anybody for those who may sell for the organiser', async () => {
    const organiserId = newOrganiser();
    const event = await openTestEvent({ organiserId, buyers: 'signed-in' });
    const { buyerId } = await signedIn();
    const clerk = await signedIn({ [organiserId]: ['box-office'] });
    await accepted(as(clerk.headers, take(event, { buyerId, seats: seats('A1') })));
    await accepted(as(asKey(organiserId, ['sell']), take(event, { buyerId, seats: seats('A2') })));
    await accepted(as(asKey(organiserId, ['sell']), take(event, { seats: seats('A3') })));
    await accepted(as(asOperator, take(event, { buyerId: 'Ann', seats: seats('A4') })));
  });

  it('is for signed-in buyers only, if the event says so', async () => {
    const organiserId = newOrganiser();
    const event = await openTestEvent({ organiserId, buyers: 'signed-in' });
    const wanted = { seats: seats('A1') };
    const answer = await app.inject(take(event, wanted));
    expect([answer.statusCode, answer.json().code, answer.headers['www-authenticate']]).toEqual([
      401,
      'SIGN_IN_REQUIRED',
      'Bearer',
    ]);
    for (const headers of [asKey(organiserId, ['orders:read']), asKey(newOrganiser(), ['sell'])])
      expect(await answerTo(as(headers, take(event, wanted)))).toEqual([401, 'SIGN_IN_REQUIRED']);
    await accepted(as((await signedIn()).headers, take(event, wanted)));
  });

  it('sells blocked seats only to those who may sell for the organiser', async () => {
    const organiserId = newOrganiser();
    const event = await openTestEvent({ organiserId });
    const zones = event.zones.map((zone) => ({
      ...zone,
      blocked: [
        { row: 'A', column: 1 },
        { row: 'A', column: 2 },
      ],
    }));
    await openEvent(db, redis, planOf({ ...event, zones }));
    const elsewhere = await signedIn({ [newOrganiser()]: ['admin', 'box-office'] });
    const support = await signedIn({ [organiserId]: ['support', 'organiser'] });
    for (const headers of [elsewhere.headers, support.headers, asKey(newOrganiser(), ['sell']), {}])
      expect((await answerTo(as(headers, take(event, { seats: seats('A1') }))))[1]).toBe('SEAT_TAKEN');
    await accepted(as((await signedIn({ [organiserId]: ['box-office'] })).headers, take(event, { seats: seats('A1') })));
    await accepted(as(asKey(organiserId, ['sell']), take(event, { seats: seats('A2') })));
  });

  it("gives an account exactly what the event allows a buyer, in 100 requests at once; others' requests cannot use it up", async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 4 });
    const { headers, buyerId } = await signedIn();
    const names = Array.from({ length: 100 }, (_, at) => `${'ABCDEFGHIJ'[at % 10]}${Math.floor(at / 10) + 1}`);
    const mine = names.slice(0, 90).map((seat) => app.inject(as(headers, take(event, { seats: seats(seat) }))));
    const others = names.slice(90).map((seat) => app.inject(take(event, { buyerId, seats: seats(seat) })));
    const answers = await Promise.all([...others, ...mine]);
    const counts = Object.entries(Object.groupBy(answers, ({ statusCode }) => statusCode)).map(([status, all]) => [
      Number(status),
      all?.length,
    ]);
    expect(counts).toEqual([
      [201, 4],
      [400, 10],
      [409, 86],
    ]);
  });

  it('has a space of Idempotency-Keys for each account and each API key', async () => {
    const organiserId = newOrganiser();
    const event = await openTestEvent({ organiserId });
    const [ann, bob] = [await signedIn(), await signedIn()];
    const [one, other] = [asKey(organiserId, ['sell']), asKey(organiserId, ['sell'])];
    const buy = (headers: Headers, seat: string) => accepted(withKey(as(headers, take(event, { seats: seats(seat) })), '1'));
    const first = await buy(ann.headers, 'A1');
    const all = [first, await buy(bob.headers, 'A2'), await buy(one, 'A3'), await buy(other, 'A4')];
    const idOf = (answer: { orderId?: string; holdId?: string }) => answer.orderId ?? answer.holdId;
    expect(new Set(all.map(idOf)).size).toBe(4);
    expect(await buy(ann.headers, 'A1')).toEqual(first);
    const named = withKey(as(ann.headers, take(event, { buyerId: ann.buyerId, seats: seats('A1') })), '1');
    expect(await accepted(named), 'its buyerId means the same, named or not').toEqual(first);
  });
});

describe('an order', () => {
  const cancelAs = (headers: Headers, eventId: string, orderId: string) =>
    answerTo(post(`orders/${orderId}/cancel`, { eventId }, headers));

  it("is cancelled without its token by the account that bought it, and by the organiser's support", async () => {
    const organiserId = newOrganiser();
    const event = await openTestEvent({ organiserId });
    const { eventId } = event;
    const { headers } = await signedIn();
    const support = await signedIn({ [organiserId]: ['support'] });
    const allowed = [
      headers,
      support.headers,
      asKey(organiserId, ['orders:write']),
      asOperator,
      await asService('catalogue', 'purchase'),
    ];
    for (const [at, who] of allowed.entries()) {
      const { orderId } = await accepted(as(headers, order(event, [`A${at + 1}`])));
      expect(await cancelAs(who, eventId, orderId)).toEqual([200]);
    }
  });

  it('is not cancelled without its token by anybody else, whether it exists or not', async () => {
    const organiserId = newOrganiser();
    const event = await openTestEvent({ organiserId });
    const { eventId } = event;
    const ann = await signedIn();
    const { orderId } = await accepted(as(ann.headers, order(event, ['A1'])));
    const strangers = await accepted(order(event, ['A2']));
    const elsewhere = newOrganiser();
    const mallory = await signedIn({ [elsewhere]: ['admin'], [organiserId]: ['finance', 'door'] });
    const others = [
      {},
      (await signedIn()).headers,
      mallory.headers,
      asKey(organiserId, ['sell', 'orders:read']),
      asKey(elsewhere, ['orders:write']),
      await asService('query', 'purchase'),
      asBuyerOf(strangers.orderId),
    ];
    const theirs = await openTestEvent({ organiserId: elsewhere });
    const unknown = orderId.replace(/.{12}$/, 'ffffffffffff');
    for (const headers of others) {
      for (const id of [orderId, unknown]) expect(await cancelAs(headers, eventId, id)).toEqual([403, 'ORDER_TOKEN_REQUIRED']);
    }
    // In the name of an event of their own, they find no such order.
    expect(await cancelAs(mallory.headers, theirs.eventId, orderId)).toEqual([404, 'ORDER_NOT_FOUND']);
    expect(await cancelAs(ann.headers, theirs.eventId, orderId)).toEqual([403, 'ORDER_TOKEN_REQUIRED']);
    expect(await cancelAs(ann.headers, eventId, strangers.orderId)).toEqual([403, 'ORDER_TOKEN_REQUIRED']);
    expect(await cancelAs(ann.headers, 'no-such-event', orderId)).toEqual([403, 'ORDER_TOKEN_REQUIRED']);
    expect(await cancelAs(ann.headers, eventId, orderId)).toEqual([200]);
  });

  it("is not exchanged by another organiser's box office", async () => {
    const organiserId = newOrganiser();
    const event = await openTestEvent({ organiserId });
    const { orderId, tickets } = await accepted(order(event, ['A1']));
    const path = `orders/${orderId}/tickets/${tickets[0].ticketId}/exchange`;
    const body = { eventId: event.eventId, zoneId: 1, row: 'B', column: '1' };
    const exchangeAs = (headers: Headers) => answerTo(post(path, body, headers));
    const elsewhere = await signedIn({ [newOrganiser()]: ['box-office'] });
    for (const headers of [elsewhere.headers, asKey(newOrganiser(), ['sell']), (await signedIn()).headers])
      expect(await exchangeAs(headers)).toEqual([403, 'FORBIDDEN']);
    expect(await exchangeAs({})).toEqual([401, 'NOT_SIGNED_IN']);
    expect(await exchangeAs((await signedIn({ [organiserId]: ['box-office'] })).headers)).toEqual([200]);
  });
});

it("an account's hold is extended, confirmed and released by whoever knows its id; the order is the account's", async () => {
  const event = await openTestEvent({ buyers: 'signed-in' });
  const { headers, buyerId } = await signedIn();
  const kept = await accepted(as(headers, hold(event, ['A1'])));
  await accepted(as(headers, extend(kept)), 200);
  const sold = await accepted(as(headers, confirm(kept)));
  expect([kept.buyerId, sold.buyerId]).toEqual([buyerId, buyerId]);
  const given = await accepted(as(headers, hold(event, ['A2'])));
  await accepted(as(headers, release(given)), 204);
});

it("an event's organiser stays, once anything was sold", async () => {
  const organiserId = newOrganiser();
  const event = await openTestEvent({ organiserId });
  const moved = { ...event, organiserId: newOrganiser() };
  expect(await openEvent(db, redis, planOf(moved))).toEqual({ kind: 'changed' });
  await accepted(order(event, ['A1']));
  const reasons = [expect.stringMatching(/^the organiser is .* can no longer change/)];
  expect(await openEvent(db, redis, planOf(event))).toEqual({ kind: 'refused', reasons });
  expect(await openEvent(db, redis, planOf({ ...moved, buyers: 'signed-in' }))).toEqual({ kind: 'changed' });
  expect(await answerTo(order(event, ['A2']))).toEqual([401, 'SIGN_IN_REQUIRED']);
});
