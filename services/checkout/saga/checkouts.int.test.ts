import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestCheckouts, wishFor } from '../../../scripts/testing/checkouts.ts';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { confirm, extend, hold, letExpire, order } from '../../../scripts/testing/requests.ts';
import { openTestEvent, planOf, redis, seatedZone, db as shared } from '../../../scripts/testing/stores.ts';
import { UnavailableError } from '../../shared/http/problems.ts';
import { type Inventory, readInventory } from '../../shared/inventory/inventory.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';
import { setState } from '../../shared/inventory/set-state.ts';
import type { ProviderName } from '../../shared/stores/schema.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { createCheckouts } from './checkouts.ts';
import type { CheckoutView, CheckoutWish } from './types.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { db, payments, providers, time, dependencies, checkouts } = await startTestCheckouts(resources);
const minuteMs = 60_000;

beforeEach(async () => {
  payments.faults.clear();
  // The checkouts of earlier tests are not to be swept.
  await db.updateTable('checkouts').set({ due_on: null }).execute();
});

type Held = { event: Inventory; holdId: string };

async function held(wanted: string[] = ['A1', 'A2'], event?: Inventory): Promise<Held> {
  const opened = event ?? (await openTestEvent());
  return { event: opened, holdId: (await accepted(hold(opened, wanted))).holdId };
}

async function opened(of: Held, changes: Partial<CheckoutWish> = {}): Promise<CheckoutView> {
  const outcome = await checkouts.open(wishFor(of, changes));
  if ('refused' in outcome) return expect.fail(outcome.refused);
  return outcome.checkout;
}

const read = async ({ checkoutId }: { checkoutId: string }) => (await checkouts.read(checkoutId)) ?? expect.fail();
const settled = async ({ checkoutId }: { checkoutId: string }) => (await checkouts.settle(checkoutId)) ?? expect.fail();
const sweep = async () => {
  while (await checkouts.sweepOne());
};

/** The provider's payments for a checkout, in the order of their attempts. */
const paymentsOf = ({ checkoutId }: { checkoutId: string }) =>
  [...payments.journal.payments.values()].filter(({ metadata }) => JSON.stringify(metadata).includes(checkoutId));

/** What the service would learn of a payment now. */
const truthOf = async (checkout: { checkoutId: string }, at = -1) => {
  const { ref, provider } = paymentsOf(checkout).at(at) ?? expect.fail('it has no payment');
  return await providers[provider].retrieve(ref);
};

const act = (checkout: { checkoutId: string }, ...doing: [Parameters<typeof payments.act>[1], object?]) => {
  const payment = paymentsOf(checkout).at(-1) ?? expect.fail('it has no payment');
  return payments.act(payment.ref, ...doing) ?? expect.fail('it cannot be done to the payment');
};

const typesOf = async ({ checkoutId }: { checkoutId: string }) => {
  const rows = await db.selectFrom('checkout_outbox').selectAll().where('data', 'like', `%${checkoutId}%`).execute();
  return rows.map(({ type }) => type.replace('onsale.checkout.', ''));
};

const refundRows = ({ checkoutId }: { checkoutId: string }) =>
  db.selectFrom('refunds').selectAll().where('checkout_id', '=', uuidBytes(checkoutId)).execute();

const orderOf = ({ event }: Held, { orderId = '' }: CheckoutView) =>
  dependencies.purchase.readOrder({ eventId: event.eventId, orderId });

