import { describe, expect, it, vi } from 'vitest';
import { domainEvents } from '../../../scripts/testing/domain-events.ts';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { inCategories, offerOf, openOwnInventory, zonesOf } from '../../../scripts/testing/offers.ts';
import { accepted, app } from '../../../scripts/testing/purchase-app.ts';
import { refusal } from '../../../scripts/testing/refusal.ts';
import { confirm, hold, order, seats } from '../../../scripts/testing/requests.ts';
import { redis } from '../../../scripts/testing/stores.ts';
import type { PriceStep } from '../../shared/inventory/offer.ts';

const hourMs = 3_600_000;
type Priced = { row: string; column: string; price: string };
const pricesOf = ({ tickets }: { tickets: Priced[] }) => tickets.map(({ price }) => price);
const namesOf = ({ tickets }: { tickets: Priced[] }) => tickets.map(({ row, column }) => `${row}${column}`);

/** A row of six seats: the middle of category A, the sides of B; and a row of B behind it. */
const hall = inCategories(hallZone(1, { A: '1 2 3 4 5 6', B: '1 2 3 4 5 6' }), { A: 'BBAABB', B: 'BBBBBB' });
const offer = offerOf({
  prices: { A: { adult: 5_000, child: 2_500 }, B: { '': 3_000, child: 1_000 } },
  types: { adult: undefined, child: undefined },
});
const open = () => openOwnInventory({ zones: [hall], offer });

describe('a price category', () => {
  it('decides the price of each seat, together with the type', async () => {
    const event = await open();
    const wanted = [...seats('A2', 'A3'), ...seats('A4', 'A5').map((seat) => ({ ...seat, ticketType: 'child' }))];
    expect(pricesOf(await accepted(order(event, { seats: wanted })))).toEqual(['30.00', '50.00', '25.00', '10.00']);
    const [{ data } = { data: { tickets: [] } }] = await domainEvents(event);
    expect(data.tickets.map(({ category }: { category: string }) => category)).toEqual(['B', 'A', 'A', 'B']);
  });

  it('decides the price of each of the best seats, wherever they are', async () => {
    const event = await open();
    const sold = await accepted(order(event, { zoneId: 1, quantity: 4, ticketTypes: { adult: 3, child: 1 } }));
    expect(namesOf(sold)).toEqual(['A1', 'A2', 'A3', 'A4']);
    expect(pricesOf(sold)).toEqual(['30.00', '30.00', '50.00', '25.00']);
    expect(sold.totalPrice).toBe('135.00');
  });

  it('can be chosen: then the best seats are of that one', async () => {
    const event = await open();
    const best = { zoneId: 1, quantity: 2 };
    expect(namesOf(await accepted(order(event, { ...best, category: 'B' })))).toEqual(['B3', 'B4']);
    expect(namesOf(await accepted(order(event, { ...best, category: 'A' })))).toEqual(['A3', 'A4']);
    await refusal(order(event, { ...best, category: 'A' }), 'NO_ADJACENT_SEATS');
    await refusal(order(event, { ...best, category: 'C' }), 'CATEGORY_NOT_FOUND');
  });

  it('is the same for all seats if that is wished and possible, else not', async () => {
    const event = await open();
    const three = { zoneId: 1, quantity: 3 };
    expect(pricesOf(await accepted(order(event, { ...three, sameCategory: true })))).toEqual(['30.00', '30.00', '30.00']);
    const five = await accepted(order(event, { zoneId: 1, quantity: 5, sameCategory: true }));
    expect(new Set(pricesOf(five))).toEqual(new Set(['30.00', '50.00']));
  });

  it('of seats that are not sold to a type is not among the best for that type', async () => {
    const prices = { A: { adult: 5_000 }, B: { adult: 3_000, child: 1_000 } };
    const types = { adult: undefined, child: undefined };
    const event = await openOwnInventory({ zones: [hall], offer: offerOf({ prices, types }) });
    const sold = await accepted(order(event, { zoneId: 1, quantity: 2, ticketTypes: { child: 2 } }));
    expect(pricesOf(sold)).toEqual(['10.00', '10.00']);
    const child = { ...seats('A3')[0], ticketType: 'child' };
    await refusal(order(event, { seats: [child] }), 'TICKET_TYPE_NOT_FOUND');
  });

  it('of a zone without seats decides the price of its places', async () => {
    const event = await openOwnInventory({ zones: zonesOf('B'), offer });
    const sold = await accepted(order(event, { zoneId: 2, quantity: 2, ticketTypes: { adult: 1, child: 1 } }));
    expect(pricesOf(sold)).toEqual(['30.00', '10.00']);
  });
});

/** Redis' clock, in ms. */
async function redisNow(): Promise<number> {
  const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
  return seconds * 1_000 + Math.floor(micros / 1_000);
}

const openSteps = (...steps: [fromMs: number, minor: number][]) => {
  const list: PriceStep[] = steps.map(([fromMs, minor]) => ({ fromMs, minor }));
  return openOwnInventory({ zones: zonesOf('A'), offer: offerOf({ prices: { A: { '': list } } }) });
};

describe('a price that changes at a moment', () => {
  it.each([
    ['is right', 0],
    ['is an hour ahead', hourMs],
    ['is an hour behind', -hourMs],
  ])("follows Redis' clock, when the service's own %s", async (_clock, skewMs) => {
    const now = Date.now();
    const event = await openSteps([0, 1_000], [now - hourMs / 2, 2_000], [now + hourMs / 2, 3_000]);
    vi.spyOn(Date, 'now').mockImplementation(() => now + skewMs);
    for (const wanted of [
      { zoneId: 2, quantity: 2 },
      { zoneId: 1, quantity: 1 },
    ]) {
      expect(new Set(pricesOf(await accepted(order(event, wanted))))).toEqual(new Set(['20.00']));
    }
  });

  it('changes for the next ticket, not for one that is held', async () => {
    const changesAt = (await redisNow()) + 1_500;
    const event = await openSteps([0, 1_000], [changesAt, 2_000]);
    const held = await accepted(hold(event, ['A1']));
    expect([held.totalPrice, (await redisNow()) < changesAt]).toEqual(['10.00', true]);
    await vi.waitFor(async () => expect(await redisNow()).toBeGreaterThanOrEqual(changesAt), { timeout: 100_000 });
    expect(pricesOf(await accepted(order(event, ['A2'])))).toEqual(['20.00']);
    expect(pricesOf(await accepted(confirm(held)))).toEqual(['10.00']);
  });

  it('is never sold at one price before and another after the moment, by buyers who press all the time', async () => {
    const changesAt = (await redisNow()) + 500;
    const event = await openSteps([0, 1_000], [changesAt, 2_000]);
    const sold: { price: string; createdOn: string }[] = [];
    const buyer = async () => {
      for (;;) {
        const answer = await app.inject(order(event, { zoneId: 2, quantity: 1 }));
        if (answer.statusCode !== 201) return;
        sold.push(...answer.json().tickets);
        await vi.waitFor(async () => expect(await redisNow()).toBeGreaterThan(changesAt - 50), { interval: 5, timeout: 100_000 });
      }
    };
    await Promise.all([buyer(), buyer()]);
    expect(sold).toHaveLength(10);
    for (const { price, createdOn } of sold) expect(price).toBe(Date.parse(createdOn) < changesAt ? '10.00' : '20.00');
  });
});
