import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { asBuyerOf, asOperator } from '../../../scripts/testing/apps.ts';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { confirm, exchange, hold, order, post, release, seats, takers, withKey } from '../../../scripts/testing/requests.ts';
import { db, openTestEvent, planOf, redis } from '../../../scripts/testing/stores.ts';
import { accountWith, asAccount, asKey, asService } from '../../../scripts/testing/tokens.ts';
import { readInventory } from '../../shared/inventory/inventory.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';
import { mainOrganiser } from '../../shared/terms/identifiers.ts';

type Headers = Record<string, string>;
const as = (headers: Headers, request: InjectOptions): InjectOptions => ({
  ...request,
  headers: { ...request.headers, ...headers },
});

const asSeller = asKey(mainOrganiser, ['sell']);
const asCheckout = await asService('checkout', 'purchase');

/** Those who may not sell for the main organiser. */
const buyers: Record<string, Headers> = {
  'a stranger': {},
  'a signed-in buyer': await asAccount(),
  'a key without the scope sell': asKey(mainOrganiser, ['orders:write']),
  "another organiser's box office": await asAccount(accountWith({ elsewhere: ['box-office'] })),
  'the service checkout': asCheckout,
};

const openPaid = () => openTestEvent({ payment: 'required' });

const selling = takers.filter(([name]) => name !== 'POST holds');

/** The same request with a field for its body. */
const withField = (request: InjectOptions, field: object): InjectOptions => ({
  ...request,
  payload: JSON.stringify({ ...JSON.parse(String(request.payload ?? '{}')), ...field }),
  headers: { 'content-type': 'application/json', ...request.headers },
});

const pointersOf = ({ errors }: { errors: { pointer: string }[] }) => errors.map(({ pointer }) => pointer);

describe('an event that must be paid', () => {
  it.each(Object.entries(buyers))('is not sold directly to %s, who may hold its seats', async (_who, headers) => {
    const event = await openPaid();
    for (const [, take] of selling) await refusal(as(headers, take(event, { seats: seats('A1') })), 'PAYMENT_REQUIRED');
    const held = await accepted(as(headers, hold(event, ['A1'])));
    await refusal(as(headers, confirm(held)), 'PAYMENT_REQUIRED');
  });

  it.each(selling)('is sold by %s to those who may sell and say how it was paid', async (_name, take) => {
    const event = await openPaid();
    const request = as(asSeller, take(event, { seats: seats('A1') }));
    expect(pointersOf(await refusal(request, 'INVALID_REQUEST', { asksRedis: true }))).toEqual(['#/paidBy']);
    const { orderId } = await accepted(withField(request, { paidBy: 'cash' }));
    await accepted(as(asOperator, withField(take(event, { seats: seats('A2') }), { paidBy: 'complimentary' })));
    expect(await domainEvents(event)).toMatchObject([
      { data: { orderId, paidBy: 'cash' } },
      { data: { paidBy: 'complimentary' } },
    ]);
  });

  it('is confirmed likewise', async () => {
    const event = await openPaid();
    const held = await accepted(hold(event, ['A1']));
    const request = as(asSeller, confirm(held));
    expect(pointersOf(await refusal(request, 'INVALID_REQUEST', { asksRedis: true }))).toEqual(['#/paidBy']);
    const sold = await accepted(withField(request, { paidBy: 'invoice' }));
    expect(sold.tickets).toMatchObject([{ status: 'PAID', paidBy: 'invoice' }]);
    expect(await domainEvents(event)).toMatchObject([{ data: { orderId: sold.orderId, paidBy: 'invoice' } }]);
    expect(await accepted(confirm(held), 200)).toEqual(sold);
  });

  it('is decided by its inventory at that moment: a layout that was read before does not matter', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1']));
    await accepted(order(event, ['A2']));
    await openEvent(db, redis, planOf({ ...event, payment: 'required' }));
    await refusal(order(event, ['A3']), 'PAYMENT_REQUIRED');
    await refusal(confirm(held), 'PAYMENT_REQUIRED');
    await openEvent(db, redis, planOf(event));
    await accepted(confirm(held));
  });

  it('keeps what a seller says apart by its Idempotency-Key', async () => {
    const event = await openPaid();
    const held = await accepted(hold(event, ['A1']));
    const request = withKey(as(asSeller, confirm(held)), 'a-key');
    const sold = await accepted(withField(request, { paidBy: 'cash' }));
    expect(await accepted(withField(request, { paidBy: 'cash' }))).toEqual(sold);
    await refusal(withField(request, { paidBy: 'card' }), 'IDEMPOTENCY_KEY_REUSED');
  });
});

