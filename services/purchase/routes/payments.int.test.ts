import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { aTime, aUuid } from '../../../scripts/testing/patterns.ts';
import { accepted, app, seen } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, confirm, extend, giveUp, hold, letExpire, order, release, seats } from '../../../scripts/testing/requests.ts';
import { openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { asKey, asService } from '../../../scripts/testing/tokens.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { deadlinesKey, holdsKey } from '../../shared/inventory/keys.ts';
import { setState } from '../../shared/inventory/set-state.ts';

const asCheckout = await asService('checkout', 'purchase');

const internal = (path: string, body?: object, headers: Record<string, string> = asCheckout): InjectOptions => ({
  method: body ? 'POST' : 'GET',
  url: `/purchase/internal/v1/${path}`,
  headers,
  ...(body && { payload: body }),
});

type Held = { holdId: string };
const begin = ({ holdId }: Held, attempt = 1, leaseSeconds = 900) =>
  internal(`holds/${holdId}/payment`, { attempt, leaseSeconds });
const confirmPaid = ({ holdId }: Held, orderId: string, attempt = 1) =>
  internal(`holds/${holdId}/payment/confirm`, { attempt, orderId });
const end = ({ holdId }: Held, orderId: string, attempt = 1) => internal(`holds/${holdId}/payment/end`, { attempt, orderId });
const read = ({ eventId }: Inventory, orderId: string) => internal(`events/${eventId}/orders/${orderId}`);

/** A new event with a hold of two seats that is being paid, in attempt 1. */
async function paying(changes: Parameters<typeof openTestEvent>[0] = {}) {
  const event = await openTestEvent(changes);
  const held = await accepted(hold(event, ['A1', 'A2']));
  const begun = await accepted(begin(held), 200);
  return { event, held, begun, orderId: begun.order.orderId as string };
}

const ticketIdOf = (held: { seats: { ticketId: string }[] }) => held.seats[0]?.ticketId ?? '';

describe('beginning a payment', () => {
  it("returns the hold's order, its organiser, and the end of the lease by Redis' clock", async () => {
    const event = await openTestEvent({ organiserId: 'opera' });
    const held = await accepted(hold(event, { buyerId: 'Ann', seats: seats('A1', 'B3') }));
    const [before = 0] = (await redis.time()).map(Number);
    const begun = await accepted(begin(held, 1, 1_000), 200);
    const { eventId, venueId } = event;
    const ofTicket = { ticketId: aUuid, zoneId: 1, priceMinor: 10_000, currency: 'USD' };
    expect(begun).toEqual({
      attempt: 1,
      leaseUntil: aTime,
      organiserId: 'opera',
      order: {
        orderId: aUuid,
        eventId,
        venueId,
        buyerId: 'Ann',
        tickets: [
          { ...ofTicket, row: 'A', column: 1 },
          { ...ofTicket, row: 'B', column: 3 },
        ],
      },
    });
    const until = Date.parse(begun.leaseUntil);
    expect(until).toBeGreaterThanOrEqual((before + 1_000) * 1_000);
    expect(until).toBe(Number(await redis.zscore(deadlinesKey(eventId), held.holdId)));
  });

  it('keeps the hold from everybody else until the lease ends', async () => {
    const { event, held } = await paying();
    await refusal(extend(held), 'HOLD_BEING_PAID');
    await refusal(release(held), 'HOLD_BEING_PAID');
    await refusal(giveUp(held, ticketIdOf(held)), 'HOLD_BEING_PAID');
    await refusal(confirm(held), 'HOLD_BEING_PAID');
    await refusal({ ...confirm(held), headers: asOperator }, 'HOLD_BEING_PAID');
    await refusal(order(event, ['A1']), 'SEAT_TAKEN');
    expect(await setState(redis, event.eventId, { state: 'closed' })).toEqual({ kind: 'changed' });
    const archiving = await setState(redis, event.eventId, { state: 'archived', provenUpTo: 0 });
    expect(archiving).toEqual({ kind: 'busy', sequence: 0, held: 2 });
  });

  it('again renews the lease, and so does a newer attempt; an older one is refused', async () => {
    const { event, held, begun } = await paying();
    const deadline = async () => Number(await redis.zscore(deadlinesKey(event.eventId), held.holdId));
    const renewed = await accepted(begin(held, 1, 3_600), 200);
    expect(renewed.order).toEqual(begun.order);
    expect(Date.parse(renewed.leaseUntil)).toBe(await deadline());
    expect(await deadline()).toBeGreaterThan(Date.parse(begun.leaseUntil));
    await accepted(begin(held, 3), 200);
    await refusal(begin(held, 2), 'PAYMENT_OUTDATED');
    await refusal(confirmPaid(held, begun.order.orderId, 2), 'PAYMENT_OUTDATED');
    await refusal(end(held, begun.order.orderId, 2), 'PAYMENT_OUTDATED');
    await accepted(confirmPaid(held, begun.order.orderId, 3), 200);
  });

  it('is refused for a hold that has ended, even if its seats are free, that was sold, or that nobody knows', async () => {
    const event = await openTestEvent();
    const [over, sold] = [await accepted(hold(event, ['A1'])), await accepted(hold(event, ['A2']))];
    await letExpire({ ...event, ...over });
    await refusal(begin(over), 'HOLD_EXPIRED');
    await accepted(confirm(sold));
    await refusal(begin(sold), 'HOLD_CONFIRMED');
    await refusal(begin({ holdId: `${event.eventId}~${'x'.repeat(22)}` }), 'HOLD_NOT_FOUND');
  });

  it('is refused while nobody may confirm, and allowed while only new sales are stopped', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1']));
    const { eventId } = event;
    await setState(redis, eventId, { state: 'paused', confirmWhilePaused: false });
    await refusal(begin(held), 'SALE_PAUSED');
    await setState(redis, eventId, { state: 'paused', confirmWhilePaused: true });
    const { order: raw } = await accepted(begin(held), 200);
    await setState(redis, eventId, { state: 'closed', isCancelled: true });
    await refusal(begin(held), 'SALE_CLOSED');
    await refusal(confirmPaid(held, raw.orderId), 'SALE_CLOSED');
    expect(await accepted(end(held, raw.orderId), 200)).toEqual({ status: 'ended' });
  });

  it('is for checkout only, and checks its fields', async () => {
    const { event, held, orderId } = await paying();
    for (const headers of [asOperator, asKey('main', ['sell']), await asService('catalogue', 'purchase')]) {
      await refusal({ ...begin(held), headers }, 'FORBIDDEN', { asksRedis: false });
      await refusal({ ...read(event, orderId), headers }, 'FORBIDDEN', { asksRedis: false });
    }
    await refusal({ ...begin(held), headers: {} }, 'NOT_SIGNED_IN');
    const wrong = internal(`holds/${held.holdId}/payment`, { attempt: 0, leaseSeconds: 3_601 });
    const { errors } = await refusal(wrong, 'INVALID_REQUEST');
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['#/attempt', '#/leaseSeconds']);
  });
});

