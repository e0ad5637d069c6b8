import type { Updateable } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { localPaymentKeys } from '../../../scripts/local/payments/local-keys.ts';
import { startTestCheckouts, wishFor } from '../../../scripts/testing/checkouts.ts';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { hold } from '../../../scripts/testing/requests.ts';
import { openTestEvent, unique } from '../../../scripts/testing/stores.ts';
import { onlyOne } from '../../shared/stores/only-one.ts';
import type { ProviderName, Schema } from '../../shared/stores/schema.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import type { CheckoutView } from '../saga/types.ts';
import { reconcile } from './reconcile.ts';
import { startReconciler } from './start-reconciler.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { db, payments, providers, time, dependencies, checkouts, refunds } = await startTestCheckouts(resources);
const reconciler = { ...dependencies, checkouts, refunds };
const minuteMs = 60_000;

let sinceMs: number;
beforeEach(() => {
  payments.faults.clear();
  sinceMs = Date.now() - 1_000;
  time.now = Date.now();
});

async function opened(provider: ProviderName): Promise<CheckoutView> {
  const { holdId } = await accepted(hold(await openTestEvent(), ['A1', 'A2']));
  const outcome = await checkouts.open(wishFor({ holdId }, { provider }));
  return 'refused' in outcome ? expect.fail(outcome.refused) : outcome.checkout;
}

const paymentsOf = ({ checkoutId }: CheckoutView) =>
  [...payments.journal.payments.values()].filter(({ metadata }) => JSON.stringify(metadata).includes(checkoutId));
const refOf = (checkout: CheckoutView) => paymentsOf(checkout)[0]?.ref ?? expect.fail('it has no payment');

async function paid(provider: ProviderName): Promise<CheckoutView> {
  const checkout = await opened(provider);
  payments.act(refOf(checkout), 'succeed');
  const settled = await checkouts.settle(checkout.checkoutId);
  expect(settled?.state).toBe('paid');
  return settled ?? checkout;
}

/** What is found about a checkout; earlier tests have left what differs. */
async function run(checkout: CheckoutView, isDryRun = false) {
  const results = await reconcile(reconciler, { sinceMs, isDryRun });
  expect(results.map(({ provider, away }) => [provider, away])).toEqual([
    ['stripe', undefined],
    ['paypal', undefined],
  ]);
  const refs = paymentsOf(checkout).map(({ ref }) => ref);
  const isOfIt = (line: string) => [checkout.checkoutId, ...refs].some((id) => line.includes(id));
  const linesOf = (of: 'repaired' | 'toDo') => results.flatMap((result) => result[of].lines.filter(isOfIt));
  return { repaired: linesOf('repaired'), toDo: linesOf('toDo') };
}

const nothing = { repaired: [], toDo: [] };

const idOf = ({ checkoutId }: CheckoutView) => uuidBytes(checkoutId);
const refundOf = ({ orderId = '' }: CheckoutView) =>
  ({ orderId, seats: 'free', reason: 'asked for it', principal: 'operator', requestKey: 'one' }) as const;
const changeAttempt = (checkout: CheckoutView, columns: Updateable<Schema['payment_attempts']>) =>
  db.updateTable('payment_attempts').set(columns).where('checkout_id', '=', idOf(checkout)).execute();
const stateOf = async ({ checkoutId }: CheckoutView) => (await checkouts.read(checkoutId))?.state;

