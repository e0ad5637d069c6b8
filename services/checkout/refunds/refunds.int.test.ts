import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestCheckouts, wishFor } from '../../../scripts/testing/checkouts.ts';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { hold, order } from '../../../scripts/testing/requests.ts';
import { openTestEvent, seatedZone } from '../../../scripts/testing/stores.ts';
import type { RefundRefusal, RefundView, RefundWish } from '../saga/types.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { db, payments, time, dependencies, checkouts, refunds } = await startTestCheckouts(resources);
const minuteMs = 60_000;

beforeEach(async () => {
  payments.faults.clear();
  await db.updateTable('refunds').set({ due_on: null }).execute();
});

/** An order of seats A1 and A2, paid with Stripe. */
async function paid(priceMinor?: number) {
  const event = await openTestEvent({ zones: [seatedZone(1, 2, 4, priceMinor)] });
  const opened = await checkouts.open(wishFor(await accepted(hold(event, ['A1', 'A2']))));
  if ('refused' in opened) return expect.fail(opened.refused);
  const { checkoutId } = opened.checkout;
  const ref = [...payments.journal.payments.values()].find(({ metadata }) => metadata.checkoutId === checkoutId)?.ref ?? '';
  payments.act(ref, 'succeed');
  const view = await checkouts.settle(checkoutId);
  expect(view?.state).toBe('paid');
  return { event, checkoutId, ref, orderId: view?.orderId ?? '', ticketIds: view?.tickets.map(({ ticketId }) => ticketId) ?? [] };
}
type Paid = Awaited<ReturnType<typeof paid>>;

let keys = 0;
const ask = ({ orderId }: Pick<Paid, 'orderId'>, changes: Partial<RefundWish> = {}) =>
  refunds.request({
    ...{ orderId, seats: 'free', reason: 'asked for it', principal: 'operator', requestKey: `key-${++keys}` },
    ...changes,
  });

async function refunded(of: Paid, changes: Partial<RefundWish> = {}): Promise<RefundView> {
  const outcome = await ask(of, changes);
  return 'refund' in outcome ? outcome.refund : expect.fail(outcome.refused);
}

const gaveBack = ({ ref }: Paid) => payments.journal.refundsOf(ref).map(({ amount, state }) => `${amount} ${state}`);
const ticketsOf = async ({ event, orderId }: Paid) => {
  const raw = await dependencies.purchase.readOrder({ eventId: event.eventId, orderId });
  return raw?.tickets.map(({ cancelled }) => (cancelled ? 'cancelled' : 'live'));
};
const sweep = async () => {
  time.now += 2 * minuteMs;
  while (await refunds.sweepOne());
};
const typesOf = async ({ refundId }: RefundView) => {
  const rows = await db.selectFrom('checkout_outbox').selectAll().where('data', 'like', `%${refundId}%`).execute();
  return rows.map(({ type }) => type.replace('onsale.checkout.', ''));
};