describe('confirming a payment', () => {
  it('sells the order, says that checkout was paid, and returns the same when it is repeated', async () => {
    const { event, held, orderId } = await paying();
    const sold = await accepted(confirmPaid(held, orderId), 200);
    expect(sold).toMatchObject({ order: { orderId, status: 'PAID', totalPrice: '200.00' }, orderToken: expect.any(String) });
    expect(seen.woken).toEqual([event.eventId]);
    expect(await accepted(confirmPaid(held, orderId), 200)).toEqual(sold);
    expect(await domainEvents(event)).toMatchObject([
      { type: 'onsale.tickets.purchased', data: { orderId, paidBy: 'checkout' } },
    ]);
    const raw = await accepted(read(event, orderId), 200);
    expect(raw.order).toMatchObject({ orderId, paidBy: 'checkout', sequence: 1 });
    await refusal(order(event, ['A1']), 'SEAT_TAKEN');
  });

  it('works after the lease too while the seats are free, and is refused once somebody else has one of them', async () => {
    const free = await paying();
    await letExpire({ ...free.event, ...free.held });
    await accepted(confirmPaid(free.held, free.orderId), 200);
    const lost = await paying();
    await letExpire({ ...lost.event, ...lost.held });
    await accepted(order(lost.event, ['A2']));
    await refusal(confirmPaid(lost.held, lost.orderId), 'HOLD_EXPIRED');
    await accepted(order(lost.event, ['A1']));
  });

  it('returns the order even if Redis has forgotten the hold, but only one that checkout was paid for', async () => {
    const { event, held, orderId } = await paying();
    const sold = await accepted(confirmPaid(held, orderId), 200);
    await redis.hdel(holdsKey(event.eventId), held.holdId);
    await redis.zrem(deadlinesKey(event.eventId), held.holdId);
    expect(await accepted(confirmPaid(held, orderId), 200)).toEqual(sold);
    expect(await accepted(end(held, orderId), 200)).toEqual({ status: 'sold' });
    const other = await accepted(order(event, ['B1']));
    await refusal(confirmPaid(held, other.orderId), 'HOLD_NOT_FOUND');
    expect(await accepted(end(held, other.orderId), 200)).toEqual({ status: 'ended' });
  });

  it('is refused for a hold that a buyer confirmed without paying', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1']));
    const { orderId } = await accepted(confirm(held));
    await refusal(confirmPaid(held, orderId), 'HOLD_CONFIRMED');
    expect(await accepted(end(held, orderId), 200)).toEqual({ status: 'ended' });
  });

  it('can be waited for while the sale is paused', async () => {
    const { event, held, orderId } = await paying();
    await setState(redis, event.eventId, { state: 'paused', confirmWhilePaused: false });
    await refusal(confirmPaid(held, orderId), 'SALE_PAUSED');
    await setState(redis, event.eventId, { state: 'published' });
    await accepted(confirmPaid(held, orderId), 200);
  });
});

