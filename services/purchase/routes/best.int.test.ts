import { describe, expect, it } from 'vitest';
import { aTime, aToken, aUuid } from '../../../scripts/testing/patterns.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { hold, namesOf, order } from '../../../scripts/testing/requests.ts';
import { openTestEvent, seatedZone } from '../../../scripts/testing/stores.ts';
import { problem } from '../../shared/http/problems.ts';

/** An order lists its seats as tickets, a hold as seats. */
type Taken = { tickets?: Parameters<typeof namesOf>[0]; seats?: Parameters<typeof namesOf>[0] };
const takenIn = ({ tickets, seats }: Taken) => namesOf(tickets ?? seats ?? []);

const general = (capacity: number) => ({ zoneId: 2, capacity, priceMinor: 2_050 });

describe.each([
  ['an order', order],
  ['a hold', hold],
])('%s of the best seats', (_what, take) => {
  it.each([undefined, false, true])('gets them side by side if possible, and says so (split: %s)', async (split) => {
    const event = await openTestEvent();
    const taken = await accepted(take(event, { zoneId: 1, quantity: 4, split }));
    expect(taken).toMatchObject({ adjacent: true, totalPrice: '400.00' });
    expect(takenIn(taken)).toEqual(['A4', 'A5', 'A6', 'A7']);
  });

  it('reports a single seat as adjacent', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 1)] });
    expect(await accepted(take(event, { zoneId: 1, quantity: 1 }))).toMatchObject({ adjacent: true });
  });

  it('is refused if none are left side by side; with split it succeeds, and reports them as not adjacent', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 2, 5)] });
    await accepted(order(event, ['A3', 'B3']));
    for (const split of [undefined, false]) {
      const refused = await refusal(take(event, { zoneId: 1, quantity: 4, split }), 'NO_ADJACENT_SEATS');
      expect(refused).toEqual(problem('NO_ADJACENT_SEATS'));
    }
    const taken = await accepted(take(event, { zoneId: 1, quantity: 4, split: true }));
    expect(taken.adjacent).toBe(false);
    expect(takenIn(taken).toSorted()).toEqual(['A1', 'A2', 'A4', 'A5']);
  });

  it.each([
    ['with seats', 1],
    ['of general admission', 2],
  ])('is refused in a zone %s with too few left, and the detail says how many', async (_zone, zoneId) => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 5), general(5)] });
    for (const split of [false, true]) {
      const { detail } = await refusal(take(event, { zoneId, quantity: 6, split }), 'SOLD_OUT');
      expect(detail).toBe('5 left');
    }
    await accepted(order(event, { zoneId, quantity: 2 }));
    await accepted(hold(event, { zoneId, quantity: 1 }));
    const refused = await refusal(take(event, { zoneId, quantity: 3 }), 'SOLD_OUT');
    expect(refused).toEqual(problem('SOLD_OUT', { detail: '2 left' }));
    await accepted(take(event, { zoneId, quantity: 2, split: true }));
    expect(await refusal(take(event, { zoneId, quantity: 1 }), 'SOLD_OUT')).toMatchObject({ detail: '0 left' });
  });

  it('in a zone that the event does not have returns 404 with a single pointer, to the zone', async () => {
    const event = await openTestEvent();
    const { errors } = await refusal(take(event, { zoneId: 3, quantity: 4 }), 'ZONE_NOT_FOUND');
    expect(errors).toEqual([{ pointer: '#/zoneId', detail: 'zone 3: The event has no such zone' }]);
  });

  it('goes to exactly as many concurrent buyers as there are groups of seats, each group whole', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 5, 8)] });
    const answers = await Promise.all(Array.from({ length: 30 }, () => app.inject(take(event, { zoneId: 1, quantity: 4 }))));
    const { 201: won = [], 409: lost = [] } = Object.groupBy(answers, ({ statusCode }) => statusCode);
    expect([won.length, lost.length]).toEqual([10, 20]);
    for (const answer of lost) expect(answer.json()).toEqual(problem('SOLD_OUT', { detail: '0 left' }));
    for (const answer of won) expect(answer.json().adjacent).toBe(true);
    expect(new Set(won.flatMap((answer) => takenIn(answer.json()))).size).toBe(40);
  });
});

describe('general admission', () => {
  it('is sold by number: its tickets have neither row nor column, and adjacency is not reported', async () => {
    const event = await openTestEvent({ zones: [general(5)] });
    const { venueId, eventId } = event;
    const body = await accepted(order(event, { zoneId: 2, quantity: 2 }));
    const { orderId, createdOn } = body;
    const sold = { orderId, venueId, eventId, status: 'PAID', currency: 'USD', createdOn };
    const ticket = { ...sold, ticketId: aUuid, zoneId: 2, row: null, column: null, price: '20.50' };
    expect(body).toEqual({
      ...sold,
      orderId: aUuid,
      createdOn: aTime,
      totalPrice: '41.00',
      orderToken: aToken,
      tickets: [ticket, ticket],
    });
  });

  it('is held by number, too', async () => {
    const event = await openTestEvent({ zones: [general(5)] });
    const held = await accepted(hold(event, { zoneId: 2, quantity: 2 }));
    expect(held).not.toHaveProperty('adjacent');
    const place = { zoneId: 2, row: null, column: null, price: '20.50' };
    expect(held).toMatchObject({ totalPrice: '41.00', seats: [place, place] });
  });

  it('is sold to exactly as many concurrent buyers as there are places', async () => {
    const event = await openTestEvent({ zones: [general(20)] });
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.inject(order(event, { zoneId: 2, quantity: 1 }))));
    const { 201: won = [], 409: lost = [] } = Object.groupBy(answers, ({ statusCode }) => statusCode);
    expect([won.length, lost.length]).toEqual([20, 30]);
    for (const answer of lost) expect(answer.json()).toEqual(problem('SOLD_OUT', { detail: '0 left' }));
  });
});
