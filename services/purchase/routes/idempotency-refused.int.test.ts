import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { answerTo, expectReplay, refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, confirm, extend, hold, letExpire, order, seats, takers, withKey } from '../../../scripts/testing/requests.ts';
import { db, openTestEvent, planOf, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import type { ProblemCode } from '../../shared/http/problems.ts';
import { inventoryKey, replyKey } from '../../shared/inventory/keys.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';

const key = '8e03978e-40d5-43e8-bc93-6894a57f9324';

/** Asserts that a request is refused, and that after `undo` its Idempotency-Key replays the refusal and only a new key succeeds. */
async function expectKept(eventId: string, request: InjectOptions, code: ProblemCode, undo: InjectOptions) {
  await refusal(withKey(request, key), code, { kept: replyKey(eventId, 'stranger', key) });
  const first = await answerTo(withKey(request, key));
  await accepted(undo, 200);
  await expectReplay(withKey(request, key), first);
  await accepted(withKey(request, 'another-key-of-one'));
}

describe('an Idempotency-Key keeps a refusal', () => {
  it.each(takers)('%s of a seat that was taken, although it is free now', async (_name, take) => {
    const event = await openTestEvent();
    const sold = await accepted(order(event, ['A1']));
    await expectKept(event.eventId, take(event, { seats: seats('A1') }), 'SEAT_TAKEN', cancel(sold));
  });

  it.each(takers)('%s by a buyer who had too many tickets, but no longer has', async (_name, take) => {
    const event = await openTestEvent({ ticketsPerBuyer: 1 });
    const sold = await accepted(order(event, { buyerId: 'Ann', seats: seats('A1') }));
    const wish = { buyerId: 'Ann', seats: seats('A2') };
    await expectKept(event.eventId, take(event, wish), 'BUYER_LIMIT_REACHED', cancel(sold));
  });

  it.each([
    ['POST orders', order],
    ['POST holds', hold],
  ])('%s of tickets in a zone that had too few left, or too few side by side', async (_name, take) => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 5)] });
    const [middle, first] = [await accepted(order(event, ['A3'])), await accepted(order(event, ['A1']))];
    const five = withKey(take(event, { zoneId: 1, quantity: 5 }), 'a-key-for-five-seats');
    await refusal(five, 'SOLD_OUT', { kept: replyKey(event.eventId, 'stranger', 'a-key-for-five-seats') });
    const soldOut = await answerTo(five);
    await expectKept(event.eventId, take(event, { zoneId: 1, quantity: 3 }), 'NO_ADJACENT_SEATS', cancel(middle));
    await expectReplay(five, soldOut);
    await accepted(cancel(first), 200);
    await expectReplay(five, soldOut);
  });

  it('POST confirm of an expired hold that had lost a seat', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1', 'A2']));
    await letExpire(held);
    const sold = await accepted(order(event, ['A2']));
    await expectKept(event.eventId, confirm(held), 'HOLD_EXPIRED', cancel(sold));
  });

  it('POST confirm of an expired hold whose buyer had too many tickets', async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 1 });
    const held = await accepted(hold(event, { buyerId: 'Ann', seats: seats('A1') }));
    await letExpire(held);
    const sold = await accepted(order(event, { buyerId: 'Ann', seats: seats('A2') }));
    await expectKept(event.eventId, confirm(held), 'BUYER_LIMIT_REACHED', cancel(sold));
  });

  it.each<[string, ProblemCode, (held: { eventId: string; holdId: string }) => Promise<unknown>]>([
    ['had been extended', 'HOLD_EXTENDED', (held) => accepted(extend(held), 200)],
    ['had expired', 'HOLD_EXPIRED', letExpire],
  ])('POST extend of a hold that %s, although it is sold now', async (_what, code, prepare) => {
    const held = await accepted(hold(await openTestEvent(), ['A1']));
    await prepare(held);
    await refusal(withKey(extend(held), key), code, { kept: replyKey(held.eventId, 'stranger', key) });
    const first = await answerTo(withKey(extend(held), key));
    await accepted(confirm(held));
    await expectReplay(withKey(extend(held), key), first);
  });

  it.each(takers)('%s by 20 concurrent requests, whichever of two keys gets the seat', async (_name, take) => {
    const event = await openTestEvent();
    const request = take(event, { seats: seats('A1') });
    const both = await Promise.all(
      Array.from({ length: 20 }, (_, at) => answerTo(withKey(request, `the-${at % 2 === 0 ? 'even' : 'uneven'}-ones-key`))),
    );
    for (const [at, answer] of both.entries()) expect(answer).toEqual(both[at % 2]);
    expect(both.slice(0, 2).map(({ statusCode }) => statusCode)).toEqual(expect.arrayContaining([201, 409]));
  });
});

