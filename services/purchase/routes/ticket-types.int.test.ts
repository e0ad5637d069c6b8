import { describe, expect, it } from 'vitest';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { offerOf, openOwnInventory, zonesOf } from '../../../scripts/testing/offers.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { answerTo, expectReplay, refusal } from '../../../scripts/testing/refusal.ts';
import {
  cancel,
  confirm,
  giveUp,
  hold,
  letExpire,
  order,
  release,
  seats,
  ticket,
  withKey,
} from '../../../scripts/testing/requests.ts';
import { problem } from '../../shared/http/problems.ts';

const prices = { A: { adult: 5_000, child: 2_000 } };
const open = (child?: number, changes = {}) =>
  openOwnInventory({ zones: zonesOf('A'), offer: offerOf({ prices, types: { adult: undefined, child } }), ...changes });
type Event = Awaited<ReturnType<typeof open>>;

const child = (name: string) => seats(name).map((seat) => ({ ...seat, ticketType: 'child' }));
const children = (quantity: number) => ({ zoneId: 2, quantity, ticketTypes: { child: quantity } });
const soldOut = (left: number) => problem('TICKET_TYPE_SOLD_OUT', { detail: `${left} left` });
const typesIn = async (event: Event) =>
  (await domainEvents(event)).flatMap(({ data }) => data.tickets.map(({ ticketType }: { ticketType: string }) => ticketType));

describe("a ticket's type", () => {
  it("decides its price; without one, a ticket is of the event's first type", async () => {
    const event = await open();
    const items = [...seats('A1'), ...child('A2'), { zoneId: 2, quantity: 3, ticketTypes: { adult: 1, child: 2 } }];
    const sold = await accepted(order(event, { items }));
    expect(sold.tickets.map(({ price }: { price: string }) => price)).toEqual(['50.00', '20.00', '50.00', '20.00', '20.00']);
    expect(sold.totalPrice).toBe('160.00');
    expect(await typesIn(event)).toEqual(['adult', 'child', 'adult', 'child', 'child']);
    expect(await accepted(ticket(event, { seats: child('A3') }))).toMatchObject({ price: '20.00' });
  });

  it('that the event does not have returns 404, with a pointer to where it was named', async () => {
    const event = await open();
    const wanted = { items: [...seats('A1'), { ...seats('A2')[0], ticketType: 'senior' }, children(1)] };
    const detail = 'zone 1, row A, column 2: There is no such ticket type for these seats';
    expect(await refusal(order(event, wanted), 'TICKET_TYPE_NOT_FOUND')).toEqual(
      problem('TICKET_TYPE_NOT_FOUND', { errors: [{ pointer: '#/items/1', detail }] }),
    );
    const without = await openOwnInventory();
    await refusal(order(without, { seats: child('A1') }), 'TICKET_TYPE_NOT_FOUND');
  });

  it('for which the seats have no price returns 404', async () => {
    const offer = offerOf({ prices: { A: { adult: 5_000 } }, types: { adult: undefined, child: undefined } });
    const event = await openOwnInventory({ zones: zonesOf('A'), offer });
    for (const wanted of [{ seats: child('A1') }, children(1)]) await refusal(order(event, wanted), 'TICKET_TYPE_NOT_FOUND');
    await accepted(order(event, ['A1']));
  });

  it('of all tickets must add up to the quantity', async () => {
    const event = await open();
    const { errors } = await refusal(hold(event, { ...children(2), quantity: 3 }), 'INVALID_REQUEST');
    const detail = 'must add up to quantity, which is 3, and not to 2';
    expect(errors).toEqual([{ pointer: '#/ticketTypes', detail }]);
  });
});

describe('the limit of a ticket type', () => {
  it('is for all of its tickets, held or sold, in all zones, and refuses an order as a whole', async () => {
    const event = await open(4);
    await accepted(order(event, { seats: child('A1') }));
    await accepted(hold(event, children(2)));
    expect(await refusal(order(event, children(2)), 'TICKET_TYPE_SOLD_OUT')).toEqual(soldOut(1));
    const mixed = { items: [...seats('A2'), ...child('A3'), children(1)] };
    expect(await refusal(hold(event, mixed), 'TICKET_TYPE_SOLD_OUT')).toEqual(soldOut(1));
    await accepted(order(event, { seats: [...seats('A2'), ...child('A3')] }));
    expect(await refusal(order(event, children(1)), 'TICKET_TYPE_SOLD_OUT')).toEqual(soldOut(0));
    await accepted(order(event, { zoneId: 2, quantity: 5 }));
  });

  it('is never passed by 100 concurrent buyers: exactly as many get a ticket', async () => {
    const event = await open(17, { zones: zonesOf('A').map((zone) => (zone.zoneId === 2 ? { ...zone, capacity: 200 } : zone)) });
    const requests = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? order : hold)(event, children(1)));
    const answers = await Promise.all(requests.map((request) => app.inject(request)));
    const { 201: won = [], 409: lost = [] } = Object.groupBy(answers, ({ statusCode }) => statusCode);
    expect([won.length, lost.length]).toEqual([17, 83]);
    for (const answer of lost) expect(answer.json()).toEqual(soldOut(0));
  });

  it.each<[string, (event: Event) => Promise<unknown>]>([
    ['the hold is released', async (event) => accepted(release(await accepted(hold(event, children(2)))), 204)],
    ['the hold expires', async (event) => letExpire({ ...event, ...(await accepted(hold(event, children(2)))) })],
    ['the order is cancelled', async (event) => accepted(cancel(await accepted(order(event, children(2)))), 200)],
    [
      'the tickets are cancelled one by one',
      async (event) => {
        const sold = await accepted(order(event, children(2)));
        for (const { ticketId } of sold.tickets) await accepted(cancel(sold, [ticketId]), 200);
      },
    ],
    [
      'the tickets of the hold are given up one by one',
      async (event) => {
        const held = await accepted(hold(event, children(2)));
        await accepted(giveUp(held, held.seats[0].ticketId), 200);
        await accepted(giveUp(held, held.seats[1].ticketId), 204);
      },
    ],
  ])('counts no ticket any more once %s', async (_how, giveBack) => {
    const event = await open(2);
    await giveBack(event);
    await accepted(order(event, children(2)));
    expect(await refusal(hold(event, children(1)), 'TICKET_TYPE_SOLD_OUT')).toEqual(soldOut(0));
  });

  it('does not count a confirmed ticket twice, and holds for an expired hold that is confirmed, too', async () => {
    const event = await open(3);
    const [kept, expired] = [await accepted(hold(event, children(1))), await accepted(hold(event, children(2)))];
    await accepted(confirm(kept));
    await letExpire({ ...event, ...expired });
    const sold = await accepted(order(event, children(1)));
    expect(await refusal(confirm(expired), 'TICKET_TYPE_SOLD_OUT')).toEqual(soldOut(1));
    await accepted(cancel(sold), 200);
    await accepted(confirm(expired));
    expect(await refusal(order(event, children(1)), 'TICKET_TYPE_SOLD_OUT')).toEqual(soldOut(0));
  });
});

it('an Idempotency-Key replays an order of types, and its refusal, to the byte', async () => {
  const event = await open(2);
  const [first, second] = [
    withKey(order(event, children(2)), 'the-first-order-of-children'),
    withKey(hold(event, children(1)), 'the-second-one-of-children'),
  ];
  const answers = [await answerTo(first), await answerTo(second)] as const;
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 409]);
  await accepted(cancel(JSON.parse(answers[0].body)), 200);
  await expectReplay(first, answers[0]);
  await expectReplay(second, answers[1]);
});
