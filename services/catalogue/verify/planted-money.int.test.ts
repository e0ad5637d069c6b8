import type { Insertable } from 'kysely';
import { describe, expect, it } from 'vitest';
import { plantCheckout, plantRefund, sellThroughCheckout } from '../../../scripts/testing/planted-payments.ts';
import { seats } from '../../../scripts/testing/seats.ts';
import { openHall, project, rowSeats, testSystem } from '../../../scripts/testing/sold-event.ts';
import { db, redis, unique } from '../../../scripts/testing/stores.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { ordersKey } from '../../shared/inventory/keys.ts';
import type { OrderInRedis } from '../../shared/inventory/order.ts';
import type { Schema } from '../../shared/stores/schema.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { verifyEvent } from './verify-event.ts';

const system = await testSystem();

const verify = ({ eventId }: { eventId: string }) =>
  verifyEvent(system, eventId, () => {}, { patienceMs: 200, atMostMs: 1_000, lookMs: 20 });

/** Sells seats through checkout, and waits until MySQL has them. */
async function sellPaid(event: Inventory, ...columns: number[]): Promise<OrderInRedis> {
  const order = await sellThroughCheckout(event, rowSeats('A', ...columns));
  await project(event);
  return order;
}

/** An order of three tickets of 100.00, paid through checkout, as it should be. */
async function paidEvent() {
  const event = await openHall();
  const order = await sellPaid(event, 1, 2, 3);
  const checkoutId = await plantCheckout(event, order);
  const ticketIds = order.tickets.map(({ ticketId }) => ticketId);
  const cancel = async (...positions: number[]) => {
    const cancelled = positions.map((at) => ticketIds[at] ?? '');
    await seats.cancelOrder({ eventId: event.eventId, orderId: order.orderId, ticketIds: cancelled, isCheckout: true });
    await project(event);
  };
  const refund = (columns: Partial<Insertable<Schema['refunds']>> = {}) => plantRefund(checkoutId, columns);
  const change = (columns: Partial<Insertable<Schema['checkouts']>>) =>
    db.updateTable('checkouts').set(columns).where('checkout_id', '=', uuidBytes(checkoutId)).execute();
  const pay = (columns: Partial<Insertable<Schema['payment_attempts']>>) =>
    db.updateTable('payment_attempts').set(columns).where('checkout_id', '=', uuidBytes(checkoutId)).execute();
  return { event, order, checkoutId, ticketIds, cancel, refund, change, pay };
}
type Paid = Awaited<ReturnType<typeof paidEvent>>;

const soon = () => new Date(Date.now() + 60_000);
const longAgo = () => new Date(Date.now() - 3_600_000);

