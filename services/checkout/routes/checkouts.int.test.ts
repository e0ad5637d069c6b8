import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkoutTokens, orderTokens, testCheckoutApp } from '../../../scripts/testing/apps.ts';
import { asPayerOf, startTestCheckout } from '../../../scripts/testing/checkout.ts';
import { get, post } from '../../../scripts/testing/http.ts';
import { refAt } from '../../../scripts/testing/payments.ts';
import { accountWith, asAccount, asKey } from '../../../scripts/testing/tokens.ts';

type System = Awaited<ReturnType<typeof startTestCheckout>>;
type Body = Record<string, unknown>;

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
let system: System;
let api: string;
beforeAll(async () => {
  system = await startTestCheckout(resources);
  api = `${system.base}/checkout/api/v1`;
});

const email = 'ann@example.com';
const begin = async (more: Body = {}, headers: Record<string, string> = {}) => {
  const holdId = await system.hold(await system.openEvent(), 2);
  return await post(`${api}/checkouts`, { holdId, email, ...more }, headers);
};
const read = async (id: unknown, headers = asPayerOf(String(id))) => await get(`${api}/checkouts/${id}`, headers);
const refOf = ({ body }: { body: Body }) => refAt((body['payment'] as { payUrl: string }).payUrl);
const untilPaid = (id: unknown) =>
  vi.waitFor(
    async () => {
      const { body } = await read(id);
      expect(body).toMatchObject({ status: 'paid' });
      return body;
    },
    { timeout: 100_000, interval: 50 },
  );

/** What each says of a payment that its buyer has not looked at yet. */
const fresh = [
  ['stripe', 'created'],
  ['paypal', 'requires_action'],
] as const;

describe.each(fresh)('paying a hold with %s', (provider, status) => {
  it('leads from the hold to a page of the provider, and from there by itself to the paid order', async () => {
    const begun = await begin({ provider });
    expect(begun.status).toBe(201);
    const { checkoutId } = begun.body;
    expect(begun.headers.get('location')).toBe(`/checkout/api/v1/checkouts/${checkoutId}`);
    expect(begun.headers.get('cache-control')).toBe('no-store');
    expect(begun.body).toMatchObject({
      status: 'awaiting_payment',
      amount: '200.00',
      currency: 'USD',
      checkoutToken: checkoutTokens.tokenOf(String(checkoutId)),
      tickets: [{ price: '100.00' }, { price: '100.00' }],
      payment: { provider, attempt: 1, status },
    });
    expect(begun.body).not.toHaveProperty('order');
    system.payments.act(refOf(begun), 'succeed');
    const paid = await untilPaid(checkoutId);
    const { orderId } = paid['order'] as { orderId: string };
    expect(paid).toMatchObject({
      payment: { status: 'captured' },
      order: { orderId, orderToken: orderTokens.tokenOf(orderId) },
    });
    expect(paid['payment']).not.toHaveProperty('payUrl');
  });

  it('may fail, and then another attempt pays, after the first one is dead', async () => {
    const begun = await begin({ provider });
    const { checkoutId } = begun.body;
    system.payments.act(refOf(begun), 'decline');
    await vi.waitFor(async () => expect((await read(checkoutId)).body).toMatchObject({ payment: { status: 'failed' } }), 30_000);
    const again = await post(`${api}/checkouts/${checkoutId}/payments`, { provider }, asPayerOf(String(checkoutId)));
    expect(again).toMatchObject({ status: 201, body: { payment: { attempt: 2, status } } });
    expect(refOf(again)).not.toBe(refOf(begun));
    system.payments.act(refOf(begun), 'succeed');
    system.payments.act(refOf(again), 'succeed');
    await untilPaid(checkoutId);
    const taken = [begun, again].map((answer) => system.payments.journal.payments.get(refOf(answer))?.captured);
    expect(taken).toEqual([0, 20_000]);
  });
});