describe('a refund', () => {
  it('of the whole order cancels its tickets, frees their seats, and gives all the money back', async () => {
    const of = await paid();
    const refund = await refunded(of);
    expect(refund).toMatchObject({ state: 'done', amountMinor: 20_000, orderId: of.orderId, endedOn: expect.any(Date) });
    expect(refund.ticketIds).toBeUndefined();
    expect(gaveBack(of)).toEqual(['20000 done']);
    expect(await ticketsOf(of)).toEqual(['cancelled', 'cancelled']);
    await accepted(order(of.event, ['A1', 'A2']));
    expect(await typesOf(refund)).toEqual(['refunded']);
    expect(await ask(of)).toEqual({ refused: 'NOTHING_TO_REFUND', leftMinor: 0, currency: 'USD' });
    expect(await refunds.listOfOrder(of.orderId)).toEqual([refund]);
  });

  it('of a ticket leaves the others, and of an amount leaves all', async () => {
    const of = await paid();
    const [first = ''] = of.ticketIds;
    expect(await refunded(of, { ticketIds: [first] })).toMatchObject({ state: 'done', amountMinor: 10_000, ticketIds: [first] });
    expect(await refunded(of, { amountMinor: 2_500 })).toMatchObject({ state: 'done', amountMinor: 2_500, ticketIds: [] });
    expect(await ticketsOf(of)).toEqual(['cancelled', 'live']);
    expect(gaveBack(of)).toEqual(['10000 done', '2500 done']);
    expect(await ask(of, { ticketIds: [first] })).toEqual({ refused: 'TICKET_REFUNDED' });
    expect(await ask(of, { amountMinor: 7_501 })).toMatchObject({ refused: 'REFUND_TOO_MUCH', leftMinor: 7_500 });
  });

  it('is made once, however often the same is asked for; something else with its key is refused', async () => {
    const of = await paid();
    const [first = ''] = of.ticketIds;
    const same = { ticketIds: [first], requestKey: 'the same' };
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => ask(of, same)));
    const ids = outcomes.map((outcome) => ('refund' in outcome ? outcome.refund.refundId : outcome.refused));
    expect(new Set(ids).size).toBe(1);
    expect(gaveBack(of)).toEqual(['10000 done']);
    expect(await ask(of, { ...same, seats: 'blocked' })).toEqual({ refused: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await ask(of, { requestKey: 'the same' })).toEqual({ refused: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('never adds up to more than was captured, even if many ask at the same time', async () => {
    const of = await paid();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => ask(of, { amountMinor: 6_000 })));
    const refusals = outcomes.filter((outcome): outcome is RefundRefusal => 'refused' in outcome);
    expect(refusals).toHaveLength(5);
    expect(gaveBack(of)).toEqual(['6000 done', '6000 done', '6000 done']);
  });

  it.each(['away', 'lost-reply', 'error-after'] as const)('is made once, though the provider fails (%s)', async (kind) => {
    const of = await paid();
    payments.faults.add({ kind, provider: 'stripe', step: 'refund', count: 2 });
    const refund = await refunded(of);
    expect(refund.state).toBe('created');
    await sweep();
    await sweep();
    await sweep();
    expect(await refunds.listOfOrder(of.orderId)).toMatchObject([{ state: 'done' }]);
    expect(gaveBack(of)).toEqual(['20000 done']);
  });

  it('that waits at the bank is done later, or fails, and can then be asked for again', async () => {
    const of = await paid();
    const [first = '', second = ''] = of.ticketIds;
    payments.act(of.ref, 'hold-refunds');
    const waiting = await refunded(of, { ticketIds: [first] });
    const failing = await refunded(of, { ticketIds: [second] });
    expect([waiting.state, failing.state]).toEqual(['pending', 'pending']);
    const [one, other] = payments.journal.refundsOf(of.ref);
    payments.settleRefund(one?.ref ?? '', 'done');
    expect(await refunds.settleRefund('stripe', one?.ref ?? '')).toMatchObject({ state: 'done' });
    payments.settleRefund(other?.ref ?? '', 'failed');
    time.now += 15 * minuteMs;
    await sweep();
    expect(await refunds.listOfOrder(of.orderId)).toMatchObject([{ state: 'done' }, { state: 'failed' }]);
    expect([await typesOf(waiting), await typesOf(failing)]).toEqual([['refunded'], ['refund-failed']]);
    payments.settleRefund(one?.ref ?? '', 'failed');
    expect(await refunds.settleRefund('stripe', one?.ref ?? '')).toMatchObject({ state: 'failed' });
    expect(await refunded(of, { ticketIds: [second] })).toMatchObject({ state: 'pending', amountMinor: 10_000 });
  });

  it('that was made at the dashboard is adopted, once, and counts', async () => {
    const of = await paid();
    payments.act(of.ref, 'refund', { amount: 12_000 });
    const [{ ref = '' } = {}] = payments.journal.refundsOf(of.ref);
    const adopted = await Promise.all([1, 2, 3].map(() => refunds.settleRefund('stripe', ref)));
    expect(adopted[0]).toMatchObject({ state: 'external', amountMinor: 12_000, ticketIds: [], principal: 'provider' });
    expect(new Set(adopted.map((refund) => refund?.refundId)).size).toBe(1);
    expect(await ticketsOf(of)).toEqual(['live', 'live']);
    expect(await ask(of, { ticketIds: of.ticketIds })).toMatchObject({ refused: 'REFUND_TOO_MUCH', leftMinor: 8_000 });
    expect(await refunded(of)).toMatchObject({ state: 'done', amountMinor: 8_000 });
  });

  it('whose reply was lost is known again by its webhook', async () => {
    const of = await paid();
    payments.faults.add({ kind: 'lost-reply', provider: 'stripe', step: 'refund', count: 1 });
    const refund = await refunded(of);
    const [{ ref = '' } = {}] = payments.journal.refundsOf(of.ref);
    expect(await refunds.settleRefund('stripe', ref)).toMatchObject({ refundId: refund.refundId, state: 'done' });
    await sweep();
    expect(gaveBack(of)).toEqual(['20000 done']);
  });

  it('of a free order cancels its tickets', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 2, 2, 0)] });
    const opened = await checkouts.open(wishFor(await accepted(hold(event, ['A1']))));
    const orderId = 'checkout' in opened ? (opened.checkout.orderId ?? '') : '';
    expect(await ask({ orderId })).toMatchObject({ refund: { state: 'done', amountMinor: 0 } });
    await accepted(order(event, ['A1']));
  });

  it('is refused for an order that was not paid, is not paid yet, or does not exist', async () => {
    const event = await openTestEvent();
    const opened = await checkouts.open(wishFor(await accepted(hold(event, ['A1']))));
    const { orderId = '', checkoutId = '' } = 'checkout' in opened ? opened.checkout : {};
    expect(await ask({ orderId })).toEqual({ refused: 'PAYMENT_PENDING' });
    await checkouts.cancel(checkoutId);
    expect(await ask({ orderId })).toEqual({ refused: 'ORDER_NOT_FOUND' });
    expect(await ask({ orderId: '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b' })).toEqual({ refused: 'ORDER_NOT_FOUND' });
  });

  it('gives the money of a payment back that bought nothing', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1']));
    const opened = await checkouts.open(wishFor(held));
    const { checkoutId = '' } = 'checkout' in opened ? opened.checkout : {};
    const { ref = '' } = [...payments.journal.payments.values()].find(({ metadata }) => metadata.checkoutId === checkoutId) ?? {};
    payments.act(ref, 'succeed', { isAutomatic: true });
    await checkouts.cancel(checkoutId);
    await accepted(order(event, ['A1']));
    await sweep();
    expect(payments.journal.refundsOf(ref)).toMatchObject([{ amount: 10_000, state: 'done' }]);
  });
});
