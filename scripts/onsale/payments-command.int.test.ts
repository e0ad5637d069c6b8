import { afterAll, describe, expect, it } from 'vitest';
import { reconcile } from '../../services/checkout/reconcile/reconcile.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { startTestCheckouts, wishFor } from '../testing/checkouts.ts';
import { accepted } from '../testing/purchase-app.ts';
import { hold } from '../testing/requests.ts';
import { openTestEvent, planOf, redis } from '../testing/stores.ts';
import { checkoutText } from './payments/checkout-text.ts';
import { findCheckout } from './payments/find-checkouts.ts';
import { reconcileText } from './payments/reconcile-text.ts';
import { listCheckouts } from './payments-command.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { db, payments, dependencies, checkouts, refunds } = await startTestCheckouts(resources);
const reconciler = { ...dependencies, checkouts, refunds };

async function opened() {
  const event = await openTestEvent();
  await openEvent(db, redis, planOf(event));
  const { holdId } = await accepted(hold(event, ['A1', 'A2']));
  const outcome = await checkouts.open(wishFor({ holdId }));
  if ('refused' in outcome) return expect.fail(outcome.refused);
  const { checkoutId } = outcome.checkout;
  const [payment] = [...payments.journal.payments.values()].filter(({ metadata }) =>
    JSON.stringify(metadata).includes(checkoutId),
  );
  return { eventId: event.eventId, checkoutId, ref: payment?.ref ?? '' };
}

async function listed(eventId: string, options = {}): Promise<string[]> {
  const lines: string[] = [];
  await listCheckouts(db, eventId, options, (line) => lines.push(line));
  return lines;
}

describe('onsale payments', () => {
  it('lists the checkouts of an event, with what was taken and refunded', async () => {
    const { eventId, checkoutId, ref } = await opened();
    expect((await listed(eventId))[1]).toMatch(new RegExp(`${checkoutId}  awaiting_payment +stripe +1  200.00 USD  0.00 USD`));
    payments.act(ref, 'succeed');
    await checkouts.settle(checkoutId);
    payments.act(ref, 'refund', { amount: 2_550 });
    await reconcile(reconciler, { sinceMs: Date.now() - 60_000 });
    const lines = await listed(eventId);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/paid +stripe +1 {2}200.00 USD {2}200.00 USD {2}25.50 USD/);
    expect(lines[2]).toBe('1 checkout');
    expect(await listed(eventId, { state: 'failed' })).toEqual(['No checkout matches.']);
    await expect(listed('Nowhere')).rejects.toThrow('Nowhere was never opened');
  });

  it('shows a checkout by its own id, its order, its payment and its refund, without the address of the buyer', async () => {
    const { checkoutId, ref } = await opened();
    payments.act(ref, 'decline', { code: 'insufficient_funds' });
    await checkouts.settle(checkoutId);
    const again = await checkouts.pay(checkoutId, {});
    if (!again || 'refused' in again) return expect.fail('it cannot be paid again');
    const [, second] = [...payments.journal.payments.values()].filter(({ metadata }) =>
      JSON.stringify(metadata).includes(checkoutId),
    );
    payments.act(second?.ref ?? '', 'succeed');
    const { orderId = '' } = (await checkouts.settle(checkoutId)) ?? {};
    const outcome = await refunds.request({
      orderId,
      amountMinor: 100,
      seats: 'free',
      reason: 'x',
      principal: 'Ann',
      requestKey: '1',
    });
    if ('refused' in outcome) return expect.fail(outcome.refused);
    const [refund] = payments.journal.refundsOf(second?.ref ?? '');
    for (const id of [checkoutId, orderId, ref, outcome.refund.refundId, refund?.ref ?? '']) {
      const found = (await findCheckout(db, id)) ?? expect.fail(`${id} is not found`);
      const text = checkoutText(found);
      expect(text).toMatch(new RegExp(`^checkout ${checkoutId}\n  state +paid, 200.00 USD\n`));
      expect(text).toMatch(new RegExp(`\n  order +${orderId}\n`));
      expect(text).toMatch(new RegExp(`\n  1  stripe +${ref}  voided +200.00 USD  0.00 .*insufficient_funds`));
      expect(text).toMatch(new RegExp(`\n  2  stripe +${second?.ref}  captured  200.00 USD  200.00`));
      expect(text).toMatch(new RegExp(`\n  ${outcome.refund.refundId}  ${refund?.ref}  done   1.00 USD  none     Ann`));
      expect(text).not.toContain('ann@example.com');
    }
    expect(await findCheckout(db, 'pi_nothing')).toBeUndefined();
  });

  it('says of one in progress until when it can be paid, and of one that is stuck, that it is', async () => {
    const { checkoutId } = await opened();
    const textAt = async (nowMs: number) => checkoutText((await findCheckout(db, checkoutId)) ?? expect.fail(), nowMs);
    const now = await textAt(Date.now());
    expect(now).toMatch(/\n {2}to be paid by +\d{4}-.*\n {2}next step +\d{4}-/);
    expect(now).toContain('no refunds');
    expect(await textAt(Date.now() + 3_600_000)).toMatch(/next step +STUCK; /);
  });

  it('says what reconciling did, in words', async () => {
    const { checkoutId, ref } = await opened();
    payments.act(ref, 'succeed');
    const sinceMs = Date.UTC(2026, 0, 1);
    const text = async (isDryRun: boolean) =>
      reconcileText(await reconcile(reconciler, { sinceMs, isDryRun }), { sinceMs, isDryRun });
    const would = await text(true);
    expect(would).toMatch(/^stripe since 2026-01-01 00:00 UTC: \d+ payments and \d+ refunds? compared\n/);
    expect(would).toContain(`  would repair: payment ${ref} of checkout ${checkoutId} is authorized, and was created here`);
    expect(would).toMatch(/\n1 would be repaired\.$/);
    expect(await text(false)).toMatch(/\n {2}repaired: .* here; the checkout is paid\n[\s\S]*\n1 repaired\.$/);
    expect(await text(false)).toMatch(/\nEverything agrees\.$/);
    payments.act(ref, 'dispute');
    await text(false);
    expect(await text(false)).toMatch(
      /\n {2}look at: .* is disputed \(needs_response\): answer at stripe\n[\s\S]*\n1 for you to look at\.$/,
    );
    payments.faults.add({ kind: 'away', provider: 'paypal' });
    expect(await text(false)).toMatch(
      /\n {2}not finished: paypal .*; run this again later\n.*, not everything could be compared\.$/,
    );
    payments.faults.clear();
  });
});
