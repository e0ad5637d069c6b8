import { describe, expect, it } from 'vitest';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { aTime, aToken, aUuid } from '../../../scripts/testing/patterns.ts';
import { accepted, app, seen } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { hold, namesOf, order, seats } from '../../../scripts/testing/requests.ts';
import { openTestEvent, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { problem } from '../../shared/http/problems.ts';

/** The event to try refusals on. */
const event = await openTestEvent({
  zones: [seatedZone(1, 26, 30), { zoneId: 2, capacity: 5, priceMinor: 100 }, seatedZone(3, 2, 3)],
});

describe('an order of chosen seats', () => {
  it('in several zones returns 201 with the order, its exact total and its location, and wakes the relay', async () => {
    const zones = [seatedZone(1, 3, 3, 10), seatedZone(2, 3, 3, 20), seatedZone(7, 3, 3, 1_000_000_000_000)];
    const own = await openTestEvent({ currency: 'EUR', zones });
    const { venueId, eventId } = own;
    const answer = await app.inject(order(own, { venueId, buyerId: 'Ann', seats: seats('b3', '7/A1', '2/c2') }));
    expect(answer.statusCode).toBe(201);
    const body = answer.json();
    const { orderId, createdOn } = body;
    const common = { ticketId: aUuid, orderId, venueId, eventId, status: 'PAID', currency: 'EUR', createdOn };
    expect(body).toEqual({
      orderId: aUuid,
      venueId,
      eventId,
      buyerId: 'Ann',
      status: 'PAID',
      totalPrice: '10000000000.30',
      currency: 'EUR',
      createdOn: aTime,
      orderToken: aToken,
      tickets: [
        { ...common, zoneId: 1, row: 'B', column: '3', price: '0.10' },
        { ...common, zoneId: 7, row: 'A', column: '1', price: '10000000000.00' },
        { ...common, zoneId: 2, row: 'C', column: '2', price: '0.20' },
      ],
    });
    expect(new Set(body.tickets.map(({ ticketId }: { ticketId: string }) => ticketId)).size).toBe(3);
    expect(answer.headers.location).toBe(`/query/api/v1/orders/${orderId}`);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(seen.woken).toEqual([eventId]);
    const events = await domainEvents(own);
    expect(events).toMatchObject([{ type: 'onsale.tickets.purchased', data: { orderId, buyerId: 'Ann', sequence: 1 } }]);
    expect(events[0]?.data.tickets).toHaveLength(3);
  });

  it.each([
    { currency: 'USD', prices: [10, 20], totalPrice: '0.30' },
    { currency: 'USD', prices: Array(10).fill(1_000_000_000_000), totalPrice: '100000000000.00' },
    { currency: 'USD', prices: [0], totalPrice: '0.00' },
    { currency: 'JPY', prices: [60, 40], totalPrice: '100' },
    { currency: 'KWD', prices: [12_345, 1], totalPrice: '12.346' },
  ])('costs the exact sum of its tickets: $prices in $currency are $totalPrice', async ({ currency, prices, totalPrice }) => {
    const own = await openTestEvent({ currency, zones: prices.map((priceMinor, at) => seatedZone(at + 1, 1, 1, priceMinor)) });
    const wanted = prices.map((_price, at) => (at === 0 ? 'A1' : `${at + 1}/A1`));
    const sold = await accepted(order(own, wanted));
    expect(sold).toMatchObject({ totalPrice, currency });
    expect(namesOf(sold.tickets)).toEqual(wanted);
  });

  it('need not name the venue or the buyer', async () => {
    const own = await openTestEvent();
    const sold = await accepted(order(own, ['A1']));
    expect(sold.venueId).toBe(own.venueId);
    expect(sold.tickets[0].venueId).toBe(own.venueId);
    expect(sold).not.toHaveProperty('buyerId');
  });

  it("at a venue other than the event's, or of an unknown event, returns 404", async () => {
    const { venueId } = await openTestEvent();
    const wish = { seats: seats('A1') };
    expect(await refusal(order(event, { ...wish, venueId }), 'EVENT_NOT_FOUND')).toEqual(problem('EVENT_NOT_FOUND'));
    await refusal(order({ eventId: unique('unknown') }, wish), 'EVENT_NOT_FOUND');
  });

  it.each(['A1', 'a1'])(
    'knows a seat by all its names: once sold, "%s" is taken, with its column as a string or a number',
    async (name) => {
      const own = await openTestEvent();
      await accepted(order(own, ['a1']));
      const [seat] = seats(name);
      await refusal(order(own, { seats: [seat] }), 'SEAT_TAKEN');
      await refusal(order(own, { seats: [{ ...seat, column: 1 }] }), 'SEAT_TAKEN');
    },
  );

  it('is all or none: a refusal lists each seat that is sold or held, by its pointer and by its name', async () => {
    const own = await openTestEvent({ zones: [seatedZone(1, 10, 10), seatedZone(2, 10, 10)] });
    await accepted(order(own, ['A2', '2/J10']));
    await accepted(hold(own, ['B1']));
    const refused = await refusal(order(own, ['A1', 'a2', '2/A2', 'b1', '2/j10']), 'SEAT_TAKEN');
    expect(refused).toEqual(
      problem('SEAT_TAKEN', {
        errors: [
          { pointer: '#/seats/1', detail: 'zone 1, row A, column 2: The seat is taken' },
          { pointer: '#/seats/3', detail: 'zone 1, row B, column 1: The seat is taken' },
          { pointer: '#/seats/4', detail: 'zone 2, row J, column 10: The seat is taken' },
        ],
      }),
    );
    await accepted(order(own, ['A1', '2/A2']));
  });

  it('names each zone that the event does not have', async () => {
    const { errors } = await refusal(order(event, ['A1', '4/A1', '3/A1', '100000/B2']), 'ZONE_NOT_FOUND');
    expect(errors).toEqual([
      { pointer: '#/seats/1', detail: 'zone 4, row A, column 1: The event has no such zone' },
      { pointer: '#/seats/3', detail: 'zone 100000, row B, column 2: The event has no such zone' },
    ]);
  });

  it('names each seat that its zone does not have, and any in general admission', async () => {
    const { errors } = await refusal(order(event, ['Z30', 'A31', 'AA1', '2/A1', '3/B3', '3/C1', '3/A4']), 'SEAT_NOT_FOUND');
    expect(errors).toEqual([
      { pointer: '#/seats/1', detail: 'zone 1, row A, column 31: The zone has no such seat' },
      { pointer: '#/seats/2', detail: 'zone 1, row AA, column 1: The zone has no such seat' },
      { pointer: '#/seats/3', detail: 'zone 2, row A, column 1: The zone has no such seat' },
      { pointer: '#/seats/5', detail: 'zone 3, row C, column 1: The zone has no such seat' },
      { pointer: '#/seats/6', detail: 'zone 3, row A, column 4: The zone has no such seat' },
    ]);
  });

  it('before the event is on sale returns 409 with the time', async () => {
    const own = await openTestEvent({ onSaleAtMs: Date.UTC(2099, 4, 1, 10) });
    const refused = await refusal(order(own, ['A1']), 'NOT_ON_SALE');
    expect(refused).toEqual(problem('NOT_ON_SALE', { detail: 'On sale from 2099-05-01T10:00:00.000Z' }));
  });

  it('gives each seat to one buyer at most, in whole orders only, when 100 concurrent buyers want overlapping seats', async () => {
    const own = await openTestEvent({ zones: [seatedZone(1, 3, 10)] });
    const requests = Array.from({ length: 100 }, (_, at) =>
      [0, 7, 19].map((step) => (at * 3 + step) % 30).map((seat) => `${'ABC'[Math.floor(seat / 10)]}${(seat % 10) + 1}`),
    );
    const answers = await Promise.all(requests.map(async (wish) => ({ wish, answer: await app.inject(order(own, wish)) })));
    const { 201: sold = [], 409: refused = [] } = Object.groupBy(answers, ({ answer }) => answer.statusCode);
    expect(sold.length + refused.length).toBe(100);
    for (const { wish, answer } of sold) expect(namesOf(answer.json().tickets)).toEqual(wish);
    const taken = new Set(sold.flatMap(({ wish }) => wish));
    expect(taken.size).toBe(3 * sold.length);
    for (const { wish } of refused) expect(wish.some((name) => taken.has(name))).toBe(true);
  });
});