describe.each<ProviderName>(['stripe', 'paypal'])('a checkout with %s', (provider) => {
  it('turns a hold into an order that is paid, once', async () => {
    const of = await held();
    const checkout = await opened(of, { provider });
    expect(checkout).toMatchObject({ state: 'awaiting_payment', amountMinor: 20_000, currency: 'USD', organiserId: 'main' });
    expect(checkout.attempt).toMatchObject({ number: 1, provider, actionUrl: expect.stringContaining('/pay/') });
    expect(checkout.tickets).toHaveLength(2);
    await refusal(extend(of), 'HOLD_BEING_PAID');
    act(checkout, 'succeed');
    const [one, ...others] = await Promise.all([1, 2, 3, 4].map(() => settled(checkout)));
    expect(one?.attempt?.state).toMatch(/authorized|captured/);
    expect(others).toHaveLength(3);
    time.now += minuteMs;
    await sweep();
    const paid = await read(checkout);
    expect(paid).toMatchObject({ state: 'paid', attempt: { number: 1, state: 'captured' }, endedOn: expect.any(Date) });
    expect(paymentsOf(checkout)).toMatchObject([{ state: 'captured', captured: 20_000 }]);
    expect(await orderOf(of, paid)).toMatchObject({ paidBy: 'checkout', tickets: [{}, {}] });
    expect(await typesOf(checkout)).toEqual(['paid']);
  });

  it('lets a declined buyer try again with the other provider, and charges once', async () => {
    const of = await held();
    const checkout = await opened(of, { provider });
    act(checkout, 'decline');
    expect(await settled(checkout)).toMatchObject({ state: 'awaiting_payment', attempt: { state: 'failed' } });
    const [first] = paymentsOf(checkout);
    const other = provider === 'stripe' ? 'paypal' : 'stripe';
    const again = await checkouts.pay(checkout.checkoutId, { provider: other });
    expect(again).toMatchObject({ checkout: { attempt: { number: 2, provider: other } } });
    payments.act(first?.ref ?? '', 'succeed');
    expect(await truthOf(checkout, 0)).toMatchObject({ state: 'voided' });
    act(checkout, 'succeed');
    expect(await settled(checkout)).toMatchObject({ state: 'paid', attempt: { number: 2, state: 'captured' } });
    expect(paymentsOf(checkout).map(({ captured }) => captured)).toEqual([0, 20_000]);
  });

  it('voids the payment and frees the seats if the buyer cancels', async () => {
    const of = await held();
    const checkout = await opened(of, { provider });
    act(checkout, 'succeed');
    expect(await checkouts.cancel(checkout.checkoutId)).toMatchObject({
      checkout: { state: 'cancelled', reason: 'BUYER_CANCELLED', attempt: { state: 'voided' } },
    });
    expect(await truthOf(checkout)).toMatchObject({ state: 'voided', capturedMinor: 0 });
    await accepted(order(of.event, ['A1', 'A2']));
    expect(await typesOf(checkout)).toEqual(['cancelled']);
    expect(await checkouts.cancel(checkout.checkoutId)).toMatchObject({ checkout: { state: 'cancelled' } });
    expect(await checkouts.pay(checkout.checkoutId, {})).toEqual({ refused: 'CHECKOUT_ENDED' });
  });

  it('cancels the payment before it frees the seats when it is too late; one that was paid in the last moment is an order', async () => {
    const [late, justInTime] = [await held(), await held()];
    const [one, other] = [await opened(late, { provider }), await opened(justInTime, { provider })];
    act(other, 'succeed');
    time.now += 16 * minuteMs;
    await sweep();
    expect(await read(one)).toMatchObject({ state: 'cancelled', reason: 'TOO_LATE' });
    expect(await truthOf(one)).toMatchObject({ state: 'voided' });
    await accepted(order(late.event, ['A1', 'A2']));
    expect(await read(other)).toMatchObject({ state: 'paid' });
    expect((await read(other)).reason).toBeUndefined();
  });

  it('voids the payment if the seats were lost, or takes equal ones if the buyer wants them', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 2, 3)] });
    const [plain, flexible] = [await held(['A1', 'A2'], event), await held(['B1', 'B2'], event)];
    const one = await opened(plain, { provider });
    const other = await opened(flexible, { provider, takesEqual: true });
    for (const of of [plain, flexible]) await letExpire({ ...event, ...of });
    await accepted(order(event, ['A1']));
    await accepted(order(event, ['B1']));
    for (const checkout of [one, other]) act(checkout, 'succeed');
    expect(await settled(one)).toMatchObject({ state: 'failed', reason: 'HOLD_EXPIRED', attempt: { state: 'voided' } });
    expect(await truthOf(one)).toMatchObject({ state: 'voided', capturedMinor: 0 });
    const replaced = await settled(other);
    expect(replaced).toMatchObject({ state: 'paid', tickets: [{ row: 'A' }, { row: 'A' }] });
    expect(replaced.holdId).not.toBe(flexible.holdId);
    expect(await orderOf(flexible, replaced)).toMatchObject({
      orderId: replaced.orderId,
      tickets: [{ column: 2 }, { column: 3 }],
    });
    await accepted(order(event, ['B2']));
  });

  it('gives up equal seats that have another price', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 2, 2)] });
    const of = await held(['A1'], event);
    const checkout = await opened(of, { provider, takesEqual: true });
    await letExpire({ ...event, ...of });
    await accepted(order(event, ['A1']));
    await openEvent(shared, redis, planOf({ ...event, zones: [seatedZone(1, 2, 2, 12_000)] }));
    act(checkout, 'succeed');
    expect(await settled(checkout)).toMatchObject({ state: 'failed', reason: 'PRICE_DIFFERS', attempt: { state: 'voided' } });
    await accepted(order(event, ['A2', 'B1', 'B2']));
  });

  it('cancels the order if the money cannot be taken any more', async () => {
    const of = await held();
    const checkout = await opened(of, { provider });
    act(checkout, 'succeed');
    payments.faults.add({ kind: 'away', provider, step: 'capture' });
    expect(await settled(checkout)).toMatchObject({ state: 'capturing' });
    act(checkout, 'expire');
    payments.faults.clear();
    time.now += minuteMs;
    await sweep();
    expect(await read(checkout)).toMatchObject({ state: 'failed', reason: 'NOT_CAPTURED' });
    expect(await orderOf(of, checkout)).toMatchObject({ tickets: [{ cancelled: {} }, { cancelled: {} }] });
    await accepted(order(of.event, ['A1', 'A2']));
  });

  it('is created later if the provider is away, and once', async () => {
    payments.faults.add({ kind: 'lost-reply', provider, step: 'create', count: 2 });
    const checkout = await opened(await held(), { provider });
    expect(checkout).toMatchObject({ state: 'awaiting_payment', attempt: { number: 1, state: 'created' } });
    expect(checkout.attempt?.actionUrl).toBeUndefined();
    for (let round = 0; round < 3; round++) {
      time.now += minuteMs;
      await sweep();
    }
    expect((await read(checkout)).attempt?.actionUrl).toContain('/pay/');
    expect(paymentsOf(checkout)).toHaveLength(1);
  });

  it('gives money back that was captured for an attempt that nobody waits for any more', async () => {
    const of = await held();
    payments.faults.add({ kind: 'lost-reply', provider, step: 'create', count: 1 });
    const checkout = await opened(of, { provider });
    const [orphan] = paymentsOf(checkout);
    const other = provider === 'stripe' ? 'paypal' : 'stripe';
    await checkouts.pay(checkout.checkoutId, { provider: other });
    payments.act(orphan?.ref ?? '', 'succeed', { isAutomatic: true });
    act(checkout, 'succeed');
    await settled(checkout);
    expect(await checkouts.settlePayment(provider, orphan?.ref ?? '')).toMatchObject({ state: 'paid', attempt: { number: 2 } });
    const rows = await refundRows(checkout);
    const { state } = await truthOf(checkout, 0);
    if (state === 'captured') expect(rows).toMatchObject([{ attempt: 1, state: 'created', amount: '200.0000', order_id: null }]);
    else expect([state, rows.length]).toEqual(['voided', 0]);
  });
});