describe('a checkout', () => {
  it('is one for each hold: whoever begins it again gets the same, with another status', async () => {
    const holdId = await system.hold(await system.openEvent());
    const first = await post(`${api}/checkouts`, { holdId, email });
    const second = await post(`${api}/checkouts`, { holdId, email: 'bob@example.com', provider: 'paypal' });
    expect([first.status, second.status]).toEqual([201, 200]);
    const { payment, ...rest } = first.body;
    expect(second.body).toMatchObject(rest);
    expect(second.body['payment']).toMatchObject({ provider: 'stripe', attempt: 1 });
    expect(payment).toMatchObject({ attempt: 1 });
  });

  it('of nothing to pay is paid immediately', async () => {
    const event = await system.openEvent({
      zones: [{ zoneId: 1, capacity: 5, priceMinor: 0 }],
    });
    const answer = await post(`${api}/checkouts`, { holdId: await system.hold(event), email });
    expect(answer).toMatchObject({ status: 201, body: { status: 'paid', amount: '0.00' } });
    expect(answer.body).not.toHaveProperty('payment');
    expect(answer.body['order']).toMatchObject({ orderToken: expect.any(String) });
  });

  it('while the provider is away, is begun with 202, keeps its seats, and is paid when it is back, or with the other provider', async () => {
    system.payments.faults.add({ kind: 'away', provider: 'stripe' });
    try {
      const begun = await begin();
      expect(begun.status).toBe(202);
      expect(begun.headers.get('retry-after')).toBe('2');
      const { checkoutId } = begun.body;
      expect(begun.body).toMatchObject({ status: 'awaiting_payment', payment: { provider: 'stripe', status: 'created' } });
      const other = await post(`${api}/checkouts/${checkoutId}/payments`, { provider: 'paypal' }, asPayerOf(String(checkoutId)));
      expect(other).toMatchObject({ status: 201, body: { payment: { provider: 'paypal', attempt: 2 } } });
      system.payments.act(refOf(other), 'succeed');
      await untilPaid(checkoutId);
    } finally {
      system.payments.faults.clear();
    }
  });

  it('is given up by its buyer, whose seats are free then; giving it up again changes nothing', async () => {
    const begun = await begin();
    const { checkoutId } = begun.body;
    const cancel = () => post(`${api}/checkouts/${checkoutId}/cancel`, {}, asPayerOf(String(checkoutId)));
    expect(await cancel()).toMatchObject({ status: 200, body: { status: 'cancelled', reason: 'BUYER_CANCELLED' } });
    expect(await cancel()).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect(system.payments.act(refOf(begun), 'succeed')).toBeUndefined();
    const again = await post(`${api}/checkouts/${checkoutId}/payments`, {}, asPayerOf(String(checkoutId)));
    expect(again).toMatchObject({ status: 409, body: { code: 'CHECKOUT_ENDED' } });
  });

  it('that is paid cannot be given up any more', async () => {
    const begun = await begin();
    const { checkoutId } = begun.body;
    system.payments.act(refOf(begun), 'succeed');
    await untilPaid(checkoutId);
    const answer = await post(`${api}/checkouts/${checkoutId}/cancel`, {}, asPayerOf(String(checkoutId)));
    expect(answer).toMatchObject({ status: 409, body: { code: 'CHECKOUT_ENDED' } });
  });

  it('is asked about at the provider if its reader wants that, so that lost webhooks delay nobody who looks', async () => {
    system.payments.faults.add({ kind: 'webhooks-lost' });
    try {
      const begun = await begin();
      const { checkoutId } = begun.body;
      system.payments.act(refOf(begun), 'succeed');
      expect((await read(checkoutId)).body).toMatchObject({ status: 'awaiting_payment' });
      const settled = await get(`${api}/checkouts/${checkoutId}?settle=true`, asPayerOf(String(checkoutId)));
      expect(settled.body).toMatchObject({ status: 'paid' });
    } finally {
      system.payments.faults.clear();
    }
  });
});

