import { describe, expect, it } from 'vitest';
import { aUuid } from '../../../scripts/testing/patterns.ts';
import { accepted, app, seen } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { confirm, extend, giveUp, hold, letExpire, namesOf, order, release, seats } from '../../../scripts/testing/requests.ts';
import { openTestEvent, seatedZone, unique } from '../../../scripts/testing/stores.ts';

const idsOf = ({ seats: held }: { seats: { ticketId: string }[] }) => held.map(({ ticketId }) => ticketId);
const aTicketId = '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b';

describe('giving up a ticket of a hold', () => {
  it('returns 200 with what is still held, until the same time, and frees the place immediately', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 3, 3), { zoneId: 2, capacity: 1, priceMinor: 500 }] });
    const held = await accepted(hold(event, { buyerId: 'Ann', items: [...seats('A1', 'A2'), { zoneId: 2, quantity: 1 }] }));
    expect(idsOf(held)).toEqual([aUuid, aUuid, aUuid]);
    const [first, second, third] = held.seats;
    expect(await accepted(giveUp(held, first.ticketId), 200)).toEqual({
      ...held,
      totalPrice: '105.00',
      seats: [second, third],
    });
    await accepted(order(event, ['A1']));
    await refusal(order(event, ['A2']), 'SEAT_TAKEN');
    await accepted(giveUp(held, third.ticketId), 200);
    await accepted(order(event, { zoneId: 2, quantity: 1 }));
    expect(seen.woken).toEqual([event.eventId, event.eventId]);
  });

  it('releases the hold with its last one: 204, and no such hold afterwards', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1', 'A2']));
    const [first, second] = idsOf(held) as [string, string];
    await accepted(giveUp(held, first), 200);
    expect(await accepted(giveUp(held, second), 204)).toBeUndefined();
    for (const request of [giveUp(held, second), confirm(held), release(held)]) await refusal(request, 'HOLD_NOT_FOUND');
    await accepted(order(event, ['A1', 'A2']));
  });

  it('leaves a hold that can be extended, and is confirmed without that ticket at its total', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1', 'A2', 'A3']));
    const [first, second = '', third] = idsOf(held);
    await accepted(giveUp(held, second), 200);
    expect(idsOf(await accepted(extend(held), 200))).toEqual([first, third]);
    const sold = await accepted(confirm(held));
    expect(sold).toMatchObject({ totalPrice: '200.00', tickets: [{ ticketId: first }, { ticketId: third }] });
    expect(namesOf(sold.tickets)).toEqual(['A1', 'A3']);
  });

  it('lets its buyer have another one instead, if the event limits that', async () => {
    const event = await openTestEvent({ ticketsPerBuyer: 2 });
    const held = await accepted(hold(event, { buyerId: 'Ann', seats: seats('A1', 'A2') }));
    await refusal(order(event, { buyerId: 'Ann', seats: seats('A3') }), 'BUYER_LIMIT_REACHED');
    await accepted(giveUp(held, idsOf(held)[0] ?? ''), 200);
    await accepted(order(event, { buyerId: 'Ann', seats: seats('A3') }));
  });

  it('again returns 404, and frees nothing more', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1', 'A2']));
    const [first = ''] = idsOf(held);
    await accepted(giveUp(held, first), 200);
    await accepted(order(event, ['A1']));
    await refusal(giveUp(held, first), 'TICKET_NOT_FOUND');
    await refusal(order(event, ['A1']), 'SEAT_TAKEN');
  });

  it('of 20 requests at the same time happens once', async () => {
    const event = await openTestEvent();
    const held = await accepted(hold(event, ['A1', 'A2']));
    const [first = ''] = idsOf(held);
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.inject(giveUp(held, first))));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 404)]);
  });
});

describe('giving up a ticket is refused', () => {
  it('of a hold that has expired, whether or not something ended it, or that is an order', async () => {
    const event = await openTestEvent();
    const [overdue, expired, sold] = [
      await accepted(hold(event, ['A1'])),
      await accepted(hold(event, ['A2'])),
      await accepted(hold(event, ['A3'])),
    ];
    await accepted(confirm(sold));
    await letExpire(expired);
    await accepted(order(event, ['B1']));
    await letExpire(overdue);
    const ask = async (held: Parameters<typeof idsOf>[0] & { holdId: string }) => giveUp(held, idsOf(held)[0] ?? '');
    await refusal(await ask(overdue), 'HOLD_EXPIRED');
    await refusal(await ask(expired), 'HOLD_EXPIRED');
    await refusal(await ask(sold), 'HOLD_CONFIRMED');
  });

  it('of a ticket or hold that does not exist', async () => {
    const event = await openTestEvent();
    const [held, other] = [await accepted(hold(event, ['A1'])), await accepted(hold(event, ['A2']))];
    await refusal(giveUp(held, aTicketId), 'TICKET_NOT_FOUND');
    await refusal(giveUp(held, idsOf(other)[0] ?? ''), 'TICKET_NOT_FOUND');
    await refusal(giveUp({ holdId: `${event.eventId}~${'x'.repeat(22)}` }, aTicketId), 'HOLD_NOT_FOUND');
    await refusal(giveUp({ holdId: `${unique('event')}~${'x'.repeat(22)}` }, aTicketId), 'EVENT_NOT_FOUND');
  });

  it.each([
    ['holdId', 'x', aTicketId],
    ['ticketId', `Event1~${'x'.repeat(22)}`, aTicketId.toUpperCase()],
    ['ticketId', `Event1~${'x'.repeat(22)}`, '1'],
  ])('with a malformed %s (%s, %s)', async (parameter, holdId, ticketId) => {
    const { errors } = await refusal(giveUp({ holdId }, ticketId), 'INVALID_REQUEST');
    expect(errors).toEqual([{ parameter, detail: expect.stringMatching(/^must /) }]);
  });
});