describe('opening a checkout', () => {
  it('returns the same one for the same hold, however many ask', async () => {
    const of = await held();
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map(() => checkouts.open(wishFor(of))));
    const ids = outcomes.map((outcome) => ('checkout' in outcome ? outcome.checkout.checkoutId : outcome.refused));
    expect(new Set(ids).size).toBe(1);
    expect(outcomes.filter((outcome) => 'isNew' in outcome && outcome.isNew)).toHaveLength(1);
    const again = await opened(of);
    expect(again.attempt).toMatchObject({ number: 1, clientSecret: expect.any(String) });
    expect((await read(again)).attempt?.clientSecret).toBeUndefined();
    expect(paymentsOf(again)).toHaveLength(1);
  });

  it('is refused for a hold that cannot be paid, and leaves nothing behind', async () => {
    const [over, sold, paused] = [await held(), await held(), await held()];
    await letExpire({ ...over.event, ...over });
    await accepted(confirm(sold));
    await setState(redis, paused.event.eventId, { state: 'paused', confirmWhilePaused: false });
    expect(await checkouts.open(wishFor(over))).toEqual({ refused: 'HOLD_EXPIRED' });
    expect(await checkouts.open(wishFor(sold))).toEqual({ refused: 'HOLD_CONFIRMED' });
    expect(await checkouts.open(wishFor(paused))).toEqual({ refused: 'SALE_PAUSED' });
    await setState(redis, paused.event.eventId, { state: 'published' });
    expect(await opened(paused)).toMatchObject({ state: 'awaiting_payment' });
    const unknown = { holdId: `${over.event.eventId}~${'x'.repeat(22)}` };
    expect(await checkouts.open(wishFor(unknown))).toEqual({ refused: 'HOLD_NOT_FOUND' });
  });

  it('of a free order needs no payment', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 2, 2, 0)] });
    const of = await held(['A1'], event);
    const checkout = await opened(of);
    expect(checkout).toMatchObject({ state: 'paid', amountMinor: 0 });
    expect(checkout.attempt).toBeUndefined();
    expect(await orderOf(of, checkout)).toMatchObject({ paidBy: 'checkout' });
    expect(await typesOf(checkout)).toEqual(['paid']);
  });
});

