import { describe, expect, it, vi } from 'vitest';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { offerOf, openOwnInventory, zonesOf } from '../../../scripts/testing/offers.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { answerTo, expectReplay, refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, confirm, giveUp, hold, letExpire, order, release, seats, withKey } from '../../../scripts/testing/requests.ts';
import { problem } from '../../shared/http/problems.ts';
import type { Promotion } from '../../shared/inventory/offer.ts';

const hourMs = 3_600_000;
const types = { adult: undefined, child: undefined };
const prices = { A: { adult: 5_001, child: 2_000 }, B: 1_000 };
const zones = [...zonesOf('A'), { zoneId: 3, capacity: 200, categories: ['B'] }];
/** An event with the promotion EARLY: of a fifth, unless it says otherwise. */
const open = (promotion: Partial<Promotion>) => {
  const reduction = promotion.amountMinor ?? promotion.priceMinor ?? 0;
  const early = { promotionId: 'EARLY', ...(reduction === 0 && { percent: 20 }), ...promotion };
  return openOwnInventory({ zones, offer: offerOf({ prices, types, promotions: [early] }) });
};
type Event = Awaited<ReturnType<typeof open>>;

/** Places at 10.00 each, with the promotion. */
const early = (quantity: number, more = {}) => ({ zoneId: 3, quantity, promotion: 'EARLY', ...more });
const usedUp = (left: number) => problem('PROMOTION_USED_UP', { detail: `${left} left` });
const pricesOf = ({ tickets }: { tickets: { price: string }[] }) => tickets.map(({ price }) => price);

describe('a promotion', () => {
  it.each<[string, Partial<Promotion>, string]>([
    ['a fifth, with halves of a cent rounded up', { percent: 20 }, '40.01'],
    ['half, with halves of a cent rounded up', { percent: 50 }, '25.01'],
    ['everything', { percent: 100 }, '0.00'],
    ['an amount', { amountMinor: 1_000 }, '40.01'],
    ['an amount above the price', { amountMinor: 6_000 }, '0.00'],
    ['to a price', { priceMinor: 1_999 }, '19.99'],
    ['to a price, unless it is lower already', { priceMinor: 9_900 }, '50.01'],
  ])('reduces a price by %s', async (_what, promotion, price) => {
    const event = await open(promotion);
    const { tickets } = await accepted(order(event, { seats: seats('A1'), promotion: 'EARLY' }));
    expect(tickets).toMatchObject([{ category: 'A', ticketType: 'adult', price, fullPrice: '50.01', promotion: 'EARLY' }]);
    const [{ data } = { data: { tickets: [] } }] = await domainEvents(event);
    expect(data.tickets).toMatchObject([{ promotion: 'EARLY', fullPriceMinor: 5_001 }]);
    expect(pricesOf(await accepted(order(event, ['A2'])))).toEqual(['50.01']);
  });

  it('is named by its code in either case, and any other code is 404', async () => {
    const event = await open({});
    for (const promotion of ['early', 'EARLY', 'eArLy']) {
      expect(pricesOf(await accepted(order(event, early(1, { promotion }))))).toEqual(['8.00']);
    }
    for (const promotion of ['EARLYY', 'E', 'LATE']) {
      expect(await refusal(order(event, early(1, { promotion })), 'PROMOTION_NOT_FOUND')).toEqual(problem('PROMOTION_NOT_FOUND'));
    }
  });

  it.each<[string, number, number, boolean]>([
    ['before it begins', hourMs, 2 * hourMs, false],
    ['while it lasts', -hourMs, hourMs, true],
    ['once it is over', -2 * hourMs, -hourMs, false],
  ])("%s, by Redis' clock: %s", async (_when, from, until, isValid) => {
    const now = Date.now();
    const event = await open({ fromMs: now + from, untilMs: now + until });
    for (const skewMs of [0, 1.5 * hourMs, -1.5 * hourMs]) {
      vi.spyOn(Date, 'now').mockImplementation(() => now + skewMs);
      const request = order(event, early(1));
      if (isValid) expect(pricesOf(await accepted(request))).toEqual(['8.00']);
      else await refusal(request, 'PROMOTION_NOT_FOUND');
    }
  });

  it('is for the categories and ticket types that it names: other tickets cost the full price', async () => {
    const event = await open({ categories: ['A'], ticketTypes: ['child'] });
    const child = { ...seats('A2')[0], ticketType: 'child' };
    const items = [...seats('A1'), child, { zoneId: 3, quantity: 2, ticketTypes: { adult: 1, child: 1 } }];
    const sold = await accepted(order(event, { items, promotion: 'EARLY' }));
    expect(pricesOf(sold)).toEqual(['50.01', '16.00', '10.00', '10.00']);
    // Whoever names a code expects to pay less.
    await refusal(order(event, { seats: seats('A3'), promotion: 'EARLY' }), 'PROMOTION_NOT_FOUND', { asksRedis: true });
  });

  it('is not named in any refusal or answer to a stranger', async () => {
    const event = await open({ tickets: 1 });
    const answers = [await answerTo(order(event, early(2))), await answerTo(order(event, { zoneId: 3, quantity: 1 }))];
    answers.push(await answerTo(order(event, early(1, { promotion: 'EARL' }))), await answerTo(hold(event, ['A1'])));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([409, 201, 404, 201]);
    for (const { body } of answers) expect(body).not.toMatch(/EARLY/i);
  });
});

