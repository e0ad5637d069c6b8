import { describe, expect, it } from 'vitest';
import { offerOf, openOwnInventory } from '../../../scripts/testing/offers.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { answerTo, expectReplay, refusal } from '../../../scripts/testing/refusal.ts';
import { cancel, confirm, hold, letExpire, order, release, withKey } from '../../../scripts/testing/requests.ts';
import { seatedZone } from '../../../scripts/testing/stores.ts';
import type { Promotion } from '../../shared/inventory/offer.ts';

const zones = [seatedZone(1, 10, 20), { zoneId: 2, capacity: 500, priceMinor: 3_000 }];
const open = (tickets: number, more: Partial<Promotion> = {}) => {
  const promotion: Promotion = { promotionId: 'FIRST', isAutomatic: true, priceMinor: 1_000, tickets, ...more };
  return openOwnInventory({ zones, offer: offerOf({ promotions: [promotion] }) });
};

const places = (quantity: number, more = {}) => ({ zoneId: 2, quantity, ...more });
const pricesOf = (taken: { tickets?: { price: string }[]; seats?: { price: string }[] }) =>
  (taken.tickets ?? taken.seats ?? []).map(({ price }) => price);
const isReduced = (price: string) => price === '10.00';

describe('a promotion for the first tickets', () => {
  it('needs no code, and an order across its end gets the rest of it', async () => {
    const event = await open(5);
    expect(pricesOf(await accepted(order(event, places(3))))).toEqual(['10.00', '10.00', '10.00']);
    expect(pricesOf(await accepted(hold(event, places(4))))).toEqual(['10.00', '10.00', '30.00', '30.00']);
    expect(pricesOf(await accepted(order(event, places(1))))).toEqual(['30.00']);
  });

  it('cannot be named by a code', async () => {
    const event = await open(5);
    await refusal(order(event, places(1, { promotion: 'FIRST' })), 'PROMOTION_NOT_FOUND');
  });

  it.each([1, 3])(
    'reduces exactly so many of the tickets of 100 concurrent buyers of %i, and again those given back',
    async (each) => {
      const event = await open(50);
      const race = async (times: number) => {
        const requests = Array.from({ length: times }, (_, at) =>
          (at % 2 === 0 ? order : hold)(event, at % 4 < 2 ? places(each) : { zoneId: 1, quantity: each, split: true }),
        );
        return (await Promise.all(requests.map((request) => app.inject(request)))).map((answer) => {
          expect(answer.statusCode, answer.body).toBe(201);
          return answer.json();
        });
      };
      const sold = await race(40 / each + 60);
      expect(sold.flatMap(pricesOf).filter(isReduced)).toHaveLength(50);
      const [one] = sold.filter((taken) => taken.tickets && pricesOf(taken).every(isReduced));
      await accepted(cancel(one), 200);
      expect((await race(8)).flatMap(pricesOf).filter(isReduced)).toHaveLength(each);
    },
  );

  it.each<[string, (held: { eventId: string; holdId: string }) => Promise<unknown>]>([
    ['released', (held) => accepted(release(held), 204)],
    ['expired', letExpire],
  ])('is left for others again once a hold is %s', async (_how, end) => {
    const event = await open(3);
    await end(await accepted(hold(event, places(3))));
    expect(pricesOf(await accepted(order(event, places(4)))).filter(isReduced)).toHaveLength(3);
  });

  it('stays with an expired hold only while it is left', async () => {
    const event = await open(3);
    const held = await accepted(hold(event, places(3)));
    await letExpire(held);
    const sold = await accepted(order(event, places(1)));
    await refusal(confirm(held), 'PROMOTION_USED_UP');
    await accepted(cancel(sold), 200);
    expect(pricesOf(await accepted(confirm(held)))).toEqual(['10.00', '10.00', '10.00']);
  });

  it('that is limited by buyer is at the full price for what one has too many, and for whom nobody names', async () => {
    const event = await open(20, { ticketsPerBuyer: 2 });
    for (const buyerId of ['Ann', 'Bob']) {
      expect(pricesOf(await accepted(order(event, places(1, { buyerId }))))).toEqual(['10.00']);
      expect(pricesOf(await accepted(order(event, places(3, { buyerId }))))).toEqual(['10.00', '30.00', '30.00']);
    }
    expect(pricesOf(await accepted(order(event, places(2))))).toEqual(['30.00', '30.00']);
  });

  it('that is limited by order is at the full price for later ones', async () => {
    const event = await open(20, { orders: 2 });
    const sold = [];
    for (let times = 0; times < 3; times++) sold.push(await accepted(order(event, places(2))));
    expect(sold.map(({ totalPrice }) => totalPrice)).toEqual(['20.00', '20.00', '60.00']);
  });
});

it('an Idempotency-Key replays what a buyer paid, to the byte, when the promotion is over', async () => {
  const event = await open(2);
  const request = withKey(order(event, places(3)), 'the-key-of-the-first-buyer');
  const first = await answerTo(request);
  expect(pricesOf(JSON.parse(first.body))).toEqual(['10.00', '10.00', '30.00']);
  await accepted(order(event, places(1)));
  await expectReplay(request, first);
});