describe('how an order was paid', () => {
  it('may be said by sellers of any event, and by nobody else', async () => {
    const event = await openTestEvent();
    for (const headers of Object.values(buyers)) {
      for (const [, take] of selling) {
        const request = as(headers, withField(take(event, { seats: seats('A1') }), { paidBy: 'cash' }));
        expect(pointersOf(await refusal(request, 'INVALID_REQUEST', { asksRedis: true }))).toEqual(['#/paidBy']);
      }
      const held = await accepted(as(headers, hold(event, ['B1'])));
      const request = as(headers, withField(confirm(held), { paidBy: 'cash' }));
      expect(pointersOf(await refusal(request, 'INVALID_REQUEST', { asksRedis: false }))).toEqual(['#/paidBy']);
      await accepted(release(held), 204);
    }
    const sold = await accepted(as(asSeller, withField(order(event, ['A1']), { paidBy: 'card' })));
    expect(sold.tickets).toMatchObject([{ paidBy: 'card' }]);
  });

  it('is one of four words: only checkout itself says that checkout was paid', async () => {
    const event = await openTestEvent();
    for (const paidBy of ['checkout', 'CASH', '', null])
      expect(pointersOf(await refusal(as(asSeller, withField(order(event, ['A1']), { paidBy })), 'INVALID_REQUEST'))).toContain(
        '#/paidBy',
      );
    expect(
      pointersOf(await refusal(as(asSeller, withField(hold(event, ['A1']), { paidBy: 'cash' })), 'INVALID_REQUEST')),
    ).toEqual(['#/paidBy']);
  });

  it('stays with the tickets that an exchange sells, and is in the domain events of what is cancelled', async () => {
    const event = await openTestEvent();
    const sold = await accepted(as(asSeller, withField(order(event, ['A1', 'A2']), { paidBy: 'cash' })));
    const [first] = sold.tickets;
    const after = await accepted(exchange({ ...sold, ticketId: first.ticketId }, seats('B5')[0] ?? {}), 200);
    expect(after.tickets).toMatchObject([{ paidBy: 'cash' }, { paidBy: 'cash' }, { paidBy: 'cash' }]);
    await accepted(cancelling(sold, asBuyerOf(sold.orderId)), 200);
    const paid = (await domainEvents(event)).map(({ type, data }) => [type, (data as { paidBy?: string }).paidBy]);
    expect(paid).toEqual([
      ['onsale.tickets.purchased', 'cash'],
      ['onsale.tickets.exchanged', 'cash'],
      ['onsale.tickets.cancelled', 'cash'],
    ]);
  });
});

describe('the service checkout', () => {
  it('holds seats for any buyer, also for signed-in buyers only, but never blocked ones', async () => {
    const event = await openTestEvent({ buyers: 'signed-in', payment: 'required' });
    const blocked = event.zones.map((zone) => ({ ...zone, blocked: [{ row: 'A', column: 1 }] }));
    await openEvent(db, redis, planOf({ ...event, zones: blocked }));
    const buyerId = `account:${accountWith().accountId}`;
    for (const request of [hold(event, { buyerId, seats: seats('A2') }), hold(event, ['A3'])])
      await accepted(as(asCheckout, request));
    await refusal(as(asCheckout, hold(event, { buyerId, seats: seats('A1') })), 'SEAT_TAKEN');
    const again = as(asCheckout, withKey(hold(event, { buyerId, zoneId: 1, quantity: 2 }), 'checkout-1'));
    expect(await accepted(again)).toEqual(await accepted(again));
  });
});