it('gives a payment that was taken at once back if its seats are lost', async () => {
  const of = await held();
  const checkout = await opened(of);
  await letExpire({ ...of.event, ...of });
  await accepted(order(of.event, ['A1']));
  act(checkout, 'succeed', { isAutomatic: true });
  expect(await settled(checkout)).toMatchObject({ state: 'failed', attempt: { state: 'captured' } });
  expect(await refundRows(checkout)).toMatchObject([{ amount: '200.0000', order_id: null, ticket_ids: '[]', state: 'created' }]);
});

it('does not begin another attempt while the last one may succeed', async () => {
  const checkout = await opened(await held());
  act(checkout, 'process');
  expect(await checkouts.pay(checkout.checkoutId, { provider: 'paypal' })).toEqual({ refused: 'PAYMENT_PENDING' });
  payments.faults.add({ kind: 'away', provider: 'stripe' });
  expect(await checkouts.pay(checkout.checkoutId, { provider: 'paypal' })).toEqual({ refused: 'PAYMENT_PENDING' });
  payments.faults.clear();
  act(checkout, 'succeed');
  expect(await checkouts.pay(checkout.checkoutId, { provider: 'paypal' })).toMatchObject({ checkout: { state: 'paid' } });
});

it('keeps the seats while the provider cannot be asked, but not for ever', async () => {
  const of = await held();
  const checkout = await opened(of);
  payments.faults.add({ kind: 'away', provider: 'stripe' });
  time.now += 16 * minuteMs;
  await sweep();
  expect(await read(checkout)).toMatchObject({ state: 'cancelling', reason: 'TOO_LATE' });
  await letExpire({ ...of.event, ...of }, Date.now() + 600);
  time.now += 2 * minuteMs;
  await sweep();
  await refusal(order(of.event, ['A1']), 'SEAT_TAKEN');
  await letExpire({ ...of.event, ...of });
  time.now += 40 * minuteMs;
  await sweep();
  await accepted(order(of.event, ['A1']));
  payments.faults.clear();
  time.now += 2 * minuteMs;
  await sweep();
  expect(await read(checkout)).toMatchObject({ state: 'cancelled' });
});