describe.each<ProviderName>(['stripe', 'paypal'])('reconciling with %s', (provider) => {
  it('finds nothing wrong with what is paid, refunded, and waits for its buyer', async () => {
    const waiting = await opened(provider);
    const checkout = await paid(provider);
    expect(await refunds.request(refundOf(checkout))).toMatchObject({ refund: { state: 'done' } });
    expect(await run(waiting)).toEqual(nothing);
    expect(await run(checkout)).toEqual(nothing);
    const found = (await reconcile(reconciler, { sinceMs })).find((result) => result.provider === provider);
    expect(found?.payments).toBeGreaterThan(0);
    expect(found?.refunds).toBeGreaterThan(0);
  });

  it('goes on with a checkout whose payment nobody told of; a dry run only says so', async () => {
    const checkout = await opened(provider);
    payments.act(refOf(checkout), 'succeed');
    // PayPal does not list what its buyer has only approved; it is asked for it once it has been quiet for a while.
    time.now += 2 * minuteMs;
    const dry = await run(checkout, true);
    const line = new RegExp(`^payment ${refOf(checkout)} of checkout ${checkout.checkoutId} is authorized, and was `);
    expect(dry.repaired).toEqual([expect.stringMatching(line)]);
    expect(await stateOf(checkout)).toBe('awaiting_payment');
    const { repaired, toDo } = await run(checkout);
    expect(repaired).toEqual([expect.stringMatching(/is authorized, and was .* here; the checkout is paid$/)]);
    expect(toDo).toEqual([]);
    expect(await stateOf(checkout)).toBe('paid');
    expect(await run(checkout)).toEqual(nothing);
  });

  it('counts a refund that was made at the dashboard, and one that failed after all', async () => {
    const checkout = await paid(provider);
    payments.act(refOf(checkout), 'refund', { amount: 500 });
    const { repaired } = await run(checkout);
    const made = new RegExp(
      `^refund \\w+ of checkout ${checkout.checkoutId}, 5.00 USD, was made at ${provider} itself, and is counted`,
    );
    expect(repaired).toEqual([expect.stringMatching(made)]);
    expect(await refunds.listOfOrder(checkout.orderId ?? '')).toMatchObject([{ state: 'external', amountMinor: 500 }]);
    expect(await run(checkout)).toEqual(nothing);

    const { ref } = payments.journal.refundsOf(refOf(checkout))[0] ?? expect.fail('it has no refund');
    payments.settleRefund(ref, 'failed');
    expect((await run(checkout)).repaired).toEqual([expect.stringMatching(/5.00 USD, is failed, and was external here$/)]);
    expect(await refunds.listOfOrder(checkout.orderId ?? '')).toMatchObject([{ state: 'failed' }]);
    expect(await run(checkout)).toEqual(nothing);
  });

  it('leaves to somebody a refund that we gave up and the provider made', async () => {
    const checkout = await paid(provider);
    await refunds.request(refundOf(checkout));
    await db.updateTable('refunds').set({ state: 'failed' }).where('checkout_id', '=', idOf(checkout)).execute();
    const { toDo } = await run(checkout);
    expect(toDo).toEqual([expect.stringMatching(new RegExp(`^refund .*, 200.00 USD, is done at ${provider}, but failed here$`))]);
  });

  it('leaves to somebody a payment of another amount, and a dispute until it is over', async () => {
    const checkout = await paid(provider);
    await changeAttempt(checkout, { amount: '199.50' });
    payments.act(refOf(checkout), 'dispute');
    const { repaired, toDo } = await run(checkout);
    const name = `payment ${refOf(checkout)} of checkout ${checkout.checkoutId}`;
    expect(repaired).toEqual([expect.stringContaining('disputed: ')]);
    expect(toDo).toEqual([
      `${name} is for 200.00 USD at ${provider}, but for 199.50 USD here`,
      expect.stringMatching(/200.00 USD, is disputed \(\w+\): answer at/),
    ]);
    await changeAttempt(checkout, { amount: '200' });
    payments.act(refOf(checkout), 'dispute', { status: provider === 'stripe' ? 'won' : 'RESOLVED' });
    expect((await run(checkout)).toDo).toEqual([]);
    expect(await run(checkout)).toEqual(nothing);
  });

  it('leaves to somebody a payment for a checkout that is not here', async () => {
    const checkout = await paid(provider);
    for (const table of ['payment_attempts', 'checkouts'] as const)
      await db.deleteFrom(table).where('checkout_id', '=', idOf(checkout)).execute();
    const what = `of checkout ${checkout.checkoutId}, which does not exist here, took 200.00 USD: refund it at ${provider}`;
    expect((await run(checkout)).toDo).toEqual([expect.stringContaining(what)]);
    payments.act(refOf(checkout), 'refund');
    expect(await run(checkout)).toEqual(nothing);
  });

  it('leaves to somebody what the provider does not know, and what it knows otherwise', async () => {
    const checkout = await paid(provider);
    const before = refOf(checkout);
    await changeAttempt(checkout, { provider_ref: unique(provider === 'stripe' ? 'pi' : 'PP') });
    const { toDo } = await run(checkout);
    expect(toDo).toEqual([
      expect.stringContaining(`payment ${before} of attempt 1 of checkout ${checkout.checkoutId}, which is paid by`),
    ]);
    // The provider has had the time to list it.
    time.now += 5 * 60 * minuteMs;
    expect((await run(checkout)).toDo).toEqual([
      expect.stringContaining(`payment ${before} of attempt 1`),
      expect.stringMatching(new RegExp(`of checkout ${checkout.checkoutId} is captured here, but ${provider} does not know it`)),
    ]);
  });

  it('says that the provider is away, and compares with the other', async () => {
    payments.faults.add({ kind: 'away', provider });
    const checkout = await opened(provider === 'stripe' ? 'paypal' : 'stripe');
    payments.act(refOf(checkout), 'succeed');
    time.now += 2 * minuteMs;
    const results = await reconcile(reconciler, { sinceMs });
    expect(results.find(({ provider: name }) => name === provider)?.away).toEqual(expect.any(String));
    expect(results.find(({ provider: name }) => name !== provider)?.away).toBeUndefined();
    expect(await stateOf(checkout)).toBe('paid');
  });
});

