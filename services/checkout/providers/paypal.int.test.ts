import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { startPayments } from '../../../scripts/local/payments/payments.ts';
import { providersAt, startTestPayments } from '../../../scripts/testing/payments.ts';
import { ProviderAway } from './provider.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { payments, providers, folder, urls } = await startTestPayments(resources);
const { paypal } = providers;
beforeEach(() => payments.faults.clear());

/** An order that the buyer has approved, and nobody has authorized. */
async function approved(): Promise<string> {
  const { ref } = await paypal.create({
    checkoutId: randomUUID(),
    attempt: 1,
    amountMinor: 5_000,
    currency: 'EUR',
    description: 'A ticket',
    email: 'ann@shop.example',
    returnUrl: 'http://127.0.0.1/',
  });
  payments.act(ref, 'succeed');
  return ref;
}

const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 10 });
const stateOf = (ref: string) => payments.journal.payments.get(ref)?.state;
const untilArrived = () => waitFor(() => expect(payments.faults.all()).toEqual([]));

it('authorizes an approved order when it is retrieved, and only once', async () => {
  const ref = await approved();
  expect(stateOf(ref)).toBe('approved');
  const seen = await Promise.all([paypal.retrieve(ref), paypal.retrieve(ref), paypal.retrieve(ref)]);
  expect(seen.map(({ state }) => state)).toEqual(['authorized', 'authorized', 'authorized']);
});

it('voids an authorization that arrives after the order was cancelled', async () => {
  const ref = await approved();
  payments.faults.add({ kind: 'held', provider: 'paypal', step: 'authorize', ms: 1_000, count: 1 });
  const late = paypal.retrieve(ref);
  await untilArrived();
  expect((await paypal.cancel(ref)).state).toBe('voided');
  expect((await late).state).toBe('voided');
  expect(stateOf(ref)).toBe('voided');
});

it('voids it at the next look if whoever sent it did not live to see it', async () => {
  const ref = await approved();
  payments.faults.add({ kind: 'held', provider: 'paypal', step: 'authorize', ms: 3_000, count: 1 });
  const dead = expect(providersAt(payments.url, 100).paypal.retrieve(ref)).rejects.toThrow(ProviderAway);
  await untilArrived();
  expect((await paypal.cancel(ref)).state).toBe('voided');
  await dead;
  await waitFor(() => expect(stateOf(ref)).toBe('authorized'));
  expect((await paypal.capture(ref)).state).toBe('voided');
  expect(stateOf(ref)).toBe('voided');
});

it('signs in once for many requests, and again when its token is no longer accepted', async () => {
  const ref = await approved();
  payments.faults.add({ kind: 'away', provider: 'paypal', step: 'token' });
  expect((await paypal.retrieve(ref)).state).toBe('authorized');
  payments.faults.clear();
  await payments.stop();
  // It knows none of the tokens that it gave before.
  const again = await startPayments({ port: Number(new URL(payments.url).port), folder, ...urls });
  resources.defer(() => again.stop());
  // The first request may meet a connection that the old process has closed.
  await waitFor(async () => expect((await paypal.retrieve(ref)).state).toBe('authorized'));
});
