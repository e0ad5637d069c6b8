import { describe, expect, it } from 'vitest';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { offerOf, openOwnInventory, zonesOf } from '../../../scripts/testing/offers.ts';
import { aTime, aUuid } from '../../../scripts/testing/patterns.ts';
import { accepted, app, seen } from '../../../scripts/testing/purchase-app.ts';
import { answerTo, expectReplay, refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, exchange, hold, letExpire, order, seats, withKey } from '../../../scripts/testing/requests.ts';
import { openTestEvent, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { checkDomainEvent } from '../../shared/events/domain-events.ts';
import { blockSeats } from '../../shared/inventory/block-seats.ts';

const general = { zoneId: 2, capacity: 1, priceMinor: 10_000 };
const open = (...more: Parameters<typeof seatedZone>[]) =>
  openTestEvent({ zones: [seatedZone(1, 3, 10), general, ...more.map((zone) => seatedZone(...zone))] });
const [a2, a3] = seats('A2', 'A3');
type Sold = { eventId: string; orderId: string; tickets: { ticketId: string; status: string }[] };
/** An order's first ticket. */
const firstOf = ({ eventId, orderId, tickets }: Sold) => ({ eventId, orderId, ticketId: tickets[0]?.ticketId ?? '' });

describe('exchanging a ticket', () => {
  it('returns 200 with both tickets, wakes the relay, and frees the old place immediately', async () => {
    const event = await open();
    const sold = await accepted(order(event, { buyerId: 'Ann', seats: seats('A1', 'B1') }));
    seen.woken = [];
    const [old, kept] = sold.tickets;
    const exchanged = await accepted(exchange(firstOf(sold), { zoneId: 1, row: 'a', column: 2 }), 200);
    expect(exchanged).toMatchObject({ orderId: sold.orderId, status: 'PAID', totalPrice: '200.00', buyerId: 'Ann' });
    expect(exchanged).not.toHaveProperty('orderToken');
    const replacement = { ...old, ticketId: aUuid, column: '2', createdOn: aTime };
    const cancelled = { ...old, status: 'CANCELLED', exchangedFor: exchanged.tickets[2].ticketId };
    expect(exchanged.tickets).toEqual([cancelled, kept, replacement]);
    expect(exchanged.tickets[2].ticketId).not.toBe(old.ticketId);
    expect(seen.woken).toEqual([event.eventId]);
    await accepted(order(event, ['A1']));
    await refusal(order(event, ['A2']), 'SEAT_TAKEN');
  });

  it('publishes one domain event with the old ticket and the new one, as the schema says', async () => {
    const event = await open();
    const sold = await accepted(order(event, ['A1', 'B1']));
    const { tickets } = await accepted(exchange(firstOf(sold), a2 ?? {}), 200);
    const [, { type, data } = { type: '', data: {} }, ...others] = await domainEvents(event);
    expect(others).toEqual([]);
    expect(type).toBe('onsale.tickets.exchanged');
    expect(data).toMatchObject({
      sequence: 2,
      orderId: sold.orderId,
      purchase: { sequence: 1 },
      tickets: [{ ticketId: sold.tickets[0].ticketId, row: 'A', column: 1, priceMinor: 10_000 }],
      replacements: [{ ticketId: tickets[2].ticketId, row: 'A', column: 2, priceMinor: 10_000, currency: 'USD' }],
    });
    const cloudEvent = {
      ...{ specversion: '1.0', id: '2', source: `/onsale/events/${event.eventId}`, type, time: '2026-05-01T10:00:00.000Z' },
      ...{ datacontenttype: 'application/json', dataschema: 'urn:onsale:tickets.exchanged:1', data },
    };
    expect(checkDomainEvent(cloudEvent)).toEqual({ domainEvent: cloudEvent });
  });

  it('moves between seats and general admission, and once more', async () => {
    const event = await open();
    const sold = await accepted(order(event, ['A1']));
    const standing = await accepted(exchange(firstOf(sold), { zoneId: 2 }), 200);
    expect(standing.tickets[1]).toMatchObject({ zoneId: 2, row: null, column: null, status: 'PAID' });
    const again = { ...firstOf(sold), ticketId: standing.tickets[1].ticketId };
    const seated = await accepted(exchange(again, seats('C9')[0] ?? {}), 200);
    expect(seated.tickets.map(({ status }: { status: string }) => status)).toEqual(['CANCELLED', 'CANCELLED', 'PAID']);
    await accepted(order(event, { zoneId: 2, quantity: 1 }));
    await accepted(order(event, ['A1']));
  });

  it('takes a blocked seat, too, and one whose hold is overdue', async () => {
    const event = await open();
    const sold = await accepted(order(event, ['A1', 'B1']));
    await blockSeats(redis, event.eventId, [{ zoneId: 1, row: 'A', column: 2 }], true);
    await accepted(exchange(firstOf(sold), a2 ?? {}), 200);
    await letExpire(await accepted(hold(event, ['A3'])));
    await accepted(exchange({ ...firstOf(sold), ticketId: sold.tickets[1].ticketId }, a3 ?? {}), 200);
  });

  it('keeps the price that was paid, with its type and promotion, and the promotion counts it as before', async () => {
    const promotions = [{ promotionId: 'EARLY', percent: 50, tickets: 1 }];
    const offer = offerOf({ prices: { A: { child: 2_000 } }, types: { child: 1 }, promotions });
    const event = await openOwnInventory({ zones: zonesOf('A'), offer });
    const sold = await accepted(order(event, { seats: seats('A1'), promotion: 'early' }));
    const exchanged = await accepted(exchange(firstOf(sold), a2 ?? {}), 200);
    expect(exchanged.totalPrice).toBe('10.00');
    const [, { data } = { data: {} }] = await domainEvents(event);
    const terms = { ticketType: 'child', category: 'A', promotion: 'EARLY', fullPriceMinor: 2_000, priceMinor: 1_000 };
    expect(data.replacements).toMatchObject([terms]);
    await refusal(order(event, ['A1']), 'TICKET_TYPE_SOLD_OUT');
    await accepted(cancel(exchanged), 200);
    await accepted(order(event, { seats: seats('A1'), promotion: 'early' }));
  });

  it('is followed by a cancellation of the new ticket, and the old one stays cancelled', async () => {
    const event = await open();
    const sold = await accepted(order(event, ['A1']));
    const { tickets } = await accepted(exchange(firstOf(sold), a2 ?? {}), 200);
    await accepted(cancel(sold, [sold.tickets[0].ticketId]), 200);
    await refusal(order(event, ['A2']), 'SEAT_TAKEN');
    const gone = await accepted(cancel(sold, [tickets[1].ticketId]), 200);
    expect(gone).toMatchObject({ status: 'CANCELLED', totalPrice: '0.00' });
    await accepted(order(event, ['A1', 'A2']));
    await refusal(exchange({ ...firstOf(sold), ticketId: tickets[1].ticketId }, a3 ?? {}), 'TICKET_NOT_FOUND');
  });

  it('of two tickets for one seat at the same time succeeds once', async () => {
    const event = await open();
    const orders: Sold[] = [await accepted(order(event, ['B1'])), await accepted(order(event, ['B2']))];
    const requests = orders.flatMap((sold) => Array.from({ length: 10 }, () => exchange(firstOf(sold), a2 ?? {})));
    const answers = await Promise.all(requests.map((request) => app.inject(request)));
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
    expect(await domainEvents(event)).toHaveLength(3);
  });

  it('is done once for each Idempotency-Key, and replayed to the byte', async () => {
    const event = await open();
    const sold = await accepted(order(event, ['A1']));
    const request = withKey(exchange(firstOf(sold), a2 ?? {}), 'k');
    const first = await answerTo(request);
    expect(first.statusCode).toBe(200);
    await expectReplay(request, first);
    await refusal(withKey(exchange(firstOf(sold), a3 ?? {}), 'k'), 'IDEMPOTENCY_KEY_REUSED');
  });
});

describe('an exchange is refused', () => {
  it("without the operator's token, even to the order's buyer", async () => {
    const sold = await accepted(order(await open(), ['A1']));
    const { headers, ...request } = exchange(firstOf(sold), a2 ?? {});
    const json = { 'content-type': 'application/json' };
    for (const more of [{}, { 'order-token': sold.orderToken }, { authorization: 'Bearer wrong' }]) {
      await refusal({ ...request, headers: { ...json, ...more } }, 'NOT_SIGNED_IN');
    }
    await accepted({ ...request, headers: { ...json, ...asOperator } }, 200);
    expect(headers).toMatchObject(asOperator);
  });

  it('for a place that is sold, held, its own, sold out, unknown or at another price', async () => {
    const event = await open([3, 1, 1, 9_999]);
    const sold = await accepted(order(event, ['A1', 'A2']));
    await accepted(hold(event, ['A3']));
    const ask = (place: object) => exchange(firstOf(sold), place);
    for (const taken of seats('A1', 'A2', 'A3')) await refusal(ask(taken), 'SEAT_TAKEN');
    await refusal(ask({ zoneId: 3, row: 'A', column: '1' }), 'PRICE_DIFFERS');
    await refusal(ask({ zoneId: 9 }), 'ZONE_NOT_FOUND');
    await refusal(ask({ zoneId: 1 }), 'SEAT_NOT_FOUND');
    await refusal(ask({ zoneId: 1, row: 'Z', column: '1' }), 'SEAT_NOT_FOUND');
    await refusal(ask({ zoneId: 2, row: 'A', column: '1' }), 'SEAT_NOT_FOUND');
    await accepted(order(event, { zoneId: 2, quantity: 1 }));
    await refusal(ask({ zoneId: 2 }), 'SOLD_OUT');
  });

  it('for an order, a ticket or an event that does not exist', async () => {
    const event = await open();
    const [mine, other] = [await accepted(order(event, ['A1'])), await accepted(order(event, ['B1']))];
    const ticketId = other.tickets[0].ticketId;
    await refusal(exchange({ ...firstOf(mine), ticketId }, a2 ?? {}), 'TICKET_NOT_FOUND');
    await refusal(exchange({ ...firstOf(mine), orderId: ticketId }, a2 ?? {}), 'ORDER_NOT_FOUND');
    await refusal(exchange({ ...firstOf(mine), eventId: unique('event') }, a2 ?? {}), 'EVENT_NOT_FOUND');
  });

  it.each<[object, object]>([
    [
      { zoneId: 1, row: 'A' },
      { pointer: '#/column', detail: 'is missing' },
    ],
    [
      { zoneId: 1, column: '1' },
      { pointer: '#/row', detail: 'is missing' },
    ],
    [
      { row: 'A', column: '1' },
      { pointer: '#/zoneId', detail: 'is missing' },
    ],
    [
      { zoneId: 1, row: 'A', column: '1', price: 1 },
      { pointer: '#/price', detail: 'is not a known field' },
    ],
  ])('for %j, with a pointer to the fault', async (place, fault) => {
    const sold = await accepted(order(await open(), ['A1']));
    const { errors } = await refusal(exchange(firstOf(sold), place), 'INVALID_REQUEST');
    expect(errors).toEqual([fault]);
  });
});