describe('reconciling', () => {
  it('cancels a payment whose creation was never answered, once another one has paid', async () => {
    payments.faults.add({ kind: 'lost-reply', provider: 'stripe', step: 'create' });
    const checkout = await opened('stripe');
    payments.faults.clear();
    const again = await checkouts.pay(checkout.checkoutId, { provider: 'paypal' });
    expect(again).toMatchObject({ checkout: { attempt: { number: 2, provider: 'paypal' } } });
    const [orphan, second] = paymentsOf(checkout);
    payments.act(second?.ref ?? '', 'succeed');
    await checkouts.settle(checkout.checkoutId);
    const { repaired } = await run(checkout);
    expect(repaired).toEqual([expect.stringContaining(`payment ${orphan?.ref} of checkout ${checkout.checkoutId}`)]);
    expect(await providers.stripe.retrieve(orphan?.ref ?? '')).toMatchObject({ state: 'voided' });
    expect(await run(checkout)).toEqual(nothing);
  });

  it('counts payments that somebody else made with the same account, and does nothing about them', async () => {
    const reply = await fetch(`${payments.url}/v1/payment_intents`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${localPaymentKeys.STRIPE_SECRET_KEY}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ amount: '1500', currency: 'eur' }),
    });
    const { id } = (await reply.json()) as { id: string };
    payments.act(id, 'succeed', { isAutomatic: true });
    const [found] = await reconcile(reconciler, { sinceMs });
    expect(found?.foreign).toEqual({ payments: 1, captured: new Map([['EUR', 1_500]]) });
    const lines = [...(found?.repaired.lines ?? []), ...(found?.toDo.lines ?? [])];
    expect(lines.filter((line) => line.includes(id))).toEqual([]);
  });

  it('goes on by itself, in one process at a time, and says what it did', async () => {
    const checkout = await opened('stripe');
    payments.act(refOf(checkout), 'succeed');
    const lines: object[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    let lists = 0;
    const counted: typeof providers.stripe = {
      ...providers.stripe,
      async *listPayments(since) {
        lists++;
        yield* providers.stripe.listPayments(since);
      },
    };
    const all = { ...reconciler, providers: new Map([['stripe' as const, counted]]), logger };
    await onlyOne(db, 'reconciler', async () => {
      const idle = startReconciler(all);
      await idle.stop();
    });
    expect(lists).toBe(0);
    const one = startReconciler(all);
    try {
      await vi.waitFor(async () => expect(await stateOf(checkout)).toBe('paid'), { timeout: 100_000 });
    } finally {
      await one.stop();
    }
    const what = expect.arrayContaining([expect.stringContaining(`payment ${refOf(checkout)} of checkout`)]);
    expect(lines).toContainEqual(expect.objectContaining({ provider: 'stripe', lines: what }));
  });
});
