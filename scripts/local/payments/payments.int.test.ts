import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Delivery, startTestPayments } from '../../testing/payments.ts';
import { localPaymentKeys } from './local-keys.ts';
import { startPayments } from './payments.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

let accept: (delivery: Delivery) => number = () => 200;
const { payments, providers, deliveries } = await startTestPayments(resources, { accept: (delivery) => accept(delivery) });
beforeEach(() => {
  payments.faults.clear();
  deliveries.length = 0;
  accept = () => 200;
});

const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 10 });
const { url } = payments;
const authorization = `Bearer ${localPaymentKeys.STRIPE_SECRET_KEY}`;

/** Sends a form to Stripe's API as its clients do. */
async function post(
  path: string,
  form: Record<string, string>,
  key: string = randomUUID(),
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization, 'idempotency-key': key, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
  const body = (await response.json()) as { id?: string; status?: string; error?: { type: string; code?: string } };
  return { status: response.status, body, isReplayed: response.headers.get('idempotent-replayed') === 'true' };
}
const money = { amount: '1000', currency: 'eur' };

async function created(): Promise<string> {
  const { body } = await post('/v1/payment_intents', { ...money, 'metadata[checkoutId]': 'c-1' });
  return body.id ?? expect.fail('It was not created');
}

describe('an idempotency key of Stripe', () => {
  it('repeats the reply to the same request, also after the payment has changed', async () => {
    const key = randomUUID();
    const first = await post('/v1/payment_intents', money, key);
    payments.act(first.body.id ?? '', 'succeed');
    const second = await post('/v1/payment_intents', money, key);
    expect(second.body).toEqual(first.body);
    expect([first.isReplayed, second.isReplayed]).toEqual([false, true]);
  });

  it('is refused with another request', async () => {
    const key = randomUUID();
    await post('/v1/payment_intents', money, key);
    const other = await post('/v1/payment_intents', { ...money, amount: '999' }, key);
    expect(other).toMatchObject({ status: 400, body: { error: { type: 'idempotency_error' } } });
  });

  it('repeats a failure inside of Stripe for ever', async () => {
    const key = randomUUID();
    payments.faults.add({ kind: 'error', provider: 'stripe', count: 1 });
    const statuses = [];
    for (let at = 0; at < 3; at++) statuses.push((await post('/v1/payment_intents', money, key)).status);
    expect(statuses).toEqual([500, 500, 500]);
  });

  it('is not used up by a request that was not understood, nor by one with a wrong secret', async () => {
    const key = randomUUID();
    expect(await post('/v1/payment_intents', { ...money, colour: 'red' }, key)).toMatchObject({
      status: 400,
      body: { error: { code: 'parameter_unknown' } },
    });
    expect((await post('/v1/payment_intents', money, key, { authorization: 'Bearer other' })).status).toBe(401);
    expect((await post('/v1/payment_intents', money, key)).status).toBe(200);
  });
});

describe('webhooks', () => {
  const typesOf = (ref: string) =>
    deliveries.filter(({ body }) => body.includes(ref)).map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type);
  const create = 'payment_intent.created';
  const pay = 'payment_intent.amount_capturable_updated';

  it('come again until they are accepted', async () => {
    const isKnown = ({ body }: Delivery) => deliveries.filter((other) => other.body.equals(body)).length > 2;
    accept = (delivery) => (isKnown(delivery) ? 200 : 500);
    const ref = await created();
    await waitFor(() => expect(typesOf(ref)).toEqual([create, create, create]));
    const isDone = () =>
      [...payments.journal.events.values()].filter((event) => event.ref === ref).every(({ body }) => body === undefined);
    await waitFor(() => expect(isDone()).toBe(true));
  });

  it('that are lost do not come again', async () => {
    payments.faults.add({ kind: 'webhooks-lost', count: 1 });
    const ref = await created();
    payments.act(ref, 'succeed');
    await waitFor(() => expect(typesOf(ref)).toEqual([pay]));
  });

  it('that are doubled come twice', async () => {
    payments.faults.add({ kind: 'webhooks-doubled', count: 1 });
    const ref = await created();
    await waitFor(() => expect(typesOf(ref)).toEqual([create, create]));
  });

  it('that are late come after later ones', async () => {
    payments.faults.add({ kind: 'webhooks-late', ms: 1_000, count: 1 });
    const ref = await created();
    payments.act(ref, 'succeed');
    await waitFor(() => expect(typesOf(ref)).toEqual([pay, create]));
  });

  it('that are shuffled all come', async () => {
    payments.faults.add({ kind: 'webhooks-shuffled', ms: 300 });
    const refs = await Promise.all(Array.from({ length: 10 }, created));
    await waitFor(() => expect(refs.map((ref) => typesOf(ref))).toEqual(refs.map(() => [create])));
  });

  it('that were not accepted are sent by the next process, and money that it took is not forgotten', async () => {
    let status = 503;
    const own = await startTestPayments(resources, { accept: () => status });
    const { ref } = await own.providers.stripe.create({
      checkoutId: 'c-2',
      attempt: 1,
      amountMinor: 700,
      currency: 'EUR',
      description: '',
      email: 'ann@shop.example',
      returnUrl: 'http://127.0.0.1/',
    });
    own.payments.act(ref, 'succeed', { isAutomatic: true });
    await own.payments.stop();
    own.deliveries.length = 0;
    status = 200;
    const next = await startPayments({ port: 0, folder: own.folder, ...own.urls });
    resources.defer(() => next.stop());
    expect(next.journal.payments.get(ref)).toMatchObject({ state: 'captured', captured: 700 });
    const types = () => own.deliveries.map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type).toSorted();
    // Each at least once: what the first process was sending may have come after all.
    await waitFor(() => expect(new Set(types())).toEqual(new Set([create, 'payment_intent.succeeded'])));
  });
});