describe('the limit of a promotion', () => {
  it('of tickets is for all of them, held or sold, and refuses an order as a whole', async () => {
    const event = await open({ tickets: 5 });
    await accepted(order(event, early(2)));
    await accepted(hold(event, early(2)));
    expect(await refusal(order(event, early(2)), 'PROMOTION_USED_UP')).toEqual(usedUp(1));
    await accepted(order(event, early(1)));
    expect(await refusal(hold(event, early(1)), 'PROMOTION_USED_UP')).toEqual(usedUp(0));
    await accepted(order(event, { zoneId: 3, quantity: 1 }));
  });

  it('of orders counts each order once', async () => {
    const event = await open({ orders: 2 });
    await accepted(order(event, early(5)));
    await accepted(hold(event, early(1)));
    expect(await refusal(order(event, early(1)), 'PROMOTION_USED_UP')).toEqual(usedUp(0));
  });

  it('of tickets by buyer needs the buyer, and counts each one separately', async () => {
    const event = await open({ ticketsPerBuyer: 3 });
    const errors = [{ pointer: '#/buyerId', detail: expect.stringMatching(/^is missing: /) }];
    expect((await refusal(order(event, early(1)), 'INVALID_REQUEST', { asksRedis: true })).errors).toEqual(errors);
    await accepted(order(event, early(2, { buyerId: 'Ann' })));
    expect(await refusal(hold(event, early(2, { buyerId: 'Ann' })), 'PROMOTION_USED_UP')).toEqual(usedUp(1));
    await accepted(hold(event, early(1, { buyerId: 'Ann' })));
    await accepted(order(event, early(3, { buyerId: 'Bob' })));
    await accepted(order(event, { zoneId: 3, quantity: 3 }));
  });

  it.each<[string, Partial<Promotion>, object, number]>([
    ['tickets', { tickets: 23 }, {}, 23],
    ['orders', { orders: 11 }, {}, 11],
    ['tickets of one buyer', { ticketsPerBuyer: 7 }, { buyerId: 'Ann' }, 7],
  ])('of %s is never passed by 100 concurrent requests: exactly as many succeed', async (_of, promotion, buyer, expected) => {
    const event = await open(promotion);
    const requests = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? order : hold)(event, early(1, buyer)));
    const answers = await Promise.all(requests.map((request) => app.inject(request)));
    const { 201: won = [], 409: lost = [] } = Object.groupBy(answers, ({ statusCode }) => statusCode);
    expect([won.length, lost.length]).toEqual([expected, 100 - expected]);
    for (const answer of lost) expect(answer.json()).toEqual(usedUp(0));
  });

  it.each<[string, (event: Event, wanted: object) => Promise<unknown>]>([
    ['the hold is released', async (event, wanted) => accepted(release(await accepted(hold(event, wanted))), 204)],
    ['the hold expires', async (event, wanted) => letExpire({ ...event, ...(await accepted(hold(event, wanted))) })],
    ['the order is cancelled', async (event, wanted) => accepted(cancel(await accepted(order(event, wanted))), 200)],
    [
      'the tickets are cancelled or given up one by one',
      async (event, wanted) => {
        const held = await accepted(hold(event, wanted));
        await accepted(giveUp(held, held.seats[0].ticketId), 200);
        const sold = await accepted(confirm(held));
        await accepted(cancel(sold), 200);
      },
    ],
  ])('counts no ticket, order or buyer any more once %s', async (_how, giveBack) => {
    const event = await open({ tickets: 2, orders: 1, ticketsPerBuyer: 2 });
    const wanted = early(2, { buyerId: 'Ann' });
    await giveBack(event, wanted);
    await accepted(order(event, wanted));
    expect(await refusal(order(event, early(1, { buyerId: 'Bob' })), 'PROMOTION_USED_UP')).toEqual(usedUp(0));
  });

  it('holds for an expired hold that is confirmed, too', async () => {
    const event = await open({ tickets: 2 });
    const held = await accepted(hold(event, early(2)));
    await letExpire({ ...event, ...held });
    const sold = await accepted(order(event, early(1)));
    expect(await refusal(confirm(held), 'PROMOTION_USED_UP')).toEqual(usedUp(1));
    await accepted(cancel(sold), 200);
    expect(await accepted(confirm(held))).toMatchObject({ totalPrice: '16.00' });
  });
});

it('an Idempotency-Key replays a reduced order, and its refusal, to the byte; the case of the code makes no difference', async () => {
  const event = await open({ tickets: 2 });
  const first = (promotion: string) => withKey(order(event, early(2, { promotion })), 'the-key-of-a-reduced-order');
  const second = withKey(order(event, early(1)), 'the-key-of-a-refused-order');
  const answers = [await answerTo(first('EARLY')), await answerTo(second)] as const;
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 409]);
  await accepted(cancel(JSON.parse(answers[0].body)), 200);
  await expectReplay(first('early'), answers[0]);
  await expectReplay(second, answers[1]);
});