describe('verifying the money of an event finds', () => {
  it.each<[string, (paid: Paid) => Promise<unknown>, RegExp[]]>([
    [
      'an order that nothing was taken for',
      ({ pay }) => pay({ state: 'voided', captured: '0' }),
      [/^order .* is sold for 300.00 USD, but nothing was taken by checkout .*; details: npm run onsale -- payments show/],
    ],
    [
      'an order that no checkout has paid',
      async ({ checkoutId }) => {
        await db.deleteFrom('payment_attempts').where('checkout_id', '=', uuidBytes(checkoutId)).execute();
        await db.deleteFrom('checkouts').where('checkout_id', '=', uuidBytes(checkoutId)).execute();
      },
      [/^order .* is marked as paid through checkout, but no checkout has paid it: its seats were not paid$/],
    ],
    [
      'an order whose checkout failed',
      async ({ change, pay }) => {
        await change({ state: 'failed' });
        await pay({ state: 'voided', captured: '0' });
      },
      [/^order .* is sold, but its checkout .* is failed/],
    ],
    [
      'a payment that bought nothing',
      ({ event }) => plantCheckout(event, undefined, { state: 'failed' }),
      [/^checkout .* is failed: 100.00 USD was taken, bought nothing, and is not on its way back; refund it/],
    ],
    [
      'a paid order that there is not',
      ({ change }) => change({ order_id: uuidBytes('01950000-0000-7000-8000-000000000000') }),
      [
        /^order .* is marked as paid through checkout, but no checkout has paid it/,
        /^checkout .* has paid order 01950000-.*, which is nowhere: 300.00 USD was kept/,
      ],
    ],
    [
      'an order that its buyer paid twice',
      ({ checkoutId }) =>
        db
          .insertInto('payment_attempts')
          .values({
            ...{
              checkout_id: uuidBytes(checkoutId),
              attempt: 2,
              provider: 'paypal',
              provider_ref: unique('pp'),
              currency: 'USD',
            },
            ...{ state: 'captured', amount: '300', captured: '300', created_on: new Date(), changed_on: new Date() },
          })
          .execute(),
      [/^checkout .* was charged twice: pi-\w+ at stripe and pp-\w+ at paypal; refund one/],
    ],
    [
      'a payment of another amount than its checkout',
      ({ pay }) => pay({ amount: '299.00', captured: '299.00' }),
      [
        /^payment 1 of checkout .* is for 299.00 USD, but the checkout comes to 300.00 USD/,
        /^order .* is worth 300.00 USD, but only 299.00 USD of its payment was kept/,
      ],
    ],
    [
      'a payment that was taken in part',
      ({ pay }) => pay({ captured: '120.00' }),
      [
        /^payment 1 of checkout .* is captured for 300.00 USD, but 120.00 USD was taken/,
        /^order .* is worth 300.00 USD, but only 120.00 USD of its payment was kept/,
      ],
    ],
    [
      'a payment in another currency',
      ({ pay }) => pay({ currency: 'EUR' }),
      [/^payment 1 of checkout .* is in EUR, but its event in USD$/],
    ],
    [
      'an order of another amount than its checkout',
      async ({ change, pay }) => {
        await change({ amount: '290' });
        await pay({ amount: '290', captured: '290' });
      },
      [/^order .* was sold for 300.00 USD, but checkout .* has paid 290.00 USD for it/],
    ],
    [
      'money that was kept for a cancelled ticket',
      ({ cancel }) => cancel(1),
      [/^order .* is worth 200.00 USD, but 300.00 USD of its payment was kept; refund 100.00 USD of it/],
    ],
    [
      'a refunded ticket that is still sold',
      ({ refund, ticketIds }) => refund({ ticket_ids: JSON.stringify([ticketIds[0]]) }),
      [/^order .* is worth 300.00 USD, but only 200.00 USD of its payment was kept; cancel what was refunded/],
    ],
    [
      'more refunded than was taken',
      ({ refund }) => refund({ amount: '301', ticket_ids: '[]' }),
      [/^checkout .*: 300.00 USD was taken, but 301.00 USD given back/],
    ],
    [
      'a refund that failed, once, though its tickets are gone',
      async ({ cancel, refund }) => {
        await cancel(0, 1, 2);
        await refund({ amount: '300', state: 'failed', note: 'the card has expired' });
      },
      [
        /^refund .* of order .*, 300.00 USD, failed at stripe \(the card has expired\): the buyer waits for it; .*payments reconcile$/,
      ],
    ],
    [
      'a refund by amount that failed',
      ({ refund }) => refund({ amount: '5', state: 'failed', ticket_ids: '[]' }),
      [/^refund .* of order .*, 5.00 USD, failed at stripe/],
    ],
    [
      'a refund that is stuck',
      ({ refund }) => refund({ amount: '5', state: 'created', ticket_ids: '[]', due_on: longAgo() }),
      [/^refund .* of order .*, 5.00 USD, is stuck/],
    ],
    [
      'a capture that is stuck',
      async ({ change, pay }) => {
        await change({ state: 'capturing', failures: 40, due_on: soon(), note: 'stripe is away' });
        await pay({ state: 'authorized', captured: '0' });
      },
      [/^checkout .* is stuck: the order exists, but its money cannot be taken \(stripe is away\); see whether its provider/],
    ],
    [
      'a checkout that nobody goes on with',
      ({ event }) => plantCheckout(event, undefined, { state: 'releasing', due_on: longAgo(), attempts: [] }),
      [/^checkout .* is stuck: it stays releasing/],
    ],
    [
      'an order that was paid otherwise, according to Redis',
      async ({ event: { eventId }, order: { orderId } }) => {
        const kept = (await redis.hget(ordersKey(eventId), orderId)) ?? '';
        await redis.hset(ordersKey(eventId), orderId, kept.replace('"paidBy":"checkout"', '"paidBy":"cash"'));
        // MySQL's sums match, so nothing would be looked at.
        await db.updateTable('tickets').set({ paid_by: 'cash' }).where('order_id', '=', uuidBytes(orderId)).execute();
      },
      [/^order .* was paid by checkout .*, but is marked as paid by cash$/],
    ],
    [
      'an order that is paid otherwise in MySQL than in Redis',
      ({ order: { orderId } }) =>
        db.updateTable('tickets').set({ paid_by: 'cash' }).where('order_id', '=', uuidBytes(orderId)).execute(),
      Array.from({ length: 3 }, () => /differs in its payment: checkout in Redis, cash in MySQL/),
    ],
  ])('%s', async (_what, plant, expected) => {
    const paid = await paidEvent();
    expect((await verify(paid.event)).differences).toEqual([]);
    await plant(paid);
    const { differences } = await verify(paid.event);
    expect(differences).toHaveLength(expected.length);
    expect(differences).toEqual(expect.arrayContaining(expected.map((line) => expect.stringMatching(line))));
  });

  it.each<[string, (paid: Paid) => Promise<unknown>]>([
    [
      'tickets that were refunded one by one, and some money besides',
      async ({ cancel, refund, ticketIds }) => {
        await cancel(0);
        await refund({ ticket_ids: JSON.stringify([ticketIds[0]]) });
        await refund({ amount: '30', ticket_ids: '[]', state: 'external' });
        await cancel(1);
        await refund({ ticket_ids: JSON.stringify([ticketIds[1]]), state: 'pending', due_on: soon() });
      },
    ],
    [
      'a whole order that was refunded after some of its money',
      async ({ cancel, refund }) => {
        await refund({ amount: '30', ticket_ids: '[]' });
        await cancel(0, 1, 2);
        await refund({ amount: '270' });
      },
    ],
    [
      'a refund whose tickets are about to be cancelled',
      ({ refund }) => refund({ amount: '300', state: 'created', due_on: soon() }),
    ],
    [
      'a refund that failed, and was asked for again',
      async ({ cancel, refund }) => {
        await cancel(0, 1, 2);
        await refund({ amount: '300', state: 'failed' });
        await refund({ amount: '300' });
      },
    ],
    [
      'a late payment that is refunded',
      async ({ event }) => {
        const checkoutId = await plantCheckout(event, undefined, { state: 'failed' });
        await plantRefund(checkoutId, { ticket_ids: '[]' });
      },
    ],
    [
      'checkouts that are in progress',
      async ({ event }) => {
        for (const state of ['awaiting_payment', 'confirming', 'capturing', 'voiding'] as const)
          await plantCheckout(event, undefined, { state, due_on: soon() });
      },
    ],
    ['a free order', async ({ event }) => void (await plantFree(event))],
    [
      'a second payment, which was refunded',
      async ({ checkoutId, refund }) => {
        const again = { checkout_id: uuidBytes(checkoutId), attempt: 2, provider: 'paypal', provider_ref: unique('pp') } as const;
        const taken = { state: 'captured', amount: '300', captured: '300', currency: 'USD' } as const;
        await db
          .insertInto('payment_attempts')
          .values({ ...again, ...taken, created_on: new Date(), changed_on: new Date() })
          .execute();
        await refund({ attempt: 2, amount: '300', order_id: null, ticket_ids: '[]' });
      },
    ],
  ])('nothing wrong with %s', async (_what, plant) => {
    const paid = await paidEvent();
    await plant(paid);
    expect((await verify(paid.event)).differences).toEqual([]);
  });

  it('nothing wrong with a paid order that MySQL does not have yet', async () => {
    const event = await openHall();
    await plantCheckout(event, await sellThroughCheckout(event, rowSeats('A', 1)));
    expect((await verify(event)).differences).toEqual([]);
  });

  it('says what was paid, and what is on the way', async () => {
    const { event, refund } = await paidEvent();
    await refund({ amount: '1.50', ticket_ids: '[]' });
    await refund({ amount: '20', ticket_ids: '[]', state: 'pending' });
    await plantCheckout(event, undefined, { state: 'awaiting_payment', attempts: [] });
    const { summary } = await verify(event);
    expect(summary).toContain(
      '300.00 USD paid through checkout, 1.50 refunded; 1 checkout in progress; 1 refund on the way, 20.00 USD',
    );
  });
});

async function plantFree(event: Inventory): Promise<void> {
  const order = await sellPaid(event, 9);
  await redis.hset(
    ordersKey(event.eventId),
    order.orderId,
    ((await redis.hget(ordersKey(event.eventId), order.orderId)) ?? '').replace('"priceMinor":10000', '"priceMinor":0'),
  );
  await db.updateTable('tickets').set({ price: '0' }).where('order_id', '=', uuidBytes(order.orderId)).execute();
  await db
    .updateTable('sales_by_zone')
    .set((eb) => ({ revenue: eb('revenue', '-', '100') }))
    .where('event_id', '=', event.eventId)
    .where('zone_id', '=', 1)
    .execute();
  await plantCheckout(event, order, { amount: '0', attempts: [] });
}
