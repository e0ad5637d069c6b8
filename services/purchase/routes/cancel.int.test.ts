import { describe, expect, it } from 'vitest';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { accepted, app, seen } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, confirm, hold, namesOf, order, post, seats, ticket } from '../../../scripts/testing/requests.ts';
import { openTestEvent, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { type ProblemCode, problem } from '../../shared/http/problems.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';

type Ticket = { ticketId: string; zoneId: number; row: string; column: string };
/** An order as later responses show it: only the response to its purchase contains the token. */
const withoutToken = ({ orderToken: _token, ...sold }: { orderToken: string }) => sold;

const idsOf = (tickets: Ticket[]) => tickets.map(({ ticketId }) => ticketId);

/** An order to try refusals on, and another order of the same event. */
const event = await openTestEvent();
const bought = await accepted(order(event, ['A1', 'A2']));
const others = await accepted(order(event, ['B1', 'B2']));

/** Replays the event's domain events in order. Throws unless each seat was free when sold, and the ticket's own when cancelled. */
async function assertNeverTwice(of: Inventory) {
  const owners = new Map<string, string>();
  for (const { type, data } of await domainEvents(of)) {
    for (const ticket of data.tickets as Ticket[]) {
      const [name = ''] = namesOf([ticket]);
      expect([data.sequence, name, owners.get(name)]).toEqual([
        data.sequence,
        name,
        type.endsWith('purchased') ? undefined : ticket.ticketId,
      ]);
      if (type.endsWith('purchased')) owners.set(name, ticket.ticketId);
      else owners.delete(name);
    }
  }
}

describe('cancelling an order', () => {
  it('returns 200 with its new state, wakes the relay, and frees its seats immediately', async () => {
    const own = await openTestEvent({ zones: [seatedZone(1, 3, 3), seatedZone(2, 3, 3, 4_550)] });
    const sold = await accepted(order(own, { buyerId: 'Ann', seats: seats('A1', '2/A1') }));
    seen.woken = [];
    const answer = await app.inject(cancel(sold));
    expect(answer.statusCode).toBe(200);
    const tickets = sold.tickets.map((ticket: object) => ({ ...ticket, status: 'CANCELLED' }));
    expect(answer.json()).toEqual({ ...withoutToken(sold), status: 'CANCELLED', totalPrice: '0.00', tickets });
    expect(seen.woken).toEqual([own.eventId]);
    const [, event] = await domainEvents(own);
    expect(event).toMatchObject({ type: 'onsale.tickets.cancelled', data: { orderId: sold.orderId, sequence: 2 } });
    expect(idsOf(event?.data.tickets)).toEqual(idsOf(sold.tickets));
    await accepted(order(own, ['A1', '2/A1']));
  });

  it('in part keeps the other tickets and their total, until they are cancelled as well', async () => {
    const own = await openTestEvent({ currency: 'JPY', zones: [seatedZone(1, 3, 3, 60), seatedZone(2, 3, 3, 40)] });
    const sold = await accepted(order(own, ['A1', '2/A1', '2/A2']));
    const [first, second, third] = sold.tickets;
    const part = await accepted(cancel(sold, [third.ticketId, first.ticketId]), 200);
    const gone = { status: 'CANCELLED' };
    const tickets = [{ ...first, ...gone }, second, { ...third, ...gone }];
    expect(part).toEqual({ ...withoutToken(sold), status: 'PAID', totalPrice: '40', tickets });
    await refusal(order(own, ['A1', '2/A1']), 'SEAT_TAKEN');
    await accepted(order(own, ['A1', '2/A2']));
    const whole = await accepted(cancel(sold), 200);
    expect(whole).toMatchObject({ status: 'CANCELLED', totalPrice: '0', tickets: [gone, gone, gone] });
    const cancelled = (await domainEvents(own)).filter(({ type }) => type.endsWith('cancelled'));
    expect(cancelled.map(({ data }) => idsOf(data.tickets))).toEqual([[first.ticketId, third.ticketId], [second.ticketId]]);
  });

  it('again, whole or in part, returns 200 with the same order, and takes nothing from the new owner of the seats', async () => {
    const own = await openTestEvent();
    const sold = await accepted(order(own, ['A1', 'A2']));
    const cancelled = await accepted(cancel(sold), 200);
    await accepted(order(own, ['A1', 'A2']));
    for (const ticketIds of [undefined, idsOf(sold.tickets), idsOf(sold.tickets.slice(1))]) {
      expect(await accepted(cancel(sold, ticketIds), 200)).toEqual(cancelled);
    }
    expect(await domainEvents(own)).toHaveLength(3);
    await refusal(order(own, ['A1']), 'SEAT_TAKEN');
  });

  it('works for a single ticket, a confirmed hold and general admission', async () => {
    const own = await openTestEvent({ zones: [seatedZone(1, 3, 3), { zoneId: 2, capacity: 2, priceMinor: 100 }] });
    const single = await accepted(ticket(own, { seats: seats('A1') }));
    const held = await accepted(confirm(await accepted(hold(own, ['A2']))));
    const general = await accepted(order(own, { zoneId: 2, quantity: 2 }));
    for (const sold of [single, held, general]) {
      expect(await accepted(cancel(sold), 200)).toMatchObject({ orderId: sold.orderId, status: 'CANCELLED' });
    }
    await accepted(order(own, ['A1', 'A2']));
    await accepted(order(own, { zoneId: 2, quantity: 2 }));
  });
});

describe('a cancellation that is refused', () => {
  const [mine] = idsOf(bought.tickets);
  const [theirs] = idsOf(others.tickets);
  const unknown = bought.orderId;

  it("names each ticket that is not the order's, and cancels none of the others", async () => {
    const refused = await refusal(cancel(bought, [theirs, mine, unknown] as string[]), 'TICKET_NOT_FOUND');
    const detail = 'in this order: There is no such ticket';
    const errors = [0, 2].map((at) => ({ pointer: `#/ticketIds/${at}`, detail }));
    expect(refused).toEqual(problem('TICKET_NOT_FOUND', { errors }));
  });

  it('of an order that the event does not have returns 404', async () => {
    const { eventId } = await openTestEvent();
    for (const at of [
      { eventId, orderId: bought.orderId },
      { eventId: event.eventId, orderId: mine as string },
    ]) {
      expect(await refusal(cancel(at), 'ORDER_NOT_FOUND')).toEqual(problem('ORDER_NOT_FOUND'));
    }
    await refusal(cancel({ ...bought, eventId: unique('unknown') }), 'EVENT_NOT_FOUND');
  });

  it.each<[string, object, string]>([
    ['a ticket twice', { ticketIds: [mine, theirs, mine] }, '#/ticketIds'],
    ['no tickets', { ticketIds: [] }, '#/ticketIds'],
    ['51 tickets', { ticketIds: Array.from({ length: 51 }, (_, at) => mine?.replace(/..$/, String(at + 10))) }, '#/ticketIds'],
    ['null for tickets', { ticketIds: null }, '#/ticketIds'],
    ['one ticket outside of a list', { ticketIds: mine }, '#/ticketIds'],
    ['a ticket in upper case', { ticketIds: [theirs, mine?.toUpperCase().replace('0', 'A')] }, '#/ticketIds/1'],
    ['a number for a ticket', { ticketIds: [1] }, '#/ticketIds/0'],
    ['no event', { eventId: undefined }, '#/eventId'],
    ['a wrong event', { eventId: '{x}' }, '#/eventId'],
    ['an unknown field', { reason: 'ill' }, '#/reason'],
  ])('for an invalid body (%s) returns 400 with a pointer to the field', async (_what, change, pointer) => {
    const body = { eventId: event.eventId, ...change };
    const { errors } = await refusal(post(`orders/${bought.orderId}/cancel`, body), 'INVALID_REQUEST');
    expect(errors).toEqual([{ pointer, detail: expect.stringMatching(/^(must|is) /) }]);
  });

  it.each(['x', '1', '%00', '01a1fd30-0b3a-4072-8b96-112403277434', '01A1FD30-0B3A-7072-8B96-112403277434'])(
    'for a malformed order id (%s) returns 400 with the parameter',
    async (orderId) => {
      const { errors } = await refusal(cancel({ eventId: event.eventId, orderId }), 'INVALID_REQUEST');
      expect(errors).toEqual([{ parameter: 'orderId', detail: expect.stringMatching(/^must /) }]);
    },
  );

  it.each<[string, string | undefined, string, ProblemCode]>([
    ['cut short', '{', 'application/json', 'INVALID_REQUEST'],
    ['a form', 'eventId=Event1', 'application/x-www-form-urlencoded', 'UNSUPPORTED_MEDIA_TYPE'],
    ['too large', ' '.repeat(16 * 1024 + 1), 'application/json', 'PAYLOAD_TOO_LARGE'],
  ])('for an unreadable body (%s) is a problem', async (_what, body, contentType, code) => {
    await refusal(post(`orders/${bought.orderId}/cancel`, body, { 'content-type': contentType }), code);
  });
});

describe('concurrent cancellations', () => {
  it('of one order, 20 of them, all return 200 with the cancelled order, and cancel each ticket once', async () => {
    const own = await openTestEvent();
    const sold = await accepted(order(own, ['A1', 'A2', 'A3']));
    const answers = await Promise.all(Array.from({ length: 20 }, () => accepted(cancel(sold), 200)));
    for (const answer of answers) expect(answer).toMatchObject({ status: 'CANCELLED', totalPrice: '0.00' });
    expect(await domainEvents(own)).toHaveLength(2);
  });

  it("of an order's tickets, in overlapping pairs, cancel each ticket once", async () => {
    const own = await openTestEvent();
    const sold = await accepted(order(own, { zoneId: 1, quantity: 10 }));
    const ids = idsOf(sold.tickets);
    await Promise.all(ids.map((id, at) => accepted(cancel(sold, [id, ids[(at + 1) % 10] as string]), 200)));
    await assertNeverTwice(own);
    expect(await accepted(cancel(sold), 200)).toMatchObject({ status: 'CANCELLED', totalPrice: '0.00' });
    await accepted(order(own, { zoneId: 1, quantity: 10 }));
  });

  it('alongside orders for the same seats never give a seat to two buyers, and leave all seats free at the end', async () => {
    const own = await openTestEvent({ zones: [seatedZone(1, 1, 6)] });
    const buyer = async (first: number) => {
      for (let round = 0; round < 10; round++) {
        const wanted = [0, 1, 2].map((step) => `A${((first + step * (round + 1)) % 6) + 1}`);
        const answer = await app.inject(order(own, [...new Set(wanted)]));
        expect([201, 409]).toContain(answer.statusCode);
        if (answer.statusCode === 201) await accepted(cancel(answer.json()), 200);
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, first) => buyer(first)));
    await assertNeverTwice(own);
    await accepted(order(own, ['A1', 'A2', 'A3', 'A4', 'A5', 'A6']));
  });
});
