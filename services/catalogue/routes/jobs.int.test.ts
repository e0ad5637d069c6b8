import { expect, it } from 'vitest';
import { asOperator, testCatalogueApp } from '../../../scripts/testing/apps.ts';
import { plantCheckout, plantRefund } from '../../../scripts/testing/planted-payments.ts';
import { openHall, rowSeats, sell } from '../../../scripts/testing/sold-event.ts';
import { db, redis } from '../../../scripts/testing/stores.ts';

const app = await testCatalogueApp({ db, redis });

it('a cancellation says what becomes of the seats, and how far the refunds are', async () => {
  const event = await openHall();
  const { eventId } = event;
  const url = `/catalogue/api/v1/events/${eventId}/cancellation`;
  const ask = async (payload: object) => await app.inject({ method: 'POST', url, headers: asOperator, payload });
  expect((await ask({ confirm: eventId, seats: 'gone' })).json()).toMatchObject({ errors: [{ pointer: '#/seats' }] });
  expect((await ask({ confirm: eventId, seats: 'blocked' })).json()).toMatchObject({
    ...{ status: 'waiting', seats: 'blocked' },
    refunds: { orders: 0, paidAmount: '0.00', refundedAmount: '0.00', currency: 'USD' },
  });

  const pay = async (...columns: number[]) => await plantCheckout(event, await sell(event, rowSeats('A', ...columns)));
  await plantRefund(await pay(1));
  const inParts = await pay(2, 3);
  await plantRefund(inParts, { amount: '80' });
  await plantRefund(inParts, { amount: '120', state: 'pending' });
  await plantRefund(await pay(4), { state: 'failed' });
  const again = await pay(5);
  await plantRefund(again, { state: 'failed' });
  await plantRefund(again, { state: 'external' });
  await pay(6);
  // Neither bought anything, nor is it of this event's orders.
  await plantRefund(await plantCheckout(event, undefined), { ticket_ids: '[]' });
  expect((await app.inject({ url, headers: asOperator })).json()).toMatchObject({
    refunds: {
      ...{ orders: 5, refunded: 2, onTheWay: 1, failed: 1 },
      ...{ paidAmount: '600.00', refundedAmount: '280.00', onTheWayAmount: '120.00', currency: 'USD' },
    },
  });
});
