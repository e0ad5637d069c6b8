import { expect, it } from 'vitest';
import { plantCheckout, plantRefund } from '../../../scripts/testing/planted-payments.ts';
import { openHall, rowSeats, sell } from '../../../scripts/testing/sold-event.ts';
import { db } from '../../../scripts/testing/stores.ts';
import { isFinal, states } from '../../checkout/saga/states.ts';
import { endedCheckouts } from './progress.ts';
import { readBreakers, readPayments } from './read-payments.ts';

it('adds up what was authorised, captured and refunded, what is on its way, and what is stuck', async () => {
  const event = await openHall();
  const sold = await sell(event, rowSeats('A', 1, 2));
  const paid = await plantCheckout(event, sold);
  await plantRefund(paid, { amount: '30.00' });
  await plantRefund(paid, { amount: '1.50', state: 'external' });
  await plantRefund(paid, { amount: '20.00', state: 'pending' });
  await plantRefund(paid, { amount: '7.00', state: 'failed' });
  const [soon, longAgo] = [new Date(Date.now() + 60_000), new Date(Date.now() - 3_600_000)];
  const none = { captured: '0' };
  await plantCheckout(event, undefined, { state: 'awaiting_payment', due_on: soon, attempts: [{ ...none, state: 'created' }] });
  await plantCheckout(event, undefined, { state: 'awaiting_payment', due_on: longAgo, attempts: [] });
  await plantCheckout(event, undefined, { state: 'capturing', failures: 9, attempts: [{ ...none, state: 'authorized' }] });
  await plantCheckout(event, undefined, { failures: 9, attempts: [{ ...none, state: 'failed' }] });
  expect(await readPayments(db, event)).toEqual({
    authorised: '100.00',
    captured: '200.00',
    refunded: '31.50',
    refunding: '20.00',
    pending: '300.00',
    unfinished: 3,
    stuck: 3,
    checkouts: { paid: 1, awaiting_payment: 2, capturing: 1, cancelled: 1 },
    refunds: { done: 1, external: 1, pending: 1, failed: 1 },
  });
});

it('is all zeros if nobody has paid', async () => {
  expect(await readPayments(db, { eventId: 'Nothing', currency: 'JPY' })).toMatchObject({
    captured: '0',
    stuck: 0,
    checkouts: {},
  });
});

it('reads the breakers', async () => {
  const changed_on = new Date('2026-11-28T10:00:00Z');
  const row = { provider: 'stripe', breaker: 'open', changed_on } as const;
  await db.insertInto('payment_providers').values(row).onDuplicateKeyUpdate(row).execute();
  expect(await readBreakers(db)).toContainEqual({ provider: 'stripe', breaker: 'open', changedOn: changed_on.toISOString() });
});

it('knows which states of a checkout are final', () => {
  const all = Object.keys(states) as (keyof typeof states)[];
  expect(all.filter(isFinal).toSorted()).toEqual([...endedCheckouts].toSorted());
});
