import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asPayerOf, startTestCheckout } from '../../../scripts/testing/checkout.ts';
import { get, post } from '../../../scripts/testing/http.ts';
import { refAt } from '../../../scripts/testing/payments.ts';
import { receive } from '../../../scripts/testing/stores.ts';
import { accountWith, asAccount, asKey } from '../../../scripts/testing/tokens.ts';
import { CheckoutEvent } from '../../shared/events/checkout-events.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
let system: Awaited<ReturnType<typeof startTestCheckout>>;
let api: string;
let event: Inventory;
beforeAll(async () => {
  system = await startTestCheckout(resources);
  api = `${system.base}/checkout/api/v1`;
  event = await system.openEvent();
});

const support = await asAccount(accountWith({ main: ['support'] }));
const key = (text: string) => ({ ...support, 'idempotency-key': text });
const email = 'ann@example.com';

/** Buys tickets side by side. Returns the order's id, the tickets' ids, and the checkout's. */
async function buy(quantity = 2) {
  const { body } = await post(`${api}/checkouts`, { holdId: await system.hold(event, quantity), email });
  const { checkoutId, tickets, payment } = body as {
    checkoutId: string;
    tickets: { ticketId: string }[];
    payment: { payUrl: string };
  };
  system.payments.act(refAt(payment.payUrl), 'succeed');
  const { order } = await vi.waitFor(
    async () => {
      const { body: shown } = await get(`${api}/checkouts/${checkoutId}?settle=true`, asPayerOf(checkoutId));
      expect(shown).toMatchObject({ status: 'paid' });
      return shown as { order: { orderId: string } };
    },
    { timeout: 100_000, interval: 100 },
  );
  return { orderId: order.orderId, ticketIds: tickets.map(({ ticketId }) => ticketId), checkoutId };
}
const refund = (orderId: string, body: object, headers: Record<string, string>) =>
  post(`${api}/orders/${orderId}/refunds`, body, headers);
const reason = 'The buyer fell ill';

describe('refunds', () => {
  it('give back a ticket, an amount, and then the rest, each once; what was given back cannot be given back again', async () => {
    const { orderId, ticketIds } = await buy(3);
    const [first] = ticketIds;
    const ofTicket = { ticketIds: [first], reason };
    const one = await refund(orderId, ofTicket, key('one'));
    expect(one.status).toBe(201);
    expect(one.body).toMatchObject({ orderId, amount: '100.00', currency: 'USD', ticketIds: [first], seats: 'free', reason });
    const repeated = await refund(orderId, ofTicket, key('one'));
    expect(repeated.status).toBe(200);
    expect(repeated.body['refundId']).toBe(one.body['refundId']);
    expect(await refund(orderId, { reason }, key('one'))).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect(await refund(orderId, ofTicket, key('two'))).toMatchObject({ status: 409, body: { code: 'TICKET_REFUNDED' } });
    expect(await refund(orderId, { amount: '12.50', reason }, key('three'))).toMatchObject({
      status: 201,
      body: { amount: '12.50', ticketIds: [] },
    });
    const tooMuch = await refund(orderId, { amount: '500.00', reason }, key('four'));
    expect(tooMuch).toMatchObject({
      status: 409,
      body: { code: 'REFUND_TOO_MUCH', detail: expect.stringContaining('187.50 USD') },
    });
    expect(await refund(orderId, { seats: 'blocked', reason }, key('five'))).toMatchObject({
      status: 201,
      body: { amount: '187.50' },
    });
    const list = (await get(`${api}/orders/${orderId}/refunds`, support)).body as unknown as { amount: string; status: string }[];
    expect(list.map(({ amount }) => amount)).toEqual(['100.00', '12.50', '187.50']);
    const [taken] = [...system.payments.journal.payments.values()].filter(({ captured }) => captured === 30_000);
    const back = system.payments.journal.refundsOf(taken?.ref ?? '').map(({ amount }) => amount);
    expect(back.reduce((sum, amount) => sum + amount, 0)).toBe(30_000);
  });

  it.each([
    ['#/amount', { amount: '0.00' }],
    ['#/amount', { amount: '1.005' }],
    ['#/amount', { ticketIds: ['019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b'], amount: '1.00' }],
    ['#/reason', { reason: '' }],
    ['#/seats', { seats: 'lost' }],
  ])('are refused with a wrong %s: %j', async (pointer, body) => {
    const { orderId } = await bought();
    const answer = await refund(orderId, { reason, ...body }, key('wrong'));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it('need an Idempotency-Key', async () => {
    const { orderId } = await bought();
    const answer = await refund(orderId, { reason }, support);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ header: 'idempotency-key' }] } });
  });

  it("are no other organiser's business, nor a buyer's, nor of orders that were not paid here", async () => {
    const { orderId } = await bought();
    const elsewhere = { ...(await asAccount(accountWith({ other: ['admin'] }))), 'idempotency-key': 'x' };
    const unknown = '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b';
    for (const id of [orderId, unknown])
      expect(await refund(id, { reason }, elsewhere)).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_FOUND' } });
    const buyer = { ...(await asAccount()), 'idempotency-key': 'x' };
    expect(await refund(orderId, { reason }, buyer)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    const reader = { ...asKey('main', ['orders:read']), 'idempotency-key': 'x' };
    expect(await refund(orderId, { reason }, reader)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect((await get(`${api}/orders/${orderId}/refunds`, reader)).status).toBe(200);
  });

  /** One order for all tests that refund nothing. */
  const bought = () => {
    kept ??= buy(1);
    return kept;
  };
  let kept: ReturnType<typeof buy> | undefined;
});

it("an event's payments are added up for those who may see them", async () => {
  const own = await system.openEvent();
  const holdId = await system.hold(own);
  await post(`${api}/checkouts`, { holdId, email });
  const finance = await asAccount(accountWith({ main: ['finance'] }));
  const { status, body } = await get(`${api}/events/${own.eventId}/payments`, finance);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ eventId: own.eventId, currency: 'USD', captured: '0.00', pending: '100.00', unfinished: 1, stuck: 0 },
    ...{ checkouts: { awaiting_payment: 1 }, refunds: {}, providers: [] },
  });
  const other = await asAccount(accountWith({ other: ['finance'] }));
  expect(await get(`${api}/events/${own.eventId}/payments`, other)).toMatchObject({ status: 404 });
});

it('each domain event is as its schema says, and has no address', async () => {
  const { orderId, checkoutId } = await buy(1);
  await refund(orderId, { reason }, key('events'));
  const cancelled = (await post(`${api}/checkouts`, { holdId: await system.hold(event), email })).body['checkoutId'];
  await post(`${api}/checkouts/${cancelled}/cancel`, {}, asPayerOf(String(cancelled)));
  const check = Compile(CheckoutEvent);
  const seen: CheckoutEvent[] = [];
  await vi.waitFor(
    async () => {
      for (const { Body = '[]' } of await receive(system.messaging.eventsQueueUrl))
        seen.push(...(JSON.parse(Body) as CheckoutEvent[]));
      const own = seen.filter(({ data }) => data.checkoutId === checkoutId || data.checkoutId === cancelled);
      expect(own.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['onsale.checkout.paid', 'onsale.checkout.refunded', 'onsale.checkout.cancelled']),
      );
    },
    { timeout: 100_000, interval: 100 },
  );
  expect(seen.filter((one) => !check.Check(one))).toEqual([]);
  expect(JSON.stringify(seen)).not.toContain(email);
});