describe('beginning a checkout is refused', () => {
  it('for a hold that is unknown, released or bought already', async () => {
    const event = await system.openEvent();
    const unknown = `${event.eventId}~AAAAAAAAAAAAAAAAAAAAAA`;
    expect(await post(`${api}/checkouts`, { holdId: unknown, email })).toMatchObject({ body: { code: 'HOLD_NOT_FOUND' } });
    const bought = await system.hold(event);
    await post(`${system.purchaseUrl}/purchase/api/v1/holds/${bought}/confirm`, {});
    expect(await post(`${api}/checkouts`, { holdId: bought, email })).toMatchObject({
      status: 409,
      body: { code: 'HOLD_CONFIRMED' },
    });
    expect(await system.db.selectFrom('checkouts').selectAll().where('event_id', '=', event.eventId).execute()).toEqual([]);
  });

  it.each([
    ['#/email', { email: 'ann' }],
    ['#/provider', { provider: 'bitcoin' }],
    ['#/returnUrl', { returnUrl: 'javascript:alert(1)' }],
    ['#/returnUrl', { returnUrl: 'https://elsewhere.example/' }],
    ['#/returnUrl', { returnUrl: 'https://shop.example.elsewhere.example/' }],
    ['#/number', { number: '12' }],
  ])('with a wrong %s: %j', async (pointer, more) => {
    const { status, body } = await begin(more);
    expect(status).toBe(400);
    expect(body['errors']).toMatchObject([{ pointer }]);
  });

  it('with a provider that is not offered, and with 503 if none is', async () => {
    const holdId = await system.hold(await system.openEvent());
    const { db } = system;
    const ask = async (providers: System['providers'], provider: 'stripe' | 'paypal') => {
      const app = await testCheckoutApp({ db, providers });
      const answer = await app.inject({
        method: 'POST',
        url: '/checkout/api/v1/checkouts',
        payload: { holdId, email, provider },
      });
      await app.close();
      return answer.json<Body>();
    };
    const onlyStripe = new Map([...system.providers].filter(([name]) => name === 'stripe'));
    expect(await ask(onlyStripe, 'paypal')).toMatchObject({ status: 400, errors: [{ pointer: '#/provider' }] });
    expect(await ask(new Map(), 'stripe')).toMatchObject({ status: 503 });
  });
});

describe("somebody else's checkout", () => {
  it('is neither read nor changed, and nobody learns whether it exists', async () => {
    const { body } = await begin({}, await asAccount(accountWith()));
    const { checkoutId } = body;
    const unknown = '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b';
    const wrongToken = { 'checkout-token': checkoutTokens.tokenOf(unknown) };
    const orderToken = { 'checkout-token': orderTokens.tokenOf(String(checkoutId)) };
    const other = await asAccount(accountWith());
    const finance = await asAccount(accountWith({ elsewhere: ['finance'] }));
    for (const headers of [{}, wrongToken, orderToken, other, finance] as Record<string, string>[]) {
      for (const id of [checkoutId, unknown]) {
        if (id === unknown && headers === wrongToken) continue;
        const refused = { status: 403, body: { code: 'CHECKOUT_TOKEN_REQUIRED' } };
        expect(await get(`${api}/checkouts/${id}`, headers)).toMatchObject(refused);
        expect(await post(`${api}/checkouts/${id}/payments`, {}, headers)).toMatchObject(refused);
        expect(await post(`${api}/checkouts/${id}/cancel`, {}, headers)).toMatchObject(refused);
      }
    }
    expect(await get(`${api}/checkouts/${unknown}`, wrongToken)).toMatchObject({
      status: 404,
      body: { code: 'CHECKOUT_NOT_FOUND' },
    });
  });

  it('is read by its signed-in buyer without the token; and by those who see payments, without its secrets, but not changed', async () => {
    const buyer = accountWith();
    const { body } = await begin({}, await asAccount(buyer));
    const { checkoutId } = body;
    const own = await get(`${api}/checkouts/${checkoutId}`, await asAccount(buyer));
    expect(own).toMatchObject({ status: 200, body: { payment: { payUrl: expect.any(String) } } });
    const finance = asKey('main', ['orders:read']);
    const seen = await get(`${api}/checkouts/${checkoutId}`, finance);
    expect(seen).toMatchObject({ status: 200, body: { status: 'awaiting_payment', amount: '200.00' } });
    expect(JSON.stringify(seen.body)).not.toMatch(/payUrl|clientSecret|Token/);
    expect(await post(`${api}/checkouts/${checkoutId}/cancel`, {}, finance)).toMatchObject({ status: 403 });
  });
});