describe('over HTTP', () => {
  const send = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown> | undefined };
  };

  it('a test pays without clicking', async () => {
    const ref = await created();
    expect(await send('POST', `/test/payments/${ref}/succeed`)).toMatchObject({ status: 200, body: { state: 'authorized' } });
    expect((await send('POST', `/test/payments/${ref}/succeed`)).status).toBe(409);
    expect((await send('POST', '/test/payments/unknown/succeed')).status).toBe(404);
    expect((await send('POST', `/test/payments/${ref}/steal`)).status).toBe(400);
    expect((await send('POST', `/test/payments/${ref}/decline`, { colour: 'red' })).status).toBe(400);
    expect((await providers.stripe.retrieve(ref)).state).toBe('authorized');
  });

  it('a payment that is paid late succeeds by itself, unless it was cancelled', async () => {
    const [late, cancelled] = [await created(), await created()];
    for (const ref of [late, cancelled]) await send('POST', `/test/payments/${ref}/pay-late`, { seconds: 0.5 });
    await providers.stripe.cancel(cancelled);
    await waitFor(async () => expect((await providers.stripe.retrieve(late)).state).toBe('authorized'));
    expect((await providers.stripe.retrieve(cancelled)).state).toBe('voided');
  });

  it('a refund that waits is settled', async () => {
    const ref = await created();
    payments.act(ref, 'succeed', { isAutomatic: true });
    payments.act(ref, 'hold-refunds');
    payments.act(ref, 'refund', { amount: 10 });
    const [refund] = payments.journal.refundsOf(ref);
    expect(refund?.state).toBe('pending');
    expect(await send('POST', `/test/refunds/${refund?.ref}/failed`)).toMatchObject({ status: 200, body: { state: 'failed' } });
    expect((await send('POST', '/test/refunds/unknown/done')).status).toBe(404);
    expect((await send('POST', `/test/refunds/${refund?.ref}/lost`)).status).toBe(400);
    expect((await send('GET', '/test/refunds')).body).toContainEqual(
      expect.objectContaining({ ref: refund?.ref, state: 'failed' }),
    );
  });

  it('faults are added, shown and cleared', async () => {
    const fault = { kind: 'unavailable', provider: 'stripe', step: 'create' };
    expect((await send('POST', '/faults', fault)).status).toBe(204);
    expect((await send('GET', '/faults')).body).toEqual([fault]);
    expect((await post('/v1/payment_intents', money)).status).toBe(503);
    expect((await send('DELETE', '/faults')).status).toBe(204);
    expect((await post('/v1/payment_intents', money)).status).toBe(200);
    expect((await send('POST', '/faults', { kind: 'rain' })).status).toBe(400);
  });

  it('another site cannot pay, nor a host name that leads here', async () => {
    const ref = await created();
    expect((await send('POST', `/test/payments/${ref}/succeed`, undefined, { origin: 'http://other.example' })).status).toBe(403);
    const response = await fetch(`${url}/faults`, { method: 'DELETE', headers: { origin: 'http://other.example' } });
    expect(response.status).toBe(403);
  });
});