describe('ending a payment', () => {
  it('frees the seats, once and for all: neither a delayed confirmation nor the buyer can still have them', async () => {
    const { event, held, orderId } = await paying();
    expect(await accepted(end(held, orderId), 200)).toEqual({ status: 'ended' });
    expect(await accepted(end(held, orderId), 200)).toEqual({ status: 'ended' });
    await refusal(confirmPaid(held, orderId), 'PAYMENT_OUTDATED');
    await refusal(begin(held), 'PAYMENT_OUTDATED');
    await refusal(begin(held, 2), 'HOLD_EXPIRED');
    await refusal(confirm(held), 'HOLD_EXPIRED');
    await accepted(order(event, ['A1', 'A2']));
  });

  it('also fences an attempt that was never begun, or whose lease is over', async () => {
    const event = await openTestEvent();
    const [held, over] = [await accepted(hold(event, ['A1'])), await accepted(hold(event, ['A2']))];
    const { order: raw } = await accepted(begin(over), 200);
    await letExpire({ ...event, ...over });
    for (const [one, orderId] of [
      [held, raw.orderId],
      [over, raw.orderId],
    ] as const) {
      expect(await accepted(end(one, orderId), 200)).toEqual({ status: 'ended' });
      await refusal(confirmPaid(one, orderId), 'PAYMENT_OUTDATED');
    }
    await accepted(order(event, ['A1', 'A2']));
  });

  it('says that the order was sold, and leaves it', async () => {
    const { event, held, orderId } = await paying();
    await accepted(confirmPaid(held, orderId), 200);
    expect(await accepted(end(held, orderId, 7), 200)).toEqual({ status: 'sold' });
    await refusal(order(event, ['A1']), 'SEAT_TAKEN');
  });
});

it('a payment and its end, concurrently and in any order, have one outcome', async () => {
  for (let round = 0; round < 20; round++) {
    const { event, held, orderId } = await paying();
    const requests = [confirmPaid(held, orderId), end(held, orderId), confirmPaid(held, orderId), order(event, ['A1'])];
    const [confirmed, ended, again, other] = await Promise.all(
      (round % 2 === 0 ? requests : requests.toReversed()).map((request) => app.inject(request)),
    ).then((answers) => (round % 2 === 0 ? answers : answers.toReversed()));
    const isSold = ended?.json().status === 'sold';
    expect(ended?.statusCode).toBe(200);
    expect([confirmed?.statusCode, again?.statusCode]).toContain(isSold ? 200 : 409);
    if (!isSold) expect([confirmed?.statusCode, again?.statusCode]).toEqual([409, 409]);
    if (isSold) expect(other?.statusCode).toBe(409);
    expect(await domainEvents(event)).toHaveLength(isSold || other?.statusCode === 201 ? 1 : 0);
  }
});

describe('reading an order', () => {
  it('returns it as it is now', async () => {
    const event = await openTestEvent();
    const sold = await accepted(order(event, ['A1', 'A2']));
    const [first] = sold.tickets;
    await accepted(cancel(sold, [first.ticketId]), 200);
    const { order: raw } = await accepted(read(event, sold.orderId), 200);
    expect(raw).toMatchObject({ orderId: sold.orderId, tickets: [{ cancelled: { sequence: 2 } }, {}] });
  });

  it('refuses one that there is not', async () => {
    const event = await openTestEvent();
    await refusal(read(event, '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b'), 'ORDER_NOT_FOUND', { asksRedis: false });
  });
});