it('waits while the sale is paused, and sells then', async () => {
  const of = await held();
  const checkout = await opened(of);
  act(checkout, 'succeed');
  await setState(redis, of.event.eventId, { state: 'paused', confirmWhilePaused: false });
  expect(await settled(checkout)).toMatchObject({ state: 'confirming' });
  await setState(redis, of.event.eventId, { state: 'published' });
  time.now += minuteMs;
  await sweep();
  expect(await read(checkout)).toMatchObject({ state: 'paid' });
});

it('has no news of payments that are not ours', async () => {
  expect(await checkouts.settle('019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b')).toBeUndefined();
  const { ref } = await providers.stripe.create({
    checkoutId: '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b',
    attempt: 1,
    amountMinor: 500,
    currency: 'USD',
    description: 'Of another installation',
    email: 'eve@example.com',
    returnUrl: 'http://127.0.0.1/',
  });
  expect(await checkouts.settlePayment('stripe', ref)).toBeUndefined();
});

describe('a hold that purchase keeps although its reply was lost', () => {
  /** A checkout whose first request to purchase was done, but not answered. */
  async function unanswered() {
    const of = await held(['A1']);
    const { purchase } = dependencies;
    let isLost = false;
    const losing = createCheckouts({
      ...dependencies,
      purchase: {
        ...purchase,
        async beginPayment(...asked) {
          const begun = await purchase.beginPayment(...asked);
          if (isLost) return begun;
          isLost = true;
          throw new UnavailableError('SERVICE_UNAVAILABLE', 'the reply was lost');
        },
      },
    });
    const outcome = await losing.open(wishFor(of));
    if ('refused' in outcome) return expect.fail(outcome.refused);
    expect(outcome.checkout.state).toBe('opening');
    return { of, checkoutId: outcome.checkout.checkoutId };
  }
  const heldPlaces = async ({ event }: Held) => (await readInventory(redis, event.eventId))?.held.get(1);

  it('is freed if there is no time left to pay it', async () => {
    const { of, checkoutId } = await unanswered();
    expect(await heldPlaces(of)).toBe(1);
    time.now += 20 * minuteMs;
    await sweep();
    expect(await read({ checkoutId })).toMatchObject({ state: 'failed', reason: 'TOO_LATE' });
    expect(await heldPlaces(of)).toBe(0);
  });

  it('is freed if the event was cancelled meanwhile', async () => {
    const { of, checkoutId } = await unanswered();
    await setState(redis, of.event.eventId, { state: 'closed', isCancelled: true });
    time.now += minuteMs;
    await sweep();
    expect(await read({ checkoutId })).toMatchObject({ state: 'failed', reason: 'SALE_CLOSED' });
    expect(await heldPlaces(of)).toBe(0);
  });

  it('waits for a sale that was paused meanwhile, and goes on', async () => {
    const { of, checkoutId } = await unanswered();
    await setState(redis, of.event.eventId, { state: 'paused', confirmWhilePaused: false });
    time.now += minuteMs;
    await sweep();
    expect(await read({ checkoutId })).toMatchObject({ state: 'opening' });
    await setState(redis, of.event.eventId, { state: 'published' });
    time.now += minuteMs;
    await sweep();
    expect(await read({ checkoutId })).toMatchObject({ state: 'awaiting_payment', attempt: { number: 1 } });
  });
});