describe('an Idempotency-Key is still unused after a refusal that the client or operator can fix', () => {
  it.each(takers)('%s with an invalid body', async (_name, take) => {
    const event = await openTestEvent();
    await refusal(withKey(take(event, { seats: [{ zoneId: 1, row: 'A', column: '' }] }), key), 'INVALID_REQUEST');
    await accepted(withKey(take(event, { seats: seats('A1') }), key));
  });

  it.each(takers)('%s without the buyer that the event requires', async (_name, take) => {
    const event = await openTestEvent({ ticketsPerBuyer: 1 });
    const wish = { seats: seats('A1') };
    await refusal(withKey(take(event, wish), key), 'INVALID_REQUEST', { asksRedis: true });
    await accepted(withKey(take(event, { ...wish, buyerId: 'Ann' }), key));
  });

  it.each(takers)('%s for an event, a zone or a seat that exists only later', async (_name, take) => {
    const event = { ...(await openTestEvent()), eventId: unique('event') };
    const open = async (rows: number, ...zoneIds: number[]) =>
      openEvent(db, redis, planOf({ ...event, zones: zoneIds.map((zoneId) => seatedZone(zoneId, rows, 3)) }));
    const request = withKey(take(event, { seats: seats('2/B1') }), key);
    await refusal(request, 'EVENT_NOT_FOUND');
    await open(1, 1);
    await refusal(request, 'ZONE_NOT_FOUND');
    await open(1, 1, 2);
    await refusal(request, 'SEAT_NOT_FOUND');
    await open(2, 1, 2);
    await accepted(request);
  });

  it.each(takers)('%s before the event is on sale', async (_name, take) => {
    const event = await openTestEvent({ onSaleAtMs: Date.UTC(2099, 4, 1, 10) });
    const request = withKey(take(event, { seats: seats('A1') }), key);
    await refusal(request, 'NOT_ON_SALE');
    await openEvent(db, redis, planOf({ ...event, onSaleAtMs: Date.UTC(2026, 0, 1) }));
    await accepted(request);
  });

  it.each(takers)('%s while the inventory was gone', async (_name, take) => {
    const event = await openTestEvent();
    const inventory = inventoryKey(event.eventId);
    const request = withKey(take(event, { seats: seats('A1') }), key);
    await redis.rename(inventory, `${inventory}:away`);
    await refusal(request, 'INVENTORY_UNAVAILABLE');
    await redis.rename(`${inventory}:away`, inventory);
    await accepted(request);
  });

  it.each([
    ['confirm', confirm, 201],
    ['extend', extend, 200],
  ] as const)('POST %s of a hold that does not exist', async (_name, request, status) => {
    const { eventId, holdId } = await accepted(hold(await openTestEvent(), ['A1']));
    await refusal(withKey(request({ holdId: `${eventId}~${'x'.repeat(22)}` }), key), 'HOLD_NOT_FOUND');
    await accepted(withKey(request({ holdId }), key), status);
  });

  it('POST cancel of an order or a ticket that does not exist', async () => {
    const event = await openTestEvent();
    const [mine, other] = [await accepted(order(event, ['A1'])), await accepted(order(event, ['A2']))];
    const [{ ticketId }] = other.tickets;
    await refusal(withKey(cancel({ ...mine, orderId: ticketId }), key), 'ORDER_NOT_FOUND');
    await refusal(withKey(cancel(mine, [ticketId]), key), 'TICKET_NOT_FOUND');
    await accepted(withKey(cancel(mine), key), 200);
  });
});