type Sold = { eventId: string; orderId: string };
const cancelling = ({ eventId, orderId }: Sold, headers: Headers, fields: object = {}) =>
  post(`orders/${orderId}/cancel`, { eventId, ...fields }, headers);

/** An order of two seats that was paid through checkout. */
async function paidOrder(): Promise<Sold & { tickets: { ticketId: string }[] }> {
  const event = await openPaid();
  const { holdId } = await accepted(hold(event, ['A1', 'A2']));
  const internal = (path: string, payload: object) =>
    app.inject({ method: 'POST', url: `/purchase/internal/v1/holds/${holdId}/payment${path}`, headers: asCheckout, payload });
  const { order } = (await internal('', { attempt: 1, leaseSeconds: 60 })).json();
  return (await internal('/confirm', { attempt: 1, orderId: order.orderId })).json().order;
}

describe('an order that was paid through checkout', () => {
  it('is cancelled by checkout alone: everybody else must refund it', async () => {
    const sold = await paidOrder();
    for (const headers of [asBuyerOf(sold.orderId), asOperator, asKey(mainOrganiser, ['orders:write'])])
      await refusal(cancelling(sold, headers), 'PAID_THROUGH_CHECKOUT');
    await refusal(cancelling(sold, await asService('catalogue', 'purchase')), 'PAID_THROUGH_CHECKOUT');
    const ticketIds = [sold.tickets[0]?.ticketId];
    const after = await accepted(cancelling(sold, asCheckout, { ticketIds }), 200);
    expect(after.tickets).toMatchObject([
      { status: 'CANCELLED', paidBy: 'checkout' },
      { status: 'PAID', paidBy: 'checkout' },
    ]);
    await accepted(cancelling(sold, asCheckout), 200);
  });
});

describe('the seats of a cancelled order', () => {
  it('can be blocked by services, and by those who may withdraw seats from sale', async () => {
    const event = await openTestEvent();
    const blocked = async () => (await readInventory(redis, event.eventId))?.zones[0]?.blocked;
    const [first, second] = [await accepted(order(event, ['A1'])), await accepted(order(event, ['A2']))];
    const asAdmin = await asAccount(accountWith({ [mainOrganiser]: ['admin'] }));
    await accepted(cancelling(first, asCheckout, { seats: 'blocked' }), 200);
    await accepted(cancelling(second, asAdmin, { seats: 'blocked' }), 200);
    expect(await blocked()).toEqual([
      { row: 'A', column: 1 },
      { row: 'A', column: 2 },
    ]);
    await refusal(order(event, ['A1']), 'SEAT_TAKEN');
    await accepted(cancelling(first, asCheckout, { seats: 'blocked' }), 200);
    await accepted(as(asSeller, order(event, ['A1'])));
    expect(await blocked()).toEqual([{ row: 'A', column: 2 }]);
  });

  it('are free unless the request says so, and places without seats always', async () => {
    const event = await openTestEvent({ zones: [{ zoneId: 1, capacity: 2, priceMinor: 100 }] });
    const sold = await accepted(order(event, { zoneId: 1, quantity: 2 }));
    await accepted(cancelling(sold, asCheckout, { seats: 'blocked' }), 200);
    await accepted(order(event, { zoneId: 1, quantity: 2 }));
    const seated = await openTestEvent();
    await accepted(cancelling(await accepted(order(seated, ['A1'])), asCheckout, { seats: 'free' }), 200);
    await accepted(order(seated, ['A1']));
  });

  it('cannot be blocked by a buyer, nor by those who may only cancel', async () => {
    const sold = await accepted(order(await openTestEvent(), ['A1']));
    const asSupport = await asAccount(accountWith({ [mainOrganiser]: ['support'] }));
    await refusal(cancelling(sold, asSupport, { seats: 'blocked' }), 'FORBIDDEN', { asksRedis: false });
    await refusal(cancelling(sold, asBuyerOf(sold.orderId), { seats: 'blocked' }), 'NOT_SIGNED_IN', { asksRedis: false });
    await accepted(cancelling(sold, asBuyerOf(sold.orderId)), 200);
  });
});
